/** Line and column, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** In lines longer than this no column is looked for, as each step of the search reads the text from its beginning. */
const LONGEST_LINE = 10_000;

/**
 * Finds where a parser stopped that does not say where: at the end of the shortest beginning of the text that fails as
 * the
 * whole does. Every shorter beginning can be read, or fails because it ends too early, so that bisection finds it.
 * @param failsAlike whether a beginning of the text fails as the whole does.
 */
export function positionOfError(text: string, failsAlike: (beginning: string) => boolean): Position {
  const starts = lineStarts(text);
  const end = (line: number): number => starts[line] ?? text.length;
  const line = least(1, starts.length, (count) => failsAlike(text.slice(0, end(count))));
  const start = starts[line - 1]!;
  const content = text.slice(start, end(line)).trimEnd();
  if (content.length > LONGEST_LINE) return { line, column: 1 };
  const length = least(1, Math.max(1, content.length), (count) => failsAlike(text.slice(0, start + count)));
  return { line, column: tokenStart(content, length) + 1 };
}

/** Where the bracket stands that is never closed; undefined where all are. */
export function positionOfUnclosed(text: string): Position | undefined {
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign === '#') at = endOf(text, '\n', at);
    else if (sign === '"' || sign === "'") at = endOfString(text, at);
    else if ('{<['.includes(sign)) open.push(at);
    else if ('}>]'.includes(sign)) open.pop();
  }
  const at = open.at(-1);
  if (at === undefined) return undefined;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/**
 * By bisection the smallest number for which `holds`, which must hold for all above it, too; `to` where it holds for
 * none.
 */
function least(from: number, to: number, holds: (value: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Where the token begins that ends at `length`. */
function tokenStart(line: string, length: number): number {
  const last = line[length - 1] ?? '';
  if (last === '"' || last === "'") return Math.max(0, line.lastIndexOf(last, length - 2));
  let start = length - 1;
  if (!/[\w.+-]/.test(last)) return Math.max(0, start);
  while (start > 0 && /[\w.+-]/.test(line[start - 1]!)) start--;
  return start;
}

const endOf = (text: string, sign: string, from: number): number => {
  const at = text.indexOf(sign, from);
  return at < 0 ? text.length : at;
};

function endOfString(text: string, from: number): number {
  const quote = text[from];
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}
