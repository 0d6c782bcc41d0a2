import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, Problem } from '../ground/errors.ts';
import { isFolder, onDisk } from '../ground/paths.ts';
import { suggestion } from '../ground/wording.ts';

/**
 * Why a folder is no model repository; undefined for one that may be.
 * @param place where it is named in perf.yaml.
 */
export function repositoryProblem(repository: string, place?: Place): Problem | undefined {
  if (isFolder(repository)) return undefined;
  const message = existsSync(repository)
    ? `the model repository ${repository} is no folder`
    : `no model repository at ${repository}`;
  const flag = 'name it with --model-repository DIR';
  return { message, hint: place ? `write the folder that the models lie in, or ${flag}` : flag, place };
}

/**
 * Why a repository does not have a model; undefined where it has its folder.
 * @throws UserError when the repository can't be read.
 */
export function modelProblem(
  repository: string,
  { name, place }: { readonly name: string; readonly place?: Place | undefined },
): Problem | undefined {
  if (isFolder(join(repository, name))) return undefined;
  const names = onDisk(`cannot read ${repository}`, 'let yourself read it', () => readdirSync(repository));
  const models = names.filter((entry) => isFolder(join(repository, entry)));
  return {
    message: `model "${name}" is not in ${repository}`,
    hint: models.length > 0 ? suggestion(name, models) : 'the repository holds no model folder',
    place,
  };
}
