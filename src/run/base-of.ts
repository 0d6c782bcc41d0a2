import { basename } from 'node:path';
import type { Experiment, LaunchSettings, ModelPlan } from '../config/experiment.ts';
import { userError } from '../ground/errors.ts';
import { isHttpName, whyNotByHttp } from '../server/model-path.ts';
import { type BaseModel, modelElsewhere, readBaseModel } from '../variant/base.ts';
import { foldersOfMembers } from '../variant/members.ts';
import { isPythonModel, unquotable } from '../variant/shell-words.ts';

/** A model of the repository; without one it is the remote server's. */
export async function baseOf({ modelRepository, launch }: Experiment, plan: ModelPlan): Promise<BaseModel> {
  checkName(plan, launch);
  if (modelRepository === undefined || (launch.mode === 'remote' && !launch.remote.reload))
    return modelElsewhere(plan.name);
  const base = await readBaseModel(modelRepository, plan);
  checkPythonPaths(base, modelRepository, plan, launch);
  if (!base.config && launch.mode === 'c_api') {
    throw userError(
      `model "${plan.name}" has no config.pbtxt, and with triton_launch_mode: c_api there is no server to complete one`,
      'write a config.pbtxt for it',
      plan.place,
    );
  }
  return base;
}

/**
 * Of a server elsewhere it is not known where its repository lies.
 * @throws UserError for a model in Python, or one that this is made of, that Triton can't start for its name or path.
 */
function checkPythonPaths(
  { folder, config }: BaseModel,
  repository: string,
  { name, place }: ModelPlan,
  { mode }: LaunchSettings,
): void {
  if (folder === undefined || mode === 'remote') return;
  for (const each of [folder, ...foldersOfMembers(repository, config)]) {
    const found = isPythonModel(each) ? unquotable(each) : undefined;
    if (found === undefined) continue;
    const isName = unquotable(`/${basename(each)}`) !== undefined;
    throw userError(
      `Triton starts the Python code of model "${each === folder ? name : basename(each)}" by a shell, which reads ${JSON.stringify(found)} in ${each} as something else`,
      isName
        ? 'rename the folder of the model'
        : 'move the model repository to where no folder above it has such a character',
      place,
    );
  }
}

/** @throws UserError for a name that HTTP can't carry, where it would have to. */
function checkName({ name, load, place }: ModelPlan, { mode }: LaunchSettings): void {
  if (mode !== 'c_api' && load.protocol !== 'grpc' && !isHttpName(name))
    throw userError(whyNotByHttp(name), 'write client_protocol: grpc', place);
}
