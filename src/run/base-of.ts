import type { Experiment, LaunchSettings, ModelPlan } from '../config/experiment.ts';
import { userError } from '../ground/errors.ts';
import { isHttpName, whyNotByHttp } from '../server/model-path.ts';
import { type BaseModel, modelElsewhere, readBaseModel } from '../variant/base.ts';

/** A model of the repository; without one it is the remote server's. */
export async function baseOf({ modelRepository, launch }: Experiment, plan: ModelPlan): Promise<BaseModel> {
  checkName(plan, launch);
  if (modelRepository === undefined || (launch.mode === 'remote' && !launch.remote.reload))
    return modelElsewhere(plan.name);
  const base = await readBaseModel(modelRepository, plan);
  if (!base.config && launch.mode === 'c_api') {
    throw userError(
      `model "${plan.name}" has no config.pbtxt, and with triton_launch_mode: c_api there is no server to complete one`,
      'write a config.pbtxt for it',
      plan.place,
    );
  }
  return base;
}

/** @throws UserError for a name that HTTP can't carry, where it would have to. */
function checkName({ name, load, place }: ModelPlan, { mode }: LaunchSettings): void {
  if (mode !== 'c_api' && load.protocol !== 'grpc' && !isHttpName(name))
    throw userError(whyNotByHttp(name), 'write client_protocol: grpc', place);
}
