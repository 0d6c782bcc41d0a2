// Conveniences only: everything on the page reads without this script.

/** What a text shows: of a difference its lines. */
const shownText = (pre) => {
  const lines = [...pre.querySelectorAll(':scope > span')];
  return lines.length > 0 ? lines.map((line) => `${line.textContent}\n`).join('') : pre.textContent;
};

/** Marks a text, so that it can be copied by hand. */
const select = (pre) => getSelection()?.selectAllChildren(pre);

for (const pre of document.querySelectorAll('pre[data-copy]')) {
  const frame = document.createElement('div');
  frame.className = 'copied';
  pre.replaceWith(frame);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = pre.dataset.copy;
  button.setAttribute('aria-live', 'polite');
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(shownText(pre));
      button.textContent = 'copied';
    } catch {
      // A page opened from a file, or in a frame, may not be allowed to.
      select(pre);
      button.textContent = 'the browser refuses: copy what is marked';
    }
  };
  frame.append(pre, button);
}

for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const headers = [...table.querySelectorAll('thead th')];
  headers.forEach((header, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...header.childNodes);
    header.append(button);
    button.onclick = () => {
      const direction = header.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
      for (const other of headers) other.removeAttribute('aria-sort');
      header.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
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
