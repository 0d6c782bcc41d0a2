import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { userError } from '../../ground/errors.ts';
import { holds, isFolder, namesIn, onDisk, pathBelow, statOf, whyNoFileName } from '../../ground/paths.ts';
import { canonicalJson, parseConfigText, printConfigText } from '../../model-config/config.ts';
import type { ModelConfig } from '../../model-config/model-config.ts';
import type { RecordedModel, Trial } from '../../record/run.ts';
import { filesOfModel } from '../../variant/files.ts';
import { foldersOfMembers } from '../../variant/members.ts';

/** A file that is to lie in a model repository. */
export interface WantedFile {
  /** Below the repository. */
  readonly name: string;
  readonly content: { readonly text: string } | { readonly from: string };
}

/** What a configuration comes to as files of a model repository. */
export interface WantedFiles {
  /** Those that models are made of first, each model's config.pbtxt last: with it a model is there. */
  readonly files: readonly WantedFile[];
  /** Folders that may be empty: Triton wants one for each version, of ensembles, too. */
  readonly folders: readonly string[];
  /** The models that they are of, and whether they are in the configuration or only needed by it. */
  readonly models: readonly { readonly name: string; readonly config: ModelConfig }[];
}

/** How a wanted file stands to what lies there. */
export interface FileState extends WantedFile {
  readonly path: string;
  /** same: it says the same already; other: something else lies there. */
  readonly state: 'new' | 'same' | 'other';
  /** The text that lies there, of a config.pbtxt. */
  readonly before?: string | undefined;
}

/**
 * The files that a configuration comes to: a config.pbtxt for each of its models, under the name of the model's folder, as
 * Triton wants it.
 * @param from the repository from which everything else of the models is to be taken along; undefined: nothing is.
 * @throws UserError when a model's name can't be a folder's, the configuration of one is not known, or a model is not there.
 */
export function filesWanted(trial: Trial, from: string | undefined): WantedFiles {
  checkWhole(trial);
  const parts = trial.models.map((model) => filesOf(model, from));
  const own = new Set(trial.models.map(({ name }) => name));
  const members = from === undefined ? [] : membersOf(trial, from).filter(({ name }) => !own.has(name));
  const all = [...members.map((member) => memberFiles(member.name, from!)), ...parts];
  return {
    files: all.flatMap(({ files }) => files),
    folders: all.flatMap(({ folders }) => folders),
    models: [...trial.models.map(({ name, config }) => ({ name, config })), ...members],
  };
}

/** Its own files alone do not serve as it was measured where models that it is made of were changed, and are not known. */
function checkWhole({ name, models, composing = [] }: Trial): void {
  const known = new Set(models.map((model) => model.name));
  const missing = composing.filter((model) => !known.has(model));
  if (missing.length > 0)
    throw userError(
      `${name}: the models that it is made of (${missing.join(', ')}) had configurations of their own, which are not recorded`,
      'nothing is written, as its config.pbtxt alone is not what was measured',
    );
  for (const model of known) {
    const why = whyNoFileName(model);
    if (why !== undefined) throw userError(`the model "${model}" can't be a folder: ${why}`);
  }
}

function filesOf(model: RecordedModel, from: string | undefined): { files: WantedFile[]; folders: string[] } {
  const config: WantedFile = {
    name: join(model.name, 'config.pbtxt'),
    content: { text: configTextOf(model) },
  };
  if (from === undefined) {
    // An ensemble has no files: its version is an empty folder.
    const folders = isEnsemble(model.config) ? [join(model.name, '1')] : [];
    return { files: [config], folders };
  }
  const source = join(from, model.name);
  if (!isFolder(source))
    throw userError(
      `model "${model.name}" is not in ${from}`,
      'name the repository that has it with --model-repository',
    );
  return { files: [...copies(model.name, source), config], folders: versionsIn(source, model.name) };
}

/** A model that is only needed: as it lies there. */
function memberFiles(name: string, from: string): { files: WantedFile[]; folders: string[] } {
  const source = join(from, name);
  const config = join(source, 'config.pbtxt');
  return {
    files: [
      ...copies(name, source),
      ...(statOf(config)?.isFile() ? [{ name: join(name, 'config.pbtxt'), content: { from: config } }] : []),
    ],
    folders: versionsIn(source, name),
  };
}

