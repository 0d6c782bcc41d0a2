import { dirname, join } from 'node:path';
import { isFolder } from '../ground/paths.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import { fingerprintOf, fingerprintOfAll } from '../variant/fingerprint.ts';
import { foldersOfMembers } from '../variant/members.ts';
import type { ServedModel, TrialSpec } from './trial-spec.ts';

/**
 * What is no longer as it was when a spec was written, a line each: the files of its models, the server that runs them.
 * A spec that does not say how it was is not asked.
 * @throws UserError when a model's files can't be read.
 */
export async function* changedSinceWritten(spec: TrialSpec, now: ServerIdentity): AsyncGenerator<string> {
  for (const model of spec.models) {
    const folder = folderOf(model, spec);
    if (folder === undefined || model.fingerprint === '') continue;
    if (!isFolder(folder)) yield `the folder of model "${model.name}" is not there: ${folder}`;
    else if ((await fingerprintOf(folder)) !== model.fingerprint)
      yield `the files of model "${model.name}" in ${folder} are not those that the spec was written for`;
    if (model.members !== undefined && (await membersOf(model, dirname(folder))) !== model.members)
      yield `the models that "${model.name}" is made of are not those that the spec was written for`;
  }
  const server = changeOfServer(spec, now);
  if (server !== undefined) yield server;
}

const membersOf = ({ config }: ServedModel, repository: string): Promise<string> =>
  fingerprintOfAll(foldersOfMembers(repository, config));

/** Where the files that will be served lie; undefined where only a remote server has them. */
const folderOf = ({ name, folder }: ServedModel, { modelRepository, settings }: TrialSpec) =>
  settings.launch.mode === 'remote' || modelRepository === undefined ? folder : join(modelRepository, name);

function changeOfServer({ server: then }: TrialSpec, now: ServerIdentity): string | undefined {
  if (then === undefined) return undefined;
  const moved = then.path !== now.path;
  if (then.hash !== now.hash) {
    return moved
      ? `the server is ${now.path}; the spec was written for another, ${then.path}`
      : `the server ${now.path} is not as it was when the spec was written`;
  }
  return moved
    ? `the server is the same as when the spec was written, but lies elsewhere: ${now.path}, not ${then.path}`
    : undefined;
}
