import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isFolder, statOf } from '../ground/paths.ts';

/** What a shell does not take as it stands, wherever it is in a word: `{a,b}` becomes two. */
const ANYWHERE = /[\s;&|<>()$`"'\\]|\{[^}]*,[^}]*\}/;
/** And at the beginning of one. */
const FIRST = /^[~#]/;

/**
 * What of a Python model's place a shell would read as something else; undefined: nothing. Triton's Python backend starts the
 * code of a model by `bash -c "exec triton_python_backend_stub FOLDER/1/model.py ... NAME"`, and quotes neither.
 */
export function unquotable(folder: string): string | undefined {
  return ANYWHERE.exec(folder)?.[0] ?? FIRST.exec(basename(folder))?.[0];
}

/** Whether a folder of a repository holds a model in Python. */
export const isPythonModel = (folder: string): boolean =>
  isFolder(folder) &&
  readdirSync(folder).some((version) => /^\d+$/.test(version) && statOf(join(folder, version, 'model.py')));
