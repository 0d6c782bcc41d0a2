import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder, statOf } from '../ground/paths.ts';
import { parseConfigText } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';

/**
 * The folders of the models that an ensemble is made of, by name, those of ensembles among them included; [] for any other
 * model. One that is not in the repository is left out: the server will say so.
 */
export function foldersOfMembers(repository: string, config: ModelConfig | undefined): string[] {
  const found = new Map<string, string>();
  const add = (of: ModelConfig | undefined): void => {
    for (const name of memberNames(of)) {
      const folder = join(repository, name);
      if (found.has(name) || !isFolder(folder)) continue;
      found.set(name, folder);
      add(configIn(folder));
    }
  };
  add(config);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, folder]) => folder);
}

/** The models that the steps of an ensemble name, in their order, each once; [] for any other model. */
export function memberNames(config: ModelConfig | undefined): string[] {
  const { step = [] } = (config?.['ensemble_scheduling'] ?? {}) as {
    step?: readonly { readonly model_name?: string }[];
  };
  return [...new Set(step.flatMap(({ model_name: name }) => name ?? []))];
}

/** undefined where there is none, or none that can be read: whoever loads the model says why. */
function configIn(folder: string): ModelConfig | undefined {
  const file = join(folder, 'config.pbtxt');
  if (!statOf(file)?.isFile()) return undefined;
  try {
    return parseConfigText(readFileSync(file, 'utf8'), file);
  } catch {
    return undefined;
  }
}
