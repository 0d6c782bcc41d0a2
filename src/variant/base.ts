import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelPlan } from '../config/experiment.ts';
import { userError } from '../errors.ts';
import { type ModelConfig, parseConfigText } from '../model-config/config.ts';
import { suggestion } from '../wording.ts';

/** A model as it lies in the user's repository. */
export interface BaseModel {
  readonly name: string;
  /** undefined when only a remote server has the model. */
  readonly folder: string | undefined;
  /** The parsed config.pbtxt; undefined when the model has none and the server has to be asked. */
  readonly config: ModelConfig | undefined;
  /** Hash of every file of the model but config.pbtxt: the same hash, the same model. */
  readonly fingerprint: string;
}

/** A model of which nothing is here: a remote server is asked for its configuration. */
export const modelElsewhere = (name: string): BaseModel => ({
  name,
  folder: undefined,
  config: undefined,
  fingerprint: '',
});

/**
 * Reads one model of the repository.
 * @throws UserError when the repository, the model or a version folder is missing, or config.pbtxt is wrong.
 */
export async function readBaseModel(repository: string, plan: ModelPlan): Promise<BaseModel> {
  if (!existsSync(repository)) {
    throw userError(`no model repository at ${repository}`, 'name it with --model-repository DIR');
  }
  const folder = join(repository, plan.name);
  if (!isFolder(folder)) {
    const models = readdirSync(repository).filter((name) => isFolder(join(repository, name)));
    throw userError(
      `model "${plan.name}" is not in ${repository}`,
      models.length > 0 ? suggestion(plan.name, models) : 'the repository holds no model folder',
      plan.place,
    );
  }
  const entries = readdirSync(folder);
  if (!entries.some((name) => /^\d+$/.test(name) && isFolder(join(folder, name)))) {
    throw userError(
      `model "${plan.name}" has no version folder in ${folder}`,
      `put its model file into ${join(folder, '1')}`,
    );
  }
  const file = join(folder, 'config.pbtxt');
  return {
    name: plan.name,
    folder,
    config: existsSync(file) ? parseConfigText(readFileSync(file, 'utf8'), file) : undefined,
    fingerprint: await fingerprint(folder),
  };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Hash of the names and contents of all files below a folder, the top config.pbtxt and caches left out. */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'config.pbtxt' && !name.includes('__pycache__'))
    .sort();
  for (const name of files) {
    const path = join(folder, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    hash.update(`\n${name}\n`);
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { end: false });
  }
  return hash.digest('hex').slice(0, 16);
}
