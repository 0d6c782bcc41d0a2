import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Columns that a text gets where nobody looks at it in a terminal: lines of logs and files stay whole. */
export const ENDLESS = Number.POSITIVE_INFINITY;

/** Sentences on longer lines are hard to read. */
const WIDEST_SENTENCE = 120;

/** Columns of a stream: those of the terminal, or endless where it is none. */
export const columnsOf = ({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number =>
  isTTY && columns > 0 ? columns : ENDLESS;

/** Columns that a text takes in a terminal: colours take none, wide letters two. */
export const visibleWidth = (text: string): number => stringWidth(text);

/** A text in lines of so many columns, words whole, also one that is longer; every line but the first begins with `indent`. */
export function wrapped(text: string, columns: number, indent = '', widest = WIDEST_SENTENCE): string {
  const width = Math.max(20, Math.min(columns, widest) - indent.length);
  const lines =
    columns === ENDLESS ? [text] : text.split('\n').map((line) => wrapAnsi(line, width, { trim: false }));
  return lines
    .join('\n')
    .split('\n')
    .map((line, index) => (index === 0 ? line : indent + line.trimStart()).trimEnd())
    .join('\n');
}

/** Parts on as few lines as there is room for, none of them taken apart. */
export function inLines(parts: readonly string[], between: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = last === undefined ? part : last + between + part;
    if (last !== undefined && visibleWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** A text behind a name, `name  text`; what does not fit stands below the text, and not below the name. */
export function labelled(
  label: string,
  text: string,
  columns: number,
  labelWidth: number,
  widest?: number,
): string {
  const gap = ' '.repeat(Math.max(1, labelWidth - visibleWidth(label)));
  return label + gap + wrapped(text, columns, ' '.repeat(labelWidth), widest);
}
