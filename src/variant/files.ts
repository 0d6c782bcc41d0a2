import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { userError } from '../errors.ts';

/** More than this does not go into one request of Triton's API. */
const LIMIT_BYTES = 1.5e9;

/**
 * A model's files but its config.pbtxt, by their path below its folder, as base64: what a server that can't reach
 * the repository is sent.
 * @throws UserError when they are too large for that.
 */
export function modelFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'config.pbtxt' && !name.includes('__pycache__'))
    .filter((name) => statSync(join(folder, name)).isFile());
  const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  if (bytes > LIMIT_BYTES) {
    throw userError(
      `the model in ${folder} is too large to be sent to the server (${(bytes / 1e9).toFixed(1)} GB)`,
      'put it into a model repository that the server reaches',
    );
  }
  return Object.fromEntries(
    names.map((name) => [relative('.', name), readFileSync(join(folder, name)).toString('base64')]),
  );
}
