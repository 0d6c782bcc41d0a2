import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, messageOf, userError } from '../errors.ts';

const TAIL_BYTES = 65_536;
/** What every server without a GPU, or without DCGM, complains of: no reason for anything. */
const NOISE =
  /Failed to initialize NVML|DCGM unable to start|CudaDriverHelper|pinned memory pool will not be/;
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

/** Whether a line of a log tells of an error that may be the reason for a failure. */
export const isError = (line: string): boolean =>
  !NOISE.test(line) &&
  /^E\d{4} |^error:|\berror\b.*:|cannot open shared object|unrecognized option/i.test(line);

/**
 * The line of a log tail that says what went wrong: the last error of Triton's (`E1123 ...`) or of the loader,
 * without its timestamp and source position; else the last line.
 */
export function decisiveLine(tail: readonly string[]): string | undefined {
  const line = tail.findLast(isError) ?? tail.findLast((item) => !NOISE.test(item));
  return line?.replace(/^[EWI]\d{4} [\d:.]+ \d+ [\w.]+:\d+\] /, '').replace(/^"(.*)"$/, '$1');
}

/**
 * Opens a log file for appending.
 * @throws UserError when it can't be written.
 */
export function openLog(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    throw userError(
      `cannot write the server's log ${file}: ${messageOf(error)}`,
      codeOf(error) === 'ENOSPC' ? 'free some space' : undefined,
    );
  }
}
