import type { ModelPlan } from '../config/experiment.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { loadedName, type PointRecord, type Run, type Trial } from '../record/run.ts';
import { trialOf } from '../record/told-trial.ts';
import { isOfPlan } from '../space/loads.ts';
import { type Generator, pointKey } from './key.ts';

/**
 * The trials of these models and keys, each with the points alone that its model's plan may come to, measured as it wants
 * them: what another plan measured on the same variant decides nothing.
 * @param isWanted points of a trial that are told though the plan does not come to them.
 */
export function ofExperiment(
  run: Run,
  models: readonly ModelPlan[],
  keys: ReadonlySet<string>,
  generator: Generator,
  isWanted: (trial: Trial, point: LoadPoint) => boolean = () => false,
): Run {
  const trials = run.trials.flatMap((trial) => {
    const plan = models.find(({ name }) => name === loadedName(trial));
    if (!plan || !keys.has(trial.key)) return [];
    const belongs = (record: PointRecord): boolean => {
      if (record.state === 'skipped') return true;
      const point = record.state === 'measured' ? record.measurement.point : record.point;
      const isAsked = isOfPlan(plan, point) || isWanted(trial, point);
      return isAsked && record.key === pointKey(trial.key, point, plan.load, generator);
    };
    return trialOf(trial, belongs) ?? [];
  });
  return { ...run, trials };
}
