import type { Experiment, ModelPlan } from '../config/experiment.ts';
import { measurementsOf, type Run, type StepTimes } from '../record/run.ts';
import { USUAL } from '../search/bayes/budget.ts';
import { budgetOf, type Choice, mostOf, type SearchedSpace } from '../search/search-for.ts';
import { regularLooks } from '../search/sentinel/lookout.ts';

/** Measurements and starts at most, or what tma's own search usually takes, and the time for them. */
export interface Expectation {
  readonly search: Choice;
  readonly measurements: number;
  readonly starts: number;
  /**
   * How many of the measurements are made beside the search: for the comparison with a baseline, without those that a suspicion
   * may need, and of the sentinel, without those that a changed machine may need. Each may need a start.
   */
  readonly looks: { readonly baseline: number; readonly sentinel: number };
  readonly isUsual: boolean;
  readonly minutes: number;
  /** Seconds of one measurement and of one start; earlier: as they were in the journal. */
  readonly by: { readonly pointS: number; readonly startS: number; readonly earlier: boolean };
}

/** What is usual where nothing was measured yet, s. */
const USUAL_START_S = 5;
const USUAL_WARM_UP_S = 1;

const usualOf = (space: SearchedSpace): typeof USUAL => ({
  measurements: Math.min(
    budgetOf(space).measurements,
    Math.max(USUAL.measurements, budgetOf(space).least ?? 0),
  ),
  starts: USUAL.starts,
});

/** @param baseline measurements that are made for the comparison with a baseline. */
export function expectationOf(
  space: SearchedSpace,
  experiment: Experiment,
  before: Run,
  baseline: number,
): Expectation {
  const { plan, choice: search } = space;
  const all = { measurements: space.size, starts: space.automatic ? space.most : space.candidates.length };
  const isUsual = ['bayes', 'optuna'].includes(search);
  const drawn = { measurements: mostOf(space) ?? all.measurements, starts: all.starts };
  const own = isUsual ? usualOf(space) : search === 'random' ? drawn : all;
  const { maxMeasurements = Number.POSITIVE_INFINITY, maxVariants } = plan.search;
  const by = timesOf(plan, before);
  const starts = Math.min(own.starts, maxVariants ?? own.starts);
  const compared = Math.min(own.measurements + baseline, maxMeasurements);
  const withoutS = compared * by.pointS + (starts + baseline) * by.startS;
  const sentinel = Math.min(
    regularLooks({ totalS: withoutS, costS: by.pointS + by.startS }, { minutes: experiment.sentinelMinutes }),
    maxMeasurements - compared,
  );
  const minutes = (withoutS + sentinel * (by.pointS + by.startS)) / 60;
  return {
    search,
    measurements: compared + sentinel,
    starts: starts + baseline + sentinel,
    looks: { baseline, sentinel },
    isUsual,
    minutes: Math.min(minutes, experiment.maxMinutes ?? minutes),
    by,
  };
}

/** How long a measurement and a start of a server take, out of the journal where it knows. */
function timesOf({ name, load: { stopRule } }: ModelPlan, before: Pick<Run, 'trials'>): Expectation['by'] {
  const trials = before.trials.filter(
    ({ models: [{ name: model }], end, state }) =>
      model === name && state === 'measured' && end !== undefined,
  );
  const points = trials.flatMap(measurementsOf).reduce((sum, { looks = 1 }) => sum + looks, 0);
  if (points === 0) {
    const measured = stopRule.kind === 'precision' ? stopRule.limitMs : 3 * stopRule.intervalMs;
    return { pointS: measured / 1000 + USUAL_WARM_UP_S, startS: USUAL_START_S, earlier: false };
  }
  const starts = trials.reduce((sum, { starts: count = 1 }) => sum + count, 0);
  const total = (read: (steps: StepTimes) => number): number =>
    trials.reduce((sum, { end }) => sum + read(end!.steps), 0);
  return {
    pointS: total(({ warmupS, measureS }) => warmupS + measureS) / points,
    startS: total(({ startS, loadS, stopS }) => startS + loadS + stopS) / starts,
    earlier: true,
  };
}
