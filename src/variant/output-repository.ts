import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { userError } from '../ground/errors.ts';
import { holds, lstatOf, onDisk, statOf, whyNoFileName } from '../ground/paths.ts';
import { linksBelow } from './files.ts';

/**
 * Marks an output model repository as tma's and lists the folders that tma made in it, a name a line: only they are
 * ever replaced or removed. tma 0.1.0 left it empty.
 */
const MARKER = '.tma';
const MARKER_TITLE = 'folders that tma made here:';
/** Two tma that write into one output repository would remove each other's variants. */
export const OUTPUT_LOCK = {
  name: '.tma.lock',
  what: 'the output model repository',
  option: 'output-model-repository-path',
} as const;
const OTHER_FOLDER = 'name another folder with --output-model-repository-path';

/** Where variants are written, and what lies near it that must stay as it is. */
export interface OutputRepository {
  readonly path: string;
  /** Folders of earlier output are removed first. */
  readonly override: boolean;
  /** The user's model repository, and the folders of the models that are profiled; links in both are followed. */
  readonly modelRepository: string | undefined;
  readonly modelFolders: readonly string[];
  /** Other folders that this run writes to. They may lie in it, and stay. */
  readonly beside: readonly string[];
}

/**
 * Looks whether the output model repository can be used, and changes nothing.
 * @throws UserError when it is or holds the user's models, is no folder, or holds what neither tma nor, with
 * `override`, Model Analyzer wrote.
 */
export function checkOutputRepository(repository: OutputRepository): void {
  const { path, override } = repository;
  checkModels(repository);
  const there = statOf(path) ?? lstatOf(path);
  if (there && !there.isDirectory()) {
    const what = there.isSymbolicLink() ? 'a link that leads nowhere' : 'no folder';
    throw userError(`the output model repository ${path} is ${what}`, `remove it, or ${OTHER_FOLDER}`);
  }
  if (madeByTma(path)) return;
  const entries = entriesOf(repository);
  if (entries.length === 0) return;
  const foreign = entries.find((name) => !isServable(join(path, name)));
  if (!override) {
    throw userError(
      `the output model repository ${path} exists and was not written by tma`,
      `${OTHER_FOLDER}${foreign === undefined ? ', or empty it with --override-output-model-repository' : ''}`,
    );
  }
  if (foreign !== undefined) {
    throw userError(
      `--override-output-model-repository would delete ${join(path, foreign)}, which neither tma nor Model Analyzer wrote; nothing was deleted`,
      OTHER_FOLDER,
    );
  }
}

/** Nothing is ever written into the user's models, those that are not profiled included, whatever links lead there. */
function checkModels({ path, modelRepository, modelFolders }: OutputRepository): void {
  const folders = [modelRepository ?? [], modelFolders].flat();
  for (const model of [...folders, ...folders.flatMap((folder) => linksBelow(folder, path))]) {
    if (!holds(path, model)) continue;
    const where = holds(model, path) ? 'is' : 'holds';
    throw userError(
      `the output model repository ${path} ${where} ${model}: writing there would delete your models`,
      OTHER_FOLDER,
    );
  }
}

/**
 * Makes the output model repository ready to be written to.
 * @throws UserError as `checkOutputRepository` does, and when it can't be written.
 */
export function prepareOutputRepository(repository: OutputRepository): void {
  const { path, override } = repository;
  checkOutputRepository(repository);
  onDisk(`cannot write the output model repository ${path}`, OTHER_FOLDER, () => {
    if (override && statOf(path)) removeEarlierOutput(repository);
    mkdirSync(path, { recursive: true });
    if (!madeByTma(path)) writeFileSync(join(path, MARKER), `${MARKER_TITLE}\n`, { flag: 'wx' });
  });
}

