import { diffLines } from 'diff';

/** One line of a difference: kept, taken out or put in. */
export interface DiffLine {
  readonly change: ' ' | '-' | '+';
  readonly text: string;
}

/** The difference between two texts, line by line, all lines kept. */
export function diffText(before: string, after: string): DiffLine[] {
  return diffLines(before, after).flatMap((part) =>
    part.value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): DiffLine => ({ change: part.added ? '+' : part.removed ? '-' : ' ', text })),
  );
}

/** A difference in hunks: the changed lines with `context` lines around each, hunks that touch joined. */
export function hunksOf(lines: readonly DiffLine[], context = 2): DiffLine[][] {
  const near = (index: number): boolean =>
    lines.slice(Math.max(0, index - context), index + context + 1).some((line) => line.change !== ' ');
  const hunks: DiffLine[][] = [];
  let open: DiffLine[] | undefined;
  for (const [index, line] of lines.entries()) {
    if (!near(index)) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = [];
      hunks.push(open);
    }
    open.push(line);
  }
  return hunks;
}
