import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { userError } from '../ground/errors.ts';
import { onDisk, statOf } from '../ground/paths.ts';

const CHUNK_BYTES = 1 << 20;
/** No entry of tma's is longer; a longer line is not kept in memory. */
const LONGEST_BYTES = 64 << 20;
const NEWLINE = 10;

/** A line of a file; undefined text: it is longer than any that tma writes. */
export interface NumberedLine {
  /** Counts from 1. */
  readonly number: number;
  readonly text: string | undefined;
}

/**
 * The lines of a text file of any size; none where there is no file.
 * @throws UserError when it can't be read, or is no file: a FIFO would keep its reader waiting for ever.
 */
export function* linesOf(path: string, what: string): Generator<NumberedLine> {
  const there = statOf(path);
  if (there && !there.isFile()) {
    throw userError(`${path} is no file, so ${what} can't be there`, 'remove it, or name another folder');
  }
  const cannot = `cannot read ${path}` as const;
  const hint = 'let yourself read it, or name another folder';
  const descriptor = onDisk(cannot, hint, () => openIfThere(path));
  if (descriptor === undefined) return;
  try {
    let number = 0;
    let begun: Buffer[] = [];
    let length = 0;
    const line = (): NumberedLine => {
      number++;
      const [only, ...more] = begun;
      const whole = only && more.length === 0 ? only : Buffer.concat(begun);
      const text = length > LONGEST_BYTES ? undefined : whole.toString('utf8');
      begun = [];
      length = 0;
      return { number, text };
    };
    const add = (bytes: Buffer): void => {
      length += bytes.length;
      if (length > LONGEST_BYTES) begun = [];
      else if (bytes.length > 0) begun.push(bytes);
    };
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const bytes = onDisk(cannot, hint, () => readSync(descriptor, chunk));
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && at < bytes; at = chunk.indexOf(NEWLINE, from)) {
        add(chunk.subarray(from, at));
        yield line();
        from = at + 1;
      }
      add(chunk.subarray(from, bytes));
      if (bytes === 0) break;
    }
    if (length > 0) yield line();
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(path: string): number | undefined {
  return statOf(path) ? openSync(path, 'r') : undefined;
}

/**
 * Ends a file that ends in the middle of a line, so that the next line does not join it. What was cut short goes to a
 * file beside it; where that can't be, or `isWhole` says that only the end of the line is missing, it stays.
 */
export function endLastLine(path: string, isWhole: (text: string) => boolean): void {
  const descriptor = openSync(path, 'r+');
  try {
    const { size } = fstatSync(descriptor);
    const start = startOfLastLine(descriptor, size);
    if (start === size) return;
    const rest = Buffer.alloc(Math.min(size - start, LONGEST_BYTES));
    readSync(descriptor, rest, 0, rest.length, start);
    const kept = rest.length === size - start && !isWhole(rest.toString('utf8'));
    if (kept && keepAside(`${path}.torn`, rest)) ftruncateSync(descriptor, start);
    else writeSync(descriptor, '\n', size);
  } finally {
    closeSync(descriptor);
  }
}

function keepAside(path: string, line: Buffer): boolean {
  try {
    appendFileSync(path, Buffer.concat([line, Buffer.from('\n')]));
    return true;
  } catch {
    return false;
  }
}

function startOfLastLine(descriptor: number, size: number): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const bytes = readSync(descriptor, chunk, 0, end - start, start);
    const at = chunk.subarray(0, bytes).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
