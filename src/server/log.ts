import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 65_536;
/** After a wrong flag tritonserver prints its whole help; what was wrong stands before it. */
const HELP = /^Usage: tritonserver.*/ms;

/** The last lines of a log file, without the tables that tritonserver prints; [] when there is none. */
export function readTail(file: string, lines: number): string[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString('utf8')
      .replace(HELP, '')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '' && !/^[+|]/.test(line))
      .slice(-lines);
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * The line of a log tail that says what went wrong: the last error of Triton's (`E1123 ...`) or of the loader,
 * without its timestamp and source position; else the last line.
 */
export function decisiveLine(tail: readonly string[]): string | undefined {
  const isError = (line: string): boolean =>
    /^E\d{4} |^error:|\berror\b.*:|cannot open shared object|unrecognized option/i.test(line);
  const line = tail.findLast(isError) ?? tail.at(-1);
  return line?.replace(/^[EWI]\d{4} [\d:.]+ \d+ [\w.]+:\d+\] /, '').replace(/^"(.*)"$/, '$1');
}
