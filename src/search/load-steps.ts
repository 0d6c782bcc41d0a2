import type { ModelPlan } from '../config/experiment.ts';
import { breaks, type Measured, score } from '../goal/score.ts';
import { atRate, inFlight, type LoadPoint } from '../record/load-point.ts';

/** So many loads are looked at to see whether more load is worth while, and what it must bring: as at a plateau of `brute`. */
const TRIES = 4;
const LEAST_GAIN = 0.05;

/** A measured point, or one that failed. */
export interface Known {
  readonly point: LoadPoint;
  readonly measured: Measured | undefined;
}

/**
 * The loads that are looked at for one configuration with one client batch size, each following from what became of the
 * one before: the loads of the plan upwards while the objectives gain by them, then, where one keeps the limits and the next
 * does not, halves between the two, `plan.refine.steps` at most.
 */
export function* loadSteps(plan: ModelPlan, batchSize: number): Generator<LoadPoint, void, Known> {
  const isRate = plan.requestRates.length > 0;
  const at = (level: number): LoadPoint =>
    isRate ? atRate(plan.name, level, batchSize) : inFlight(plan.name, level, batchSize);
  const levels: number[] = [];
  const results: Measured[] = [];
  for (const level of isRate ? plan.requestRates : plan.concurrency) {
    if (isSaturated(results, plan)) break;
    const { measured } = yield at(level);
    // More load on what fails under this one is no use.
    if (!measured) break;
    levels.push(level);
    results.push(measured);
  }
  const failing = results.findLastIndex(
    (result, index) =>
      breaks(result, plan.constraints) && (index === 0 || !breaks(results[index - 1]!, plan.constraints)),
  );
  if (failing < 0) return;
  let [most, least] = [levels[failing]!, levels[failing - 1] ?? 0];
  for (let step = 0; step < plan.refine!.steps; step++) {
    const middle = Math.floor((most + least) / 2);
    if (middle <= least) return;
    const { measured } = yield at(middle);
    if (!measured) return;
    if (breaks(measured, plan.constraints)) most = middle;
    else least = middle;
  }
}

/** Whether the last loads brought nothing over the first of them. */
function isSaturated(results: readonly Measured[], { objectives }: ModelPlan): boolean {
  const last = results.slice(-TRIES);
  const [first] = last;
  if (last.length < TRIES || !first) return false;
  return Math.max(...last.map((item) => score(item, first, objectives))) < LEAST_GAIN;
}
