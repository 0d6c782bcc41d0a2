import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, reasonOf, UserError } from '../ground/errors.ts';
import { diskFault } from '../ground/paths.ts';

const TAIL_BYTES = 65_536;
/** What every server without a GPU, or without DCGM, complains of: no reason for anything. */
const NOISE =
  /Failed to initialize NVML|DCGM unable to start|CudaDriverHelper|pinned memory pool will not be/;
/** After a wrong flag tritonserver prints its whole help; what was wrong stands before it. */
const HELP = /^Usage: tritonserver.*/ms;

/**
 * The last lines of a log file, without the tables that tritonserver prints; [] when there is none, or no file to be
 * read again, as a pipe or a device.
 * @param from where the log of this server begins in the file, bytes.
 */
export function readTail(file: string, lines: number, from = 0): string[] {
  let descriptor: number | undefined;
  try {
    // Opening a pipe would wait for somebody to write into it.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return [];
    // A file that became shorter was emptied by somebody.
    const begin = from <= stats.size ? from : 0;
    const buffer = Buffer.alloc(Math.min(stats.size - begin, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, stats.size - buffer.length);
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
 * without its timestamp and source position; else the last line, unless Triton says there that all is well (`I1123 ...`).
 */
export function decisiveLine(tail: readonly string[]): string | undefined {
  const line = tail.findLast(isError) ?? tail.findLast((item) => !NOISE.test(item) && !/^I\d{4} /.test(item));
  return line === undefined ? undefined : plainLine(line);
}

/** A log line without its time and source. */
export const plainLine = (line: string): string =>
  line.replace(/^[EWI]\d{4} [\d:.]+ \d+ [\w.]+:\d+\] /, '').replace(/^"(.*)"$/, '$1');

/** A log that a server writes to, and where in the file its own lines begin. */
export interface OpenLog {
  readonly descriptor: number;
  readonly begin: number;
}

/**
 * Opens a log file for appending; a new one, and new folders, can be read by their owner only, as a server may print
 * what it was given in its environment. What is there already is left as it is: a file of the user's, a link, a pipe.
 * @throws UserError when it can't be written.
 */
export function openLog(file: string): OpenLog {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
    // Without waiting for a reader where the file is a pipe.
    const descriptor = openSync(file, flags | constants.O_NONBLOCK, 0o600);
    const stats = fstatSync(descriptor);
    if (!stats.isFIFO()) return { descriptor, begin: stats.isFile() ? stats.size : 0 };
    // Somebody reads: from here on the server may wait for him.
    try {
      return { descriptor: openSync(file, flags), begin: 0 };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new UserError({
      message: `cannot write the server's log ${file}: ${reasonOf(error)}`,
      hint: ADVICE[codeOf(error) ?? ''],
      fault: diskFault(error, 'write'),
    });
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space',
  EISDIR: 'it is a folder: name a file',
  ENXIO: 'it is a pipe that nobody reads: start its reader first, or name a file',
  ENOTDIR: 'what should be a folder is a file: move it away, or name another place',
  EEXIST: 'what should be a folder is a file: move it away, or name another place',
  EACCES: 'name a place that this user may write to',
  EROFS: 'name a place that can be written to',
};

/** Removes an earlier log of a variant's, which is tma's own; whatever stands in the way is told when it is opened. */
export function removeLog(file: string): void {
  try {
    if (statSync(file).isFile()) rmSync(file);
  } catch {
    // There is none.
  }
}
