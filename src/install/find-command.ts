import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Whether a file can be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The absolute path of a command: a path is taken as it is, a name is looked up on PATH. */
export function findCommand(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  if (isAbsolute(name) || name.includes('/')) return isExecutable(name) ? resolve(name) : undefined;
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
