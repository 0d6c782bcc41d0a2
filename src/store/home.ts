import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk, statOf } from '../ground/paths.ts';

/**
 * Makes the folder that holds what was told no other place, and has git pass it over: whole models are copied there, and the
 * journal is not to go with `git clean`. One that is there already stays as it is.
 * @throws UserError when it can't be written.
 */
export function makeHome(home: string): void {
  if (statOf(home)) return;
  onDisk(`cannot write ${home}`, 'name other folders with --export-path and --checkpoint-directory', () => {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, '.gitignore'), '*\n');
  });
}
