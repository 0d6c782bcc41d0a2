// Conveniences only: everything on the page reads without this script.
for (const pre of document.querySelectorAll('pre[data-copy]')) {
  const button = document.createElement('button');
  button.className = 'copy';
  button.textContent = 'copy';
  button.onclick = async () => {
    await navigator.clipboard.writeText(pre.dataset.copy);
    button.textContent = 'copied';
  };
  pre.prepend(button);
}
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  table.querySelectorAll('thead th').forEach((header, column) => {
    header.dataset.sortable = '';
    header.title = 'sort by this column';
    let direction = -1;
    header.onclick = () => {
      direction = -direction;
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].firstChild?.textContent?.trim() ?? '';
      const number = (text) => Number.parseFloat(text.replaceAll(',', ''));
      const compare = (a, b) => {
        const [left, right] = [number(key(a)), number(key(b))];
        return Number.isNaN(left) || Number.isNaN(right) ? key(a).localeCompare(key(b)) : left - right;
      };
      body.append(...[...body.rows].sort((a, b) => direction * compare(a, b)));
    };
  });
}
