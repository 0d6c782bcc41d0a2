import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../ground/errors.ts';
import { isFolder, namesIn, onDisk, pathBelow } from '../../ground/paths.ts';
import { MEMBERS, MODEL_FILES } from '../../record/fingerprints.ts';
import type { Trial } from '../../record/run.ts';
import { partHash } from '../../run/key.ts';
import { fingerprintOf, fingerprintOfAll } from '../../variant/fingerprint.ts';
import { foldersOfMembers } from '../../variant/members.ts';
import { keepBeside, put, putCopy } from '../put.ts';
import { type FileState, isEnsemble, type WantedFiles } from './repository-files.ts';

/** What became of a file. */
export interface HandedOver {
  readonly path: string;
  /** same: it said the same already, and was left as it is. */
  readonly state: 'written' | 'replaced' | 'same';
  /** Where what lay there before is kept. */
  readonly kept?: string | undefined;
}

const ADVICE = { otherFolder: 'name another folder with --to' };

/**
 * Refuses to write over what is there.
 * @throws UserError that names every file that something else lies in the place of, before anything is written.
 */
export function refuseToReplace(states: readonly FileState[]): void {
  const others = states.filter(({ state }) => state === 'other');
  if (others.length === 0) return;
  throw new UserError(
    others.map(({ path }) => ({
      message: `${path} is there and is not the same: nothing was written`,
      hint: 'with --force it is replaced, and kept beside it under another name; or name another folder with --to',
    })),
  );
}

/**
 * Writes files into a model repository that the user named; each whole, or what was there before stays. What something else
 * lies in the place of is kept beside it. Once `signal` is aborted no other file is begun.
 * @param stamp what is behind the names of files that are kept.
 * @throws UserError when the disk does not take it.
 */
export async function* handOver(
  repository: string,
  { folders }: Pick<WantedFiles, 'folders'>,
  states: readonly FileState[],
  { stamp, signal }: { readonly stamp: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<HandedOver> {
  makeFolders(repository, folders);
  for (const { name, path, content, state } of states) {
    if (signal?.aborted) return;
    if (state === 'same') {
      yield { path, state };
      continue;
    }
    const kept = state === 'other' ? keepBeside(repository, name, stamp, ADVICE) : undefined;
    if ('text' in content) put(repository, name, content.text, ADVICE);
    else await putCopy(repository, name, content.from, ADVICE);
    yield { path, state: kept === undefined ? 'written' : 'replaced', ...(kept !== undefined && { kept }) };
  }
}

function makeFolders(repository: string, folders: readonly string[]): void {
  for (const name of folders) {
    const path = pathBelow(repository, name);
    onDisk(`cannot write ${path}`, ADVICE.otherFolder, () => mkdirSync(path, { recursive: true }));
  }
}

/** A stamp for the names of files that are kept: `20261126T093147Z`. */
export const stampOf = (now: Date): string => now.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');

/**
 * What keeps a repository from serving as it was measured, a line each: versions that are not there, or others besides, models
 * that are missing, files that are not those that were measured. To be asked when everything was written.
 * @throws UserError when files can't be read.
 */
export async function* shortcomings(
  repository: string,
  trial: Trial,
  { models }: Pick<WantedFiles, 'models'>,
): AsyncGenerator<string> {
  for (const { name, config } of models) {
    const folder = join(repository, name);
    if (!namesIn(folder).some((version) => /^\d+$/.test(version) && isFolder(join(folder, version))))
      yield `${folder} has no folder of a version yet, and Triton does not load it without: --with-model copies it`;
    else if (name === trial.models[0].name && !isEnsemble(config))
      yield* changedFiles(folder, trial.parts?.[MODEL_FILES]);
  }
  const missing = trial.models.flatMap(({ config }) =>
    stepsOf(config).filter((name) => !isFolder(join(repository, name))),
  );
  for (const name of new Set(missing))
    yield `${join(repository, name)} is not there, and ${trial.models[0].name} is made of it: --with-model copies it`;
  const measured = trial.parts?.[MEMBERS];
  const folders = foldersOfMembers(repository, trial.models[0].config);
  if (
    measured !== undefined &&
    missing.length === 0 &&
    partHash(await fingerprintOfAll(folders)) !== measured
  )
    yield `the models that ${trial.models[0].name} is made of are in ${repository} not as they were measured`;
}

async function* changedFiles(folder: string, measured: string | undefined): AsyncGenerator<string> {
  if (measured === undefined) return;
  if (partHash(await fingerprintOf(folder)) !== measured)
    yield `the files in ${folder} are not those that were measured: measure anew if they have changed`;
}

function stepsOf(config: Trial['models'][0]['config']): string[] {
  const { step = [] } = (config['ensemble_scheduling'] ?? {}) as {
    step?: readonly { readonly model_name?: string }[];
  };
  return step.flatMap(({ model_name: name }) => name ?? []);
}
