import type { ModelPlan } from '../config/experiment.ts';
import { loadedName, type PointRecord, type Run } from '../record/run.ts';
import { trialOf } from '../record/told-trial.ts';
import { isOfPlan } from '../space/loads.ts';
import { type Generator, pointKey } from './key.ts';

/**
 * The trials of these models and keys, each with the points alone that its model's plan may come to, measured as it wants
 * them: what another plan measured on the same variant decides nothing.
 */
export function ofExperiment(
  run: Run,
  models: readonly ModelPlan[],
  keys: ReadonlySet<string>,
  generator: Generator,
): Run {
  const trials = run.trials.flatMap((trial) => {
    const plan = models.find(({ name }) => name === loadedName(trial));
    if (!plan || !keys.has(trial.key)) return [];
    const belongs = (record: PointRecord): boolean => {
      if (record.state === 'skipped') return true;
      const point = record.state === 'measured' ? record.measurement.point : record.point;
      return isOfPlan(plan, point) && record.key === pointKey(trial.key, point, plan.load, generator);
    };
    return trialOf(trial, belongs) ?? [];
  });
  return { ...run, trials };
}
