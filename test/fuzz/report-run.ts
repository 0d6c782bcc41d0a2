import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from '../../src/cli/process.ts';
import { reportCommand } from '../../src/cli/report-command.ts';

/** `tma report` on the checkpoints of a folder, in HTML and CSV, so that no browser is needed. */
export async function reportRun(folder: string, checkpoints: string): Promise<void> {
  const silent = { write: () => true } as unknown as NodeJS.WriteStream;
  const process: Process = {
    argv: [],
    env: {},
    stdout: silent,
    stderr: silent,
    cwd: () => folder,
    on: () => undefined,
    off: () => undefined,
    exit: () => undefined,
  };
  const out = join(folder, 'out');
  const options = { checkpoint_directory: checkpoints, export_path: out, output_formats: 'html,csv' };
  try {
    await reportCommand(process, options, { quiet: false, verbose: true, mode: 'online' });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
