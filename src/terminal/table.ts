import { styleText } from 'node:util';
import { ENDLESS, visibleWidth, wrapped } from './fit.ts';

/** A column of a text table. */
export interface Column {
  readonly header: string;
  /** Its cells are numbers, and stand right. */
  readonly numeric?: boolean;
  /** Where the table is too wide, the column with the largest goes first; absent: it stays. */
  readonly spare?: number;
}

const GAP = 2;

/**
 * A table with columns two blanks apart; rows may carry colours. A column that can be spared and is empty is left out. Where it is too wide, columns that can be spared are left out,
 * and where that does not suffice each row is a few lines, `header  cell`.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = ENDLESS,
): string {
  const widths = columns.map((column, index) =>
    Math.max(visibleWidth(column.header), ...rows.map((row) => visibleWidth(row[index] ?? ''))),
  );
  const isEmpty = (index: number): boolean =>
    columns[index]!.spare !== undefined && rows.every((row) => (row[index] ?? '') === '');
  const shown = fitting(
    columns,
    widths,
    columns.map((_column, index) => index).filter((index) => !isEmpty(index)),
    width,
  );
  if (!shown) return stacked(columns, rows, width);
  const line = (cells: readonly string[]): string =>
    shown
      .map((index) => {
        const cell = cells[index] ?? '';
        const gap = ' '.repeat(widths[index]! - visibleWidth(cell));
        return columns[index]!.numeric ? gap + cell : cell + gap;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const header = styleText('bold', line(columns.map((column) => column.header)));
  return [header, ...rows.map(line)].join('\n');
}

/** Those of the filled columns that there is room for; undefined where those that stay are too wide already. */
function fitting(
  columns: readonly Column[],
  widths: readonly number[],
  filled: readonly number[],
  width: number,
): readonly number[] | undefined {
  const total = (of: readonly number[]): number =>
    of.reduce((sum, index) => sum + widths[index]!, GAP * (of.length - 1));
  let shown = filled;
  const spared = shown
    .filter((index) => columns[index]!.spare !== undefined)
    .sort((one, other) => columns[other]!.spare! - columns[one]!.spare!);
  for (const index of spared) {
    if (total(shown) <= width) return shown;
    shown = shown.filter((other) => other !== index);
  }
  return total(shown) <= width ? shown : undefined;
}

/** A row below the other: every cell that is not empty behind its header, or below it where that is too wide. */
function stacked(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const label = Math.max(...columns.map(({ header }) => visibleWidth(header))) + GAP;
  const lineOf = (header: string, cell: string): string => {
    const name = styleText('dim', header);
    const longest = Math.max(...cell.split(' ').map(visibleWidth));
    if (label + longest > width) return `${name}\n  ${wrapped(cell, width, '  ')}`;
    return name + ' '.repeat(label - visibleWidth(header)) + wrapped(cell, width, ' '.repeat(label));
  };
  return rows
    .map((row) =>
      columns
        .flatMap(({ header }, index) => {
          const cell = row[index] ?? '';
          return cell.trim() === '' ? [] : [lineOf(header, cell)];
        })
        .join('\n'),
    )
    .join('\n\n');
}
