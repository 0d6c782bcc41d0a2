import type { ModelPlan } from '../config/experiment.ts';
import { checkInputs } from '../load/check-inputs.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { buildSpace, type Space } from '../space/space.ts';

/**
 * The space of a model, with its inputs checked where the configuration names them.
 * @throws UserError for parameters that are no configuration, and for shapes and data that do not fit the inputs.
 */
export function checkedSpace(plan: ModelPlan, config: ModelConfig, gpu = true): Space {
  checkInputs(config, plan);
  return buildSpace(plan, config, gpu);
}
