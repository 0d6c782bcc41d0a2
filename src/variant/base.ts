import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelPlan } from '../config/experiment.ts';
import { modelProblem, repositoryProblem } from '../config/model-folders.ts';
import { UserError, userError } from '../ground/errors.ts';
import { isFolder, lstatOf, onDisk, statOf } from '../ground/paths.ts';
import { parseConfigText } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { fingerprintOf, fingerprintOfAll } from './fingerprint.ts';
import { foldersOfMembers } from './members.ts';
import { pythonReads } from './python-code.ts';

/** A model as it lies in the user's repository. */
export interface BaseModel {
  readonly name: string;
  /** undefined when only a remote server has the model. */
  readonly folder: string | undefined;
  /** The parsed config.pbtxt; undefined when the model has none and the server has to be asked. */
  readonly config: ModelConfig | undefined;
  /** Hash of every file of the model but config.pbtxt: the same hash, the same model. */
  readonly fingerprint: string;
  /** An ensemble: hash of the files and configurations of the models that it is made of. */
  readonly members?: string;
  /** Where it, or a model that it is made of, has code in Python: the variables of its environment that this reads. */
  readonly python?: { readonly reads: readonly string[] };
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
  const missing = repositoryProblem(repository) ?? modelProblem(repository, plan);
  if (missing) throw new UserError(missing);
  const folder = join(repository, plan.name);
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
    ...(await partsBeside(folder, foldersOfMembers(repository, config))),
  };
}

/** What of a model's files is told apart from its own fingerprint. */
async function partsBeside(
  folder: string,
  members: readonly string[],
): Promise<Pick<BaseModel, 'members' | 'python'>> {
  const ofMembers = members.length > 0 && { members: await fingerprintOfAll(members) };
  const reads = pythonReads([folder, ...members]);
  return {
    ...ofMembers,
    ...(reads && { python: { reads } }),
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
