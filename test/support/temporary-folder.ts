import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All that the tests leave in the folder for temporary files goes with them: each run has one of its own. */
export default function setUp(): () => void {
  const before = process.env['TMPDIR'];
  const path = mkdtempSync(join(tmpdir(), 'tma-tests-'));
  process.env['TMPDIR'] = path;
  return () => {
    rmSync(path, { recursive: true, force: true });
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  };
}
