import { codeOf, UserError } from '../ground/errors.ts';
import { diskError } from '../ground/paths.ts';
import { shown } from '../ground/wording.ts';
import { EXIT } from './process.ts';

/** The reader of a pipe has left, or the terminal was closed. */
const READER_LEFT: readonly (string | undefined)[] = ['EPIPE', 'EIO'];

/**
 * Watches what tma prints with. After `tma profile | head` the run goes on, and its servers are stopped at its end.
 * Where a file takes no more, as on a full disk, that is said once, everything is stopped as by `kill`, and the exit
 * code is that of something missing where tma runs.
 */
export function watchOutput(process: NodeJS.Process): void {
  let lost = false;
  const onError = (stream: string, error: unknown): void => {
    if (lost || READER_LEFT.includes(codeOf(error))) return;
    const told = diskError(`cannot write to the standard ${stream}`, 'write it to another file', error);
    if (!(told instanceof UserError)) throw error;
    lost = true;
    // What was stopped answers a code of its own.
    process.on('exit', () => {
      process.exitCode = EXIT.environment;
    });
    process.stderr.write(`${shown(told.message)}\n`);
    process.emit('SIGTERM');
  };
  process.stdout.on('error', (error) => onError('output', error));
  process.stderr.on('error', (error) => onError('error', error));
}
