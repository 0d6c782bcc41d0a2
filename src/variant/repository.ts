import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { codeOf, messageOf, userError } from '../errors.ts';
import { printConfigText } from '../model-config/config.ts';
import { type DiffLine, diffText } from '../model-config/diff.ts';
import type { Candidate } from '../space/space.ts';
import type { BaseModel } from './base.ts';

/** A candidate as files: what a user can copy into his repository. */
export interface Variant {
  readonly candidate: Candidate;
  /** Folder in the output model repository, servable under the variant's name. */
  readonly folder: string;
  /** config.pbtxt under the model's own name. */
  readonly configText: string;
  /** The whole configuration against the default's. */
  readonly diff: readonly DiffLine[];
}

/** Marks an output repository as ours, so that a second run may write into it again. */
const MARKER = '.tma';

/**
 * Makes the output model repository ready to be written to.
 * @throws UserError when the folder holds anything that tma did not write, unless `override` is set, and when
 * emptying it would take the model repository or the working directory along.
 */
export function prepareOutputRepository(
  path: string,
  override: boolean,
  modelRepository: string | undefined,
): void {
  if (override && existsSync(path)) {
    for (const precious of [modelRepository, process.cwd()].filter((folder) => folder !== undefined)) {
      const below = relative(path, precious);
      if (below === '' || (!below.startsWith(`..${sep}`) && below !== '..')) {
        throw userError(
          `--override-output-model-repository would delete ${precious}`,
          'name another folder with --output-model-repository-path',
        );
      }
    }
    rmSync(path, { recursive: true });
  }
  const foreign = existsSync(path) && readdirSync(path).length > 0 && !existsSync(join(path, MARKER));
  if (foreign) {
    throw userError(
      `the output model repository ${path} exists and was not written by tma`,
      'name another folder with --output-model-repository-path, or empty it with --override-output-model-repository',
    );
  }
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, MARKER), '');
  } catch (error) {
    throw userError(
      `cannot write the output model repository ${path}: ${messageOf(error)}`,
      codeOf(error) === 'ENOSPC' ? 'free some space' : 'name another with --output-model-repository-path',
    );
  }
}

/** Writes a candidate as a servable model folder: its config.pbtxt, and links to the model's other files. */
export function writeVariant(
  outputRepository: string,
  base: BaseModel,
  candidate: Candidate,
  defaults: Candidate,
): Variant {
  const folder = join(outputRepository, candidate.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const source = base.folder;
  for (const name of source === undefined ? [] : readdirSync(source)) {
    if (name !== 'config.pbtxt') symlinkSync(join(source!, name), join(folder, name));
  }
  // Triton wants a model's name to be its folder's; the text shown to the user keeps the model's own.
  const served = printConfigText({ ...candidate.config, name: candidate.name });
  writeFileSync(join(folder, 'config.pbtxt'), served);
  return describeVariant(candidate, defaults, folder);
}

/** A variant's texts, without writing anything. */
export function describeVariant(candidate: Candidate, defaults: Candidate, folder: string): Variant {
  const configText = printConfigText(candidate.config);
  return { candidate, folder, configText, diff: diffText(printConfigText(defaults.config), configText) };
}
