import type { Experiment, ModelPlan } from '../config/experiment.ts';
import { type Lane, planLanes } from '../executor/lanes.ts';
import { hasGpu } from '../executor/place.ts';
import { gatherMistakes } from '../ground/errors.ts';
import { printConfigText } from '../model-config/config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { measurementsOf, type Run, type StepTimes } from '../record/run.ts';
import { USUAL } from '../search/bayes/budget.ts';
import {
  budgetOf,
  type Choice,
  looksAtAll,
  mostOf,
  type SearchedSpace,
  searchedSpace,
} from '../search/search-for.ts';
import { regularLooks } from '../search/sentinel/lookout.ts';
import { listGpus } from '../server/gpu/list.ts';
import type { Space } from '../space/space.ts';
import { journalPath, readJournal } from '../store/journal.ts';
import { baseOf } from './base-of.ts';
import { type Baseline, readBaseline } from './baseline/baseline.ts';
import { expectedLooks } from './baseline/looks.ts';
import { targetNotes, targetsOf } from './baseline/targets.ts';
import { checkedSpace } from './checked-space.ts';
import { knownPoints } from './known-points.ts';
import { notesOf } from './notes.ts';
import { warningsOf } from './warnings.ts';

/** A variant that would be tried. */
export interface PlannedVariant {
  readonly name: string;
  /** What is set over the model's own configuration, by path. */
  readonly assignment: Readonly<Record<string, unknown>>;
  /** config.pbtxt under the model's own name. */
  readonly configText: string;
  /** In the order in which they would be measured. */
  readonly points: readonly LoadPoint[];
  readonly skipped: readonly { readonly points: readonly LoadPoint[]; readonly reason: string }[];
}

/** What would be measured for one model. */
export interface PlannedModel {
  readonly plan: ModelPlan;
  /** In the order in which they would be tried, as far as they are known. */
  readonly variants: readonly PlannedVariant[];
  /**
   * listed: exactly these; searched: the best of them are looked for; at most: a search may leave some out, or look
   * between them; open: variants follow from what
   * is measured; unknown: the model has no config.pbtxt, and the server would be asked.
   */
  readonly extent: 'listed' | 'searched' | 'at most' | 'open' | 'unknown';
  /** open: the configurations and points that there can be at most, and out of what. */
  readonly space?: {
    readonly configurations: number;
    readonly instanceCounts: readonly number[];
    readonly batchSizes: readonly number[];
    readonly loads: readonly LoadPoint[];
  };
  /** What it will probably take; undefined where the configuration is not known. */
  readonly expected: Expectation | undefined;
  /** How many of the points the journal has, which are not measured again where the server is the one it was. */
  readonly known: number;
  /** What will most likely not go as it was meant. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

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

/**
 * What `profile` would do with an experiment; nothing is started or written.
 * @throws UserError for the mistakes that `profile` would tell.
 */
export async function planRun(experiment: Experiment): Promise<PlannedModel[]> {
  const { launch } = experiment;
  const lanes = planLanes(launch, launch.mode === 'remote' ? [] : await listGpus());
  const hasGpus = hasGpu(lanes, launch);
  const baseline = readBaseline(experiment);
  const before = readJournal(journalPath(experiment.checkpointDirectory)).history.whole();
  return await gatherMistakes(experiment.models, (plan) =>
    planModel(plan, experiment, { hasGpus, lane: lanes[0]!, before, baseline }),
  );
}

/** What a plan is made with, beside the experiment. */
interface Given {
  readonly hasGpus: boolean;
  readonly lane: Lane;
  /** Everything that the journal has. */
  readonly before: Run;
  readonly baseline: Baseline | undefined;
}

async function planModel(
  plan: ModelPlan,
  experiment: Experiment,
  { hasGpus, lane, before, baseline }: Given,
): Promise<PlannedModel> {
  const base = await baseOf(experiment, plan);
  const { config, notes: ofModel } = base;
  if (!config) {
    const notes = [`${plan.name} has no config.pbtxt here: the server is asked for its configuration`];
    return { plan, variants: [], extent: 'unknown', expected: undefined, known: 0, warnings: [], notes };
  }
  const space = searchedSpace(checkedSpace(plan, config, hasGpus));
  // Of a space of its own: an automatic search is to begin with none of its configurations.
  const targets = baseline
    ? targetsOf(baseline, searchedSpace(checkedSpace(plan, config, hasGpus)), experiment)
    : [];
  return {
    plan,
    ...extentOf(space),
    variants: variantsOf(space),
    expected: expectationOf(space, experiment, before, expectedLooks(targets, space)),
    known: knownPoints(before, space, base, experiment, lane),
    warnings: warningsOf(space, hasGpus),
    notes: [...ofModel, ...notesOf(space, config), ...targetNotes(plan, targets, baseline)],
  };
}

function extentOf(space: SearchedSpace): Pick<PlannedModel, 'extent' | 'space'> {
  const { plan, automatic, loads, most } = space;
  if (automatic) {
    const { instanceCounts, batchSizes } = automatic;
    return { extent: 'open', space: { configurations: most, instanceCounts, batchSizes, loads } };
  }
  if (!looksAtAll(space)) return { extent: 'searched' };
  return { extent: plan.stopAtPlateau || plan.earlyExit || plan.refine ? 'at most' : 'listed' };
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

function expectationOf(
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

const variantsOf = (space: Space): PlannedVariant[] =>
  space.candidates.map((candidate) => ({
    name: candidate.name,
    assignment: candidate.models[0].assignment,
    configText: printConfigText(candidate.models[0].config),
    points: space.pointsOf(candidate),
    skipped: space.skipped
      .filter((item) => item.candidate === candidate)
      .map(({ points, reason }) => ({ points, reason })),
  }));
