import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The project's own files of a kind, which every target starts from. */
const ROOT = resolve(import.meta.dirname, '../..');

export const pathInProject = (path: string): string => join(ROOT, path);

export const textInProject = (path: string): string => readFileSync(pathInProject(path), 'utf8');

/** The texts of all files below a folder whose names match. */
export function textsBelow(folder: string, name: RegExp): string[] {
  const path = pathInProject(folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8'));
}
