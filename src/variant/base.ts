import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelPlan } from '../config/experiment.ts';
import { userError } from '../ground/errors.ts';
import { diskError, isFolder, lstatOf, onDisk, statOf } from '../ground/paths.ts';
import { suggestion } from '../ground/wording.ts';
import { parseConfigText } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { filesOfModel } from './files.ts';

/** A model as it lies in the user's repository. */
export interface BaseModel {
  readonly name: string;
  /** undefined when only a remote server has the model. */
  readonly folder: string | undefined;
  /** The parsed config.pbtxt; undefined when the model has none and the server has to be asked. */
  readonly config: ModelConfig | undefined;
  /** Hash of every file of the model but config.pbtxt: the same hash, the same model. */
  readonly fingerprint: string;
  /** What is worth a line about its files. */
  readonly notes: readonly string[];
}

/** A model of which nothing is here: a remote server is asked for its configuration. */
export const modelElsewhere = (name: string): BaseModel => ({
  name,
  folder: undefined,
  config: undefined,
  fingerprint: '',
  notes: [],
});

/**
 * Reads one model of the repository.
 * @throws UserError when the repository, the model or a version folder is missing, or config.pbtxt is wrong.
 */
export async function readBaseModel(repository: string, plan: ModelPlan): Promise<BaseModel> {
  if (!isFolder(repository)) {
    const what = existsSync(repository)
      ? `the model repository ${repository} is no folder`
      : `no model repository at ${repository}`;
    throw userError(what, 'name it with --model-repository DIR');
  }
  const folder = join(repository, plan.name);
  if (!isFolder(folder)) {
    const names = onDisk(`cannot read ${repository}`, 'let yourself read it', () => readdirSync(repository));
    const models = names.filter((name) => isFolder(join(repository, name)));
    throw userError(
      `model "${plan.name}" is not in ${repository}`,
      models.length > 0 ? suggestion(plan.name, models) : 'the repository holds no model folder',
      plan.place,
    );
  }
  const entries = onDisk(`cannot read ${folder}`, 'let yourself read it', () => readdirSync(folder));
  const file = join(folder, 'config.pbtxt');
  const config = readConfig(file);
  if (!entries.some((name) => /^\d+$/.test(name) && isFolder(join(folder, name)))) {
    const first = join(folder, '1');
    const [kind, hint] = config?.['ensemble_scheduling']
      ? ['ensemble', `make an empty one: ${first}`]
      : ['model', `put its model file into ${first}`];
    throw userError(`${kind} "${plan.name}" has no version folder in ${folder}`, hint, plan.place);
  }
  return {
    name: plan.name,
    folder,
    ...namedAsFolder(config, plan.name, file),
    fingerprint: await fingerprintOf(folder),
  };
}

function readConfig(file: string): ModelConfig | undefined {
  const there = lstatOf(file);
  if (!there) return undefined;
  // Reading a FIFO would wait for ever.
  if (!statOf(file)?.isFile())
    throw userError(`${file} is no file`, 'remove it, or put the configuration there');
  const text = onDisk(`cannot read ${file}`, 'let yourself read it', () => readFileSync(file, 'utf8'));
  return parseConfigText(text, file);
}

/**
 * The configuration under its folder's name: Triton refuses a model whose name is another, so what tma measures and
 * hands over has that one.
 */
function namedAsFolder(
  config: ModelConfig | undefined,
  folderName: string,
  file: string,
): Pick<BaseModel, 'config' | 'notes'> {
  const own = config?.['name'];
  if (!config || own === undefined || own === folderName) return { config, notes: [] };
  return {
    config: { ...config, name: folderName },
    notes: [
      `${file} has the name ${JSON.stringify(own)}, its folder "${folderName}": Triton does not load it like that; it is measured, and written to results/best, as "${folderName}"`,
    ],
  };
}

/**
 * Hash of the names and contents of all files below a model's folder, the top config.pbtxt and caches left out.
 * @throws UserError when they can't be read.
 */
export async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of filesOfModel(folder)) {
    const path = join(folder, name);
    hash.update(`\n${name}\n`);
    try {
      await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { end: false });
    } catch (error) {
      throw diskError(`cannot read ${path}`, 'let yourself read it', error);
    }
  }
  return hash.digest('hex').slice(0, 16);
}
