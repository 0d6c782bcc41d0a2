// Conveniences only: everything on the page reads without this script.

/** What a text shows: of a difference its lines. */
const shownText = (pre) => {
  const lines = [...pre.querySelectorAll(':scope > span')];
  return lines.length > 0 ? lines.map((line) => `${line.textContent}\n`).join('') : pre.textContent;
};

/** Marks a text, so that it can be copied by hand. */
const select = (pre) => getSelection()?.selectAllChildren(pre);

/** A button that copies a text; where the browser refuses it says so, and marks the text. */
function copyButton(words, pre) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = words;
  button.setAttribute('aria-live', 'polite');
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(shownText(pre));
      button.textContent = 'copied';
    } catch {
      // A page opened from a file, or in a frame, may not be allowed to.
      const folded = pre.closest('details');
      if (folded) folded.open = true;
      select(pre);
      button.textContent = 'the browser refuses: copy what is marked';
    }
  };
  return button;
}

for (const pre of document.querySelectorAll('pre[data-copy]')) {
  const frame = document.createElement('div');
  frame.className = 'copied';
  pre.replaceWith(frame);
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  buttons.append(copyButton(pre.dataset.copy, pre));
  const whole = document.getElementById(pre.dataset.whole);
  if (whole) buttons.append(copyButton('copy the whole file', whole));
  frame.append(pre, buttons);
}

// Tables sort by any column, with the keyboard too. What is sorted are rows, or where each has a body of its own these.
const texts = new Intl.Collator('en', { numeric: true });
function sortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    // A cell over several columns holds no figure.
    if (!cell || cell.colSpan > 1) return { text: '', number: Number.NaN };
    const text = (cell.dataset.value ?? cell.firstChild?.textContent ?? '').trim();
    return { text, number: Number.parseFloat(text.replaceAll(',', '').replace(/^[^\d.-]+/, '')) };
  };
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
      const parent = table.tBodies.length > 1 ? table : table.tBodies[0];
      const units = table.tBodies.length > 1 ? [...table.tBodies] : [...parent.rows];
      const keyed = units.map((unit) => ({ unit, ...keyOf(unit.rows?.[0] ?? unit, column) }));
      keyed.sort((a, b) => {
        // What has nothing in this column comes last either way.
        if ((a.text === '') !== (b.text === '')) return a.text === '' ? 1 : -1;
        const isText = Number.isNaN(a.number) || Number.isNaN(b.number);
        return direction * (isText ? texts.compare(a.text, b.text) : a.number - b.number);
      });
      parent.append(...keyed.map(({ unit }) => unit));
    };
  });
}
for (const table of document.querySelectorAll('table.sortable')) sortable(table);

// All trials: narrowed down by state and by words.
for (const filters of document.querySelectorAll('.filters')) {
  const rows = [...filters.parentElement.querySelectorAll('table.trials > tbody')];
  const chips = [...filters.querySelectorAll('.chip')];
  const input = filters.querySelector('input');
  const said = filters.querySelector('.shown');
  const words = new Map();
  const textOf = (row) => {
    if (!words.has(row)) words.set(row, row.rows[0].textContent.toLowerCase());
    return words.get(row);
  };
  const narrow = () => {
    const states = chips.filter((chip) => chip.ariaPressed === 'true').map((chip) => chip.dataset.state);
    const typed = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const own = row.dataset.states.split(' ');
      const fits = states.every((state) => own.includes(state)) && typed.every((word) => textOf(row).includes(word));
      row.hidden = !fits;
      if (fits) shown++;
    }
    said.textContent = shown === rows.length ? '' : `${shown} of ${rows.length} shown`;
  };
  for (const chip of chips) {
    chip.onclick = () => {
      chip.ariaPressed = String(chip.ariaPressed !== 'true');
      narrow();
    };
  }
  input.oninput = narrow;
  // What is linked to is shown, whatever the table is narrowed down to.
  const open = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)).split('@')[0]);
    const details = row?.querySelector(':scope > td.name > details');
    if (!details) return;
    details.open = true;
    if (row.parentElement.hidden) {
      input.value = '';
      for (const chip of chips) chip.ariaPressed = 'false';
      narrow();
    }
    row.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();
}
