import { stripVTControlCharacters, styleText } from 'node:util';

/** Columns of a text table: header, and whether its cells are numbers (set right). */
export interface Column {
  readonly header: string;
  readonly numeric?: boolean;
}

const width = (text: string): number => stripVTControlCharacters(text).length;

/** A table with columns two blanks apart; rows may carry colours. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(width(column.header), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? '';
        const gap = ' '.repeat(widths[index]! - width(cell));
        return column.numeric ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  const header = styleText('bold', line(columns.map((column) => column.header)));
  return [header, ...rows.map(line)].join('\n');
}
