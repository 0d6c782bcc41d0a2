import type { ModelPlan } from '../config/experiment.ts';
import { UserError } from '../ground/errors.ts';
import { checkInputs } from '../load/check-inputs.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { isByCost } from '../record/goal.ts';
import { buildSpace, type Space } from '../space/space.ts';

/**
 * The space of a model, with its inputs checked where the configuration names them.
 * @param gpu whether instances can be on a GPU.
 * @throws UserError for parameters that are no configuration, for shapes and data that do not fit the inputs, and for costs that
 * nothing here has.
 */
export function checkedSpace(plan: ModelPlan, config: ModelConfig, gpu = true): Space {
  checkInputs(config, plan);
  if (!gpu && isByCost(plan) && plan.prices?.perCpuHour === undefined)
    throw new UserError({
      message: `${plan.name} is judged by costs, and of what is served on the CPU there are none: there is no GPU here`,
      place: plan.place,
      hint: 'write cost_per_cpu_hour: PRICE, of one core',
    });
  return buildSpace(plan, config, gpu);
}