/** Removes what tma's list says it made; where there is no list, what looks like variants. All else stays. */
function removeEarlierOutput(repository: OutputRepository): void {
  const { path } = repository;
  const made = madeByTma(path);
  for (const name of entriesOf(repository)) {
    if (made?.has(name) || (made?.size === 0 && isServable(join(path, name)))) removeVariant(path, name);
    else if (!made) rmSync(join(path, name), { recursive: true });
  }
  if (made) unlinkSync(join(path, MARKER));
}

/** The names in it, without tma's own files and those that are or hold folders of this run. */
const entriesOf = ({ path, beside }: OutputRepository): string[] =>
  onDisk(`cannot read the output model repository ${path}`, OTHER_FOLDER, () =>
    statOf(path) ? readdirSync(path) : [],
  ).filter(
    (name) =>
      name !== MARKER &&
      !name.startsWith(OUTPUT_LOCK.name) &&
      !beside.some(
        (folder) => holds(join(path, name), folder) || (isSame(folder, path) && isOwnOutput(path, name)),
      ),
  );

const isSame = (a: string, b: string): boolean => holds(a, b) && holds(b, a);

/** What runs leave in a folder that is their checkpoint directory or export path as well. */
const isOwnOutput = (path: string, name: string): boolean =>
  /^(journal\.jsonl.*|logs|tma\.lock|\d+\.ckpt|results|reports|plots|engines)$/.test(name) &&
  !lstatOf(join(path, name))?.isSymbolicLink();

/** Whether a folder looks like a variant that tma or Model Analyzer wrote. */
const isServable = (folder: string): boolean =>
  /._config_(\d+|default|baseline)\/?$/.test(folder) &&
  lstatOf(folder)?.isDirectory() === true &&
  lstatOf(join(folder, 'config.pbtxt'))?.isFile() === true;

/** The folders that tma made in an output repository; undefined where it is not tma's. */
function madeByTma(path: string): Set<string> | undefined {
  const marker = join(path, MARKER);
  if (!lstatOf(marker)?.isFile()) return undefined;
  const text = onDisk(`cannot read ${marker}`, OTHER_FOLDER, () => readFileSync(marker, 'utf8'));
  return new Set(text.split('\n').filter((name) => name !== '' && whyNoFileName(name) === undefined));
}

/**
 * A new empty folder for a variant; one that tma made before is removed first.
 * @throws UserError when something else is in the way.
 */
export function makeVariantFolder(repository: string, name: string): string {
  const folder = join(repository, name);
  const reason = whyNoFileName(name);
  if (reason !== undefined) throw userError(`the variant "${name}" can't be a folder: ${reason}`);
  return onDisk(`cannot write the variant ${folder}`, OTHER_FOLDER, () => {
    const made = madeByTma(repository) ?? new Set();
    if (lstatOf(folder)) {
      if (!made.has(name) && !(made.size === 0 && isServable(folder))) {
        throw userError(`${folder} is in the way, and tma did not make it`, `move it, or ${OTHER_FOLDER}`);
      }
      removeVariant(repository, name);
    }
    // Listed before it is made, so that it is known as tma's also when tma is killed in between.
    if (!made.has(name)) appendFileSync(join(repository, MARKER), `${name}\n`);
    mkdirSync(folder);
    return folder;
  });
}

/** Removes a variant as tma writes it: a config.pbtxt and links. Anything else in it is the user's, and stays. */
function removeVariant(repository: string, name: string): void {
  const folder = join(repository, name);
  if (!lstatOf(folder)?.isDirectory()) {
    throw userError(`${folder} is in the way: it is no folder that tma made`, 'remove it');
  }
  const files = readdirSync(folder).map((file) => join(folder, file));
  const foreign = files.find((file) => {
    const there = lstatOf(file);
    return there && !there.isSymbolicLink() && !(there.isFile() && file === join(folder, 'config.pbtxt'));
  });
  if (foreign !== undefined) {
    throw userError(`${foreign} is in the way: tma did not make it`, `move it, or ${OTHER_FOLDER}`);
  }
  for (const file of files) unlinkSync(file);
  rmdirSync(folder);
}
