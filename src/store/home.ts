import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk, statOf } from '../ground/paths.ts';

const PASSED_OVER = '.gitignore';

/**
 * Makes the folder that holds what was told no other place, and has git pass it over: whole models are copied there, and the
 * journal is not to go with `git clean`. One that is there already stays as it is.
 * @returns what takes it away again where it was made here and nothing was put into it, as by a run that could not begin.
 * @throws UserError when it can't be written.
 */
export function makeHome(home: string): Disposable {
  if (statOf(home)) return { [Symbol.dispose]: () => {} };
  onDisk(`cannot write ${home}`, 'name other folders with --export-path and --checkpoint-directory', () => {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, PASSED_OVER), '*\n');
  });
  return { [Symbol.dispose]: () => removeUnused(home) };
}

/** Whoever can't look into it or remove it leaves it: what ended the run is told, not this. */
function removeUnused(home: string): void {
  try {
    if (readdirSync(home).join() !== PASSED_OVER) return;
    rmSync(join(home, PASSED_OVER));
    rmdirSync(home);
  } catch {}
}
