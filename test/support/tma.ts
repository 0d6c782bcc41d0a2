import { Readable } from 'node:stream';
import type { Process } from '../../src/cli/process.ts';
import { run } from '../../src/cli/run-command-line.ts';
import { folder } from './experiment.ts';

/** Runs a command line in a folder, in this process; answers the exit code and what was printed. */
export async function tma(args: readonly string[], cwd = folder(), changes: Partial<Process> = {}) {
  const printed = { out: '', error: '' };
  const stream = (key: 'out' | 'error') =>
    ({ isTTY: false, write: (text: string) => (printed[key] += text) }) as unknown as NodeJS.WriteStream;
  const process: Process = {
    argv: ['node', 'tma', ...args],
    env: {},
    stdin: Readable.from([]),
    stdout: stream('out'),
    stderr: stream('error'),
    cwd: () => cwd,
    on: () => {},
    off: () => {},
    exit: () => {},
    ...changes,
  };
  return { code: await run(process), cwd, ...printed };
}