const copies = (model: string, source: string): WantedFile[] =>
  filesOfModel(source).map((file) => ({
    name: join(model, file),
    content: { from: join(source, file) },
  }));

/** Folders of versions, by their path below the repository. */
const versionsIn = (folder: string, model: string): string[] =>
  namesIn(folder)
    .filter((name) => /^\d+$/.test(name) && isFolder(join(folder, name)))
    .map((name) => join(model, name));

/** The models that it is made of by its own word, as they lie in a repository. */
function membersOf({ models }: Trial, repository: string): { name: string; config: ModelConfig }[] {
  const folders = new Map(
    models
      .flatMap(({ config }) => foldersOfMembers(repository, config))
      .map((folder) => [folder.slice(repository.length + 1), folder]),
  );
  return [...folders].map(([name, folder]) => ({ name, config: configIn(folder) ?? {} }));
}

export const isEnsemble = (config: ModelConfig): boolean => config['ensemble_scheduling'] !== undefined;

/** The recorded text, under the name of the folder. */
const configTextOf = ({ name, config, configText }: RecordedModel): string =>
  config['name'] === undefined || config['name'] === name ? configText : printConfigText({ ...config, name });

/** undefined where there is none, or none that can be read. */
function configIn(folder: string): ModelConfig | undefined {
  const file = join(folder, 'config.pbtxt');
  try {
    return parseConfigText(readFileSync(file, 'utf8'), file);
  } catch {
    return undefined;
  }
}

/**
 * Looks how wanted files stand to what lies in a repository; nothing is changed.
 * @throws UserError when a name leads out of it, or something there can't be read.
 */
export const statesIn = (repository: string, { files }: WantedFiles): FileState[] =>
  files.map((file) => {
    const path = pathBelow(repository, file.name);
    const there = statOf(path);
    if (!there) return { ...file, path, state: 'new' };
    if (!there.isFile()) return { ...file, path, state: 'other' };
    return onDisk(`cannot read ${path}`, 'let yourself read it', () => {
      const { content } = file;
      if ('from' in content)
        return { ...file, path, state: isSameFile(content.from, path) ? 'same' : 'other' };
      const before = readFileSync(path, 'utf8');
      return { ...file, path, before, state: saysSame(before, content.text, path) ? 'same' : 'other' };
    });
  });

/** Whether two texts of a config.pbtxt say the same, however they are written. */
function saysSame(before: string, text: string, path: string): boolean {
  if (before === text) return true;
  try {
    const [a, b] = [parseConfigText(before, path), parseConfigText(text, path)];
    // Without a name of its own a model has that of its folder.
    return canonicalJson({ ...a, name: a['name'] ?? b['name'] ?? '' }) === canonicalJson(b);
  } catch {
    return false;
  }
}

const CHUNK = 1 << 20;

/** Whether two files hold the same bytes. */
function isSameFile(a: string, b: string): boolean {
  const [left, right] = [statSync(a), statSync(b)];
  if (left.ino === right.ino && left.dev === right.dev) return true;
  if (left.size !== right.size) return false;
  const [one, other] = [openSync(a, 'r'), openSync(b, 'r')];
  try {
    const [x, y] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    for (let at = 0; at < left.size; ) {
      const read = readSync(one, x, 0, CHUNK, at);
      if (read === 0 || readSync(other, y, 0, read, at) !== read) return false;
      if (!x.subarray(0, read).equals(y.subarray(0, read))) return false;
      at += read;
    }
    return true;
  } finally {
    closeSync(one);
    closeSync(other);
  }
}

/**
 * Checks that a folder can be a model repository that is written to; nothing is changed.
 * @param from the repository that models are taken from; undefined: none.
 * @throws UserError when it is no folder, is a model itself, or lies in a model that is to be copied.
 */
export function checkRepository(
  repository: string,
  from: string | undefined,
  models: readonly string[],
): void {
  const otherFolder = 'name another folder with --to';
  const there = statOf(repository);
  if (there && !there.isDirectory()) throw userError(`${repository} is no folder`, otherFolder);
  if (statOf(join(repository, 'config.pbtxt'))?.isFile())
    throw userError(
      `${repository} is a model's folder, no model repository`,
      'name the folder above it with --to',
    );
  for (const model of from === undefined ? [] : models) {
    const source = join(from!, model);
    if (holds(source, repository))
      throw userError(`${repository} lies in the model that is to be copied, ${source}`, otherFolder);
  }
}
