import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EXIT, type Process } from '../../src/cli/process.ts';
import { run } from '../../src/cli/run-command-line.ts';

/** `tma report` on the checkpoints of a folder, in HTML and CSV, so that no browser is needed; throws what is a bug. */
export async function reportRun(folder: string, checkpoints: string): Promise<void> {
  const out = join(folder, 'out');
  const silent = { write: () => true } as unknown as NodeJS.WriteStream;
  let told = '';
  const errors = { write: (text: string) => (told += text) } as unknown as NodeJS.WriteStream;
  const process: Process = {
    argv: [
      ...['node', 'tma', 'report', '-v', '-s', checkpoints],
      ...['-e', out, '--output-formats', 'html,csv'],
    ],
    env: {},
    stdin: Readable.from([]),
    stdout: silent,
    stderr: errors,
    cwd: () => folder,
    on: () => undefined,
    off: () => undefined,
    exit: () => undefined,
  };
  try {
    if ((await run(process)) === EXIT.bug) throw new Error(told);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
