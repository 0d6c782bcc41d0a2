import { closeSync, openSync, readSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { isFolder, namesIn, statOf } from '../ground/paths.ts';

/** The one folder below the working directory that holds everything that was told no other place. */
export const HOME = 'tma-out';

/** Where a run reads and writes what it was told no other place for. */
export interface Layout {
  readonly checkpoints: string;
  readonly outputModelRepository: string;
  readonly exports: string;
  /** Whether something is recorded there. */
  readonly isRecorded: boolean;
  /** The checkpoint directories that a run is looked for in, as a user would write them. */
  readonly lookedIn: readonly string[];
  /** A line for the user, where something else than `HOME` is taken, or something beside it is not. */
  readonly note?: string;
}

/** The names of Model Analyzer, and of a tma from before `tma-out`. */
const EARLIER = { checkpoints: 'checkpoints', outputModelRepository: 'output_model_repository' } as const;

/**
 * Everything lies in `HOME`. Where Model Analyzer or an earlier tma has measured in this folder, and nothing is recorded in
 * `HOME`, their names go on to hold, so that nothing is measured twice and nobody reads results that nobody writes any more.
 * @param cwd the working directory.
 */
export function layoutOf(cwd: string): Layout {
  const at = (folder: string): Pick<Layout, 'checkpoints' | 'outputModelRepository' | 'exports'> => ({
    checkpoints: resolve(cwd, folder, EARLIER.checkpoints),
    outputModelRepository: resolve(cwd, folder, EARLIER.outputModelRepository),
    exports: resolve(cwd, folder),
  });
  const [usual, earlier] = [at(HOME), at('.')];
  const [own, old] = [join(HOME, EARLIER.checkpoints), EARLIER.checkpoints];
  const lookedIn = [own, old];
  const isUsed = isRecorded(usual.checkpoints);
  if (!isRecorded(earlier.checkpoints)) return { ...usual, isRecorded: isUsed, lookedIn };
  if (isUsed) {
    return {
      ...usual,
      isRecorded: true,
      lookedIn,
      note: `two runs lie here: ${own} is taken, -s ${old} takes the other`,
    };
  }
  const note = `${old} holds an earlier run, so that everything stays in this folder as it was, not in ${HOME}`;
  return { ...earlier, isRecorded: true, lookedIn, note };
}

/** `HOME`, where one of these paths lies in it. */
export function homeOf(cwd: string, paths: readonly string[]): string | undefined {
  const home = resolve(cwd, HOME);
  return paths.some((path) => path === home || path.startsWith(join(home, sep))) ? home : undefined;
}

/** Whether a folder holds a journal of tma's or a checkpoint of Model Analyzer's. Other programs have `N.ckpt`, too. */
const isRecorded = (folder: string): boolean =>
  (statOf(join(folder, JOURNAL))?.size ?? 0) > 0 ||
  namesIn(folder).some((name) => /^\d+\.ckpt$/.test(name) && isJson(join(folder, name)));

/** The name of a journal in a checkpoint directory. */
export const JOURNAL = 'journal.jsonl';

function isJson(file: string): boolean {
  try {
    const opened = openSync(file, 'r');
    try {
      const begin = Buffer.alloc(1);
      return readSync(opened, begin) === 1 && begin.toString() === '{';
    } finally {
      closeSync(opened);
    }
  } catch {
    return false;
  }
}

/** Folders that are looked into, where somebody has thousands. */
const MOST_FOLDERS = 1000;

/** Checkpoint directories near a folder in which something is recorded: itself, folders in it, and `checkpoints` of those. */
export function recordedNear(near: string): string[] {
  const inside = namesIn(near)
    .slice(0, MOST_FOLDERS)
    .map((name) => join(near, name))
    .filter(isFolder);
  const folders = [near, ...inside].flatMap((folder) => [folder, join(folder, EARLIER.checkpoints)]);
  return [...new Set(folders)].filter(isRecorded);
}
