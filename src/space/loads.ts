import type { ModelPlan } from '../config/experiment.ts';
import { atRate, batchSizeOf, inFlight, isRate, type LoadPoint, levelOf } from '../record/load-point.ts';

/** Every load of a plan, batch size outside, load inside. */
export const loadsOf = ({ name, batchSizes, requestRates, concurrency }: ModelPlan): LoadPoint[] =>
  batchSizes.flatMap((batchSize): LoadPoint[] =>
    requestRates.length > 0
      ? requestRates.map((requestRate) => atRate(name, requestRate, batchSize))
      : concurrency.map((concurrency) => inFlight(name, concurrency, batchSize)),
  );

/** Whether a load is one that a plan may come to: one that is listed, or where loads are searched any of that kind. */
export function isOfPlan(plan: ModelPlan, point: LoadPoint): boolean {
  const { batchSizes, requestRates, concurrency, refine, search } = plan;
  // The quick search has a load of its own for each configuration.
  const quick = search.mode === 'quick' && plan.automatic !== undefined;
  if (quick && batchSizeOf(point) === 1 && !isRate(point)) return true;
  const rated = requestRates.length > 0;
  if (!batchSizes.includes(batchSizeOf(point)) || isRate(point) !== rated) return false;
  const searched = refine !== undefined || quick || search.optuna?.formula !== undefined;
  return searched || (rated ? requestRates : concurrency).includes(levelOf(point));
}
