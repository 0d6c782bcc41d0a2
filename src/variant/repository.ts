import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../ground/paths.ts';
import { printConfigText } from '../model-config/config.ts';
import { type DiffLine, diffText } from '../model-config/diff.ts';
import type { Candidate } from '../space/space.ts';
import type { BaseModel } from './base.ts';
import { makeVariantFolder } from './output-repository.ts';

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

/**
 * Writes a candidate as a servable model folder: its config.pbtxt, and links to the model's other files.
 * @throws UserError when the disk does not take it, or something that tma did not make is in the way.
 */
export function writeVariant(
  outputRepository: string,
  base: BaseModel,
  candidate: Candidate,
  defaults: Candidate,
): Variant {
  const folder = makeVariantFolder(outputRepository, candidate.name);
  // Triton wants a model's name to be its folder's; the text shown to the user keeps the model's own.
  const served = printConfigText({ ...candidate.models[0].config, name: candidate.name });
  const source = base.folder;
  onDisk(
    `cannot write the variant ${folder}`,
    'name another folder with --output-model-repository-path',
    () => {
      for (const name of source === undefined ? [] : readdirSync(source)) {
        if (name !== 'config.pbtxt') symlinkSync(join(source!, name), join(folder, name));
      }
      writeFileSync(join(folder, 'config.pbtxt'), served, { flag: 'wx' });
    },
  );
  return describeVariant(candidate, defaults, folder);
}

/** A variant's texts, without writing anything. */
export function describeVariant(candidate: Candidate, defaults: Candidate, folder: string): Variant {
  const configText = printConfigText(candidate.models[0].config);
  return {
    candidate,
    folder,
    configText,
    diff: diffText(printConfigText(defaults.models[0].config), configText),
  };
}
