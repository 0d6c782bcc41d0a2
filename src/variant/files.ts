import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { userError } from '../ground/errors.ts';
import { isFolder, onDisk, statOf, whereItLies } from '../ground/paths.ts';

/** More than this does not go into one request of Triton's API. */
const LIMIT_BYTES = 1.5e9;

/** What `tma export --force` keeps of a file that gives way: no part of the model. */
const KEPT = /\.\d{8}T\d{6}Z~$/;

/**
 * The files of a model by their path below its folder, sorted; links are followed, but not round in a circle. Its
 * config.pbtxt, what Python compiled and what `tma export` kept are left out.
 * @throws UserError when a folder can't be read.
 */
export const filesOfModel = (folder: string): string[] =>
  filesBelow(folder, '', new Set())
    .filter((name) => name !== 'config.pbtxt' && !name.includes('__pycache__') && !KEPT.test(name))
    .sort();

function filesBelow(folder: string, below: string, above: ReadonlySet<string>): string[] {
  const here = join(folder, below);
  const real = realpathSync(here);
  if (above.has(real)) return [];
  const names = onDisk(`cannot read ${here}`, 'let yourself read it', () => readdirSync(here));
  return names.flatMap((name) => {
    const path = join(below, name);
    const there = statOf(join(folder, path));
    if (there?.isDirectory()) return filesBelow(folder, path, new Set([...above, real]));
    return there?.isFile() ? [path] : [];
  });
}

/**
 * Every link below a folder, and below the folders that they lead to.
 * @param leftOut a folder that is not looked into. What can't be read is passed over.
 */
export function linksBelow(folder: string, leftOut: string): string[] {
  const seen = new Set([whereItLies(leftOut)]);
  const below = (path: string): string[] => {
    const real = whereItLies(path);
    if (seen.has(real)) return [];
    seen.add(real);
    return entriesOf(path).flatMap((entry) => {
      const here = join(path, entry.name);
      if (entry.isDirectory()) return below(here);
      if (!entry.isSymbolicLink()) return [];
      return isFolder(here) ? [here, ...below(here)] : [here];
    });
  };
  return below(folder);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * A model's files but its config.pbtxt, by their path below its folder, as base64: what a server that can't reach
 * the repository is sent.
 * @throws UserError when they are too large for that.
 */
export function modelFiles(folder: string): Record<string, string> {
  const names = filesOfModel(folder);
  const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  if (bytes > LIMIT_BYTES) {
    throw userError(
      `the model in ${folder} is too large to be sent to the server (${(bytes / 1e9).toFixed(1)} GB)`,
      'put it into a model repository that the server reaches',
    );
  }
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}
