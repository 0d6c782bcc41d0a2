import type { ModelPlan } from '../config/experiment.ts';
import { isRate, type LoadPoint, levelOf } from '../record/load-point.ts';

/** Every load of a plan, batch size outside, load inside. */
export const loadsOf = ({ batchSizes, requestRates, concurrency }: ModelPlan): LoadPoint[] =>
  batchSizes.flatMap((batchSize): LoadPoint[] =>
    requestRates.length > 0
      ? requestRates.map((requestRate) => ({ batchSize, requestRate }))
      : concurrency.map((concurrency) => ({ batchSize, concurrency })),
  );

/** Whether a load is one that a plan may come to: one that is listed, or where loads are searched any of that kind. */
export function isOfPlan(plan: ModelPlan, point: LoadPoint): boolean {
  const { batchSizes, requestRates, concurrency, refine, search } = plan;
  // The quick search has a load of its own for each configuration.
  const quick = search.mode === 'quick' && plan.automatic !== undefined;
  if (quick && point.batchSize === 1 && !isRate(point)) return true;
  const rated = requestRates.length > 0;
  if (!batchSizes.includes(point.batchSize) || isRate(point) !== rated) return false;
  const searched = refine !== undefined || quick || search.optuna?.formula !== undefined;
  return searched || (rated ? requestRates : concurrency).includes(levelOf(point));
}
