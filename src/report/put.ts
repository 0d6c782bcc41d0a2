import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { userError } from '../ground/errors.ts';
import {
  diskError,
  isFolder,
  lstatOf,
  namesIn,
  onDisk,
  pathBelow,
  statOf,
  whereItLies,
} from '../ground/paths.ts';

const OTHER_FOLDER = 'name another folder with --export-path';
const KEPT = 'what was measured is in the journal: tma report writes what is missing';
/** What to do where a file can't be written. */
interface Advice {
  /** How to name another folder. */
  readonly otherFolder: string;
  /** What else is worth knowing. */
  readonly always?: string;
}

const OF_RESULTS: Advice = { otherFolder: OTHER_FOLDER, always: KEPT };

/** What is written below the export path. */
const PARTS = ['results', 'reports', 'plots'];

/**
 * Writes a file of the results below the export path: whole, or what was there before stays.
 * @throws UserError when the disk does not take it, something else is in the way, or the name leads elsewhere.
 */
export function put(
  exportPath: string,
  name: string,
  content: string | Uint8Array,
  advice: Advice = OF_RESULTS,
): string {
  const path = pathBelow(exportPath, name);
  onDisk(
    `cannot write ${path}`,
    advice.otherFolder,
    () => writeWhole(placeFor(path, advice), content),
    advice.always,
  );
  return path;
}

/**
 * Copies a file below a folder that the user named: whole, or what was there before stays.
 * @throws UserError as `put` does.
 */
export async function putCopy(folder: string, name: string, source: string, advice: Advice): Promise<string> {
  const path = pathBelow(folder, name);
  const what = `cannot write ${path} (a copy of ${source})` as const;
  const place = onDisk(what, advice.otherFolder, () => placeFor(path, advice), advice.always);
  const temporary = join(dirname(place), `.tma-${randomUUID()}`);
  try {
    await copyFile(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw diskError(what, advice.otherFolder, error, advice.always);
  }
  return path;
}

/**
 * Keeps a file of the user's beside itself before another takes its place: as `NAME.STAMP~`, which must not be there yet.
 * @returns the path of the copy.
 * @throws UserError when it can't be written.
 */
export function keepBeside(folder: string, name: string, stamp: string, advice: Advice): string {
  const path = pathBelow(folder, name);
  const kept = pathBelow(folder, join(dirname(name), `${basename(name)}.${stamp}~`));
  onDisk(
    `cannot write ${kept} (to keep ${path})`,
    advice.otherFolder,
    () => copyFileSync(path, kept, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
    advice.always,
  );
  return kept;
}

/**
 * Where a file is written: what a link leads to, with the folders on the way made.
 * @throws UserError where no file lies there, but something else does.
 */
function placeFor(path: string, { otherFolder, always }: Advice): string {
  mkdirSync(dirname(path), { recursive: true });
  const there = statOf(path);
  if (there && !there.isFile()) {
    const what = there.isDirectory() ? 'a folder' : 'no file';
    throw userError(
      `cannot write ${path}: ${what} is in the way`,
      [`remove it, or ${otherFolder}`, always ?? []].flat().join('; '),
    );
  }
  return lstatOf(path)?.isSymbolicLink() ? whereItLies(path) : path;
}

/** Removes a file that `put` would write over, when there is nothing to write now: what an earlier run said is not true any more. */
export function takeBack(exportPath: string, name: string): void {
  const path = pathBelow(exportPath, name);
  if (!lstatOf(path)?.isFile()) return;
  onDisk(`cannot remove ${path}`, OTHER_FOLDER, () => {
    rmSync(path);
    // A folder without its file would look like an answer.
    const above = dirname(path);
    if (lstatOf(above)?.isDirectory() && namesIn(above).length === 0) rmdirSync(above);
  });
}

/** Writes a file beside it that then takes its place, so that a full disk leaves no half or empty one. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = join(dirname(path), `.tma-${randomUUID()}`);
  try {
    writeFileSync(temporary, content, { flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Finds out before anything is measured whether the results can be written.
 * @param fileNames of the tables.
 * @throws UserError when they can't.
 */
export function checkExportPath(exportPath: string, fileNames: readonly string[] = []): void {
  onDisk(`cannot write ${exportPath}/`, OTHER_FOLDER, () => {
    mkdirSync(exportPath, { recursive: true });
    const probe = join(exportPath, `.tma-${randomUUID()}`);
    try {
      // Not empty: a full disk takes empty files.
      writeFileSync(probe, Buffer.alloc(4096), { flag: 'wx' });
    } finally {
      rmSync(probe, { force: true });
    }
  });
  for (const name of fileNames) pathBelow(exportPath, join('results', name));
  for (const part of PARTS) {
    const path = pathBelow(exportPath, part);
    if (lstatOf(path) && !isFolder(path)) {
      throw userError(`cannot write ${path}: it is no folder`, `remove it, or ${OTHER_FOLDER}`);
    }
  }
}
