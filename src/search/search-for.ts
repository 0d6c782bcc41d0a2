import type { SearchMode } from '../config/search-settings.ts';
import { counted } from '../ground/wording.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import {
  batchSizeOf,
  inFlight,
  isSamePoint,
  type LoadPoint,
  levelOf,
  withLevel,
} from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import { bayesSearch } from './bayes/bayes.ts';
import { type Budget, budgetFor, ownBudget } from './bayes/budget.ts';
import { bruteSearch } from './brute.ts';
import { withLimits } from './limited.ts';
import { quickSearch } from './quick.ts';
import { randomSearch } from './random.ts';
import { withRefinement } from './refine.ts';
import { amongSome, sampleOf } from './sample.ts';
import type { Earlier, Search } from './search.ts';

/** Measurements of the random search, where nothing was said: 8 % of all points, but not too few and not too many. */
const randomly = (points: number): number => Math.max(20, Math.min(35, Math.round(0.08 * points)));

/** A space of so many points at most is measured whole, when nothing else was asked for. */
export const SMALL = 64;

/** The search that a plan asks for. */
export type Choice = Exclude<SearchMode, 'auto'>;

/** Points that there can be at most, over all configurations. */
export function sizeOf({ automatic, candidates, most, loads, pointsOf }: Space): number {
  return automatic
    ? most * loads.length
    : candidates.reduce((sum, candidate) => sum + pointsOf(candidate).length, 0);
}

/** Which search a space gets. */
export function choiceFor(space: Space): Choice {
  const { mode } = space.plan.search;
  if (mode !== 'auto') return mode;
  if (sizeOf(space) > SMALL) return 'bayes';
  return space.automatic ? 'brute' : 'manual';
}

/** A space as its search sees it. */
export interface SearchedSpace extends Space {
  /** The search that it gets. */
  readonly choice: Choice;
  /** How many points there are at most, counting the loads that the plan lists; the budget follows from it. */
  readonly size: number;
}

/** Whether a search looks at everything there is, so that it is all known beforehand. */
export const looksAtAll = ({ choice }: Pick<SearchedSpace, 'choice'>): boolean =>
  ['manual', 'brute'].includes(choice);

/**
 * The search that a space gets.
 * @param earlier what other runs measured; tma's own search looks first where they found most.
 */
export function searchFor(space: SearchedSpace, earlier: readonly Earlier[] = []): Search {
  const { search: settings } = space.plan;
  switch (space.choice) {
    case 'manual':
    case 'brute':
      return withLimits(withRefinement(bruteSearch(space), space), settings);
    case 'quick':
      // Where instances can't be searched, on a server that may not be changed, the default is all there is.
      return space.automatic
        ? withLimits(withRefinement(quickSearch({ ...space, automatic: space.automatic }), space), settings)
        : withLimits(bruteSearch(space), settings);
    case 'random': {
      const measurements = mostOf(space)!;
      const because = `${counted(measurements, 'point')} by chance are measured`;
      const budget = { measurements, ...(settings.maxMeasurements === undefined && { because }) };
      return withLimits(randomSearch(space, { ...budget, seed: settings.seed }), settings);
    }
    case 'bayes':
    case 'optuna': {
      const part = sampleOf(space, earlier);
      return amongSome(bayesSearch(part.space, budgetOf(space), earlier), part.points, sizeOf(space));
    }
  }
}

/**
 * A space as its search sees it: where the search learns over everything that there may be, that is listed, with no
 * configuration twice. It has candidates of its own.
 */
export function searchedSpace(space: Space): SearchedSpace {
  const choice = choiceFor(space);
  const size = sizeOf(space);
  switch (choice) {
    case 'random':
      return { ...space.whole(), choice, size };
    case 'bayes':
    case 'optuna':
      return { ...withFormula(withBetween(space.whole())), choice, size };
    default:
      return { ...space, choice, size };
  }
}

/** Measurements that a search which does not look at everything makes at most; undefined: as many as are worth their time. */
export function mostOf(space: SearchedSpace): number | undefined {
  if (space.choice === 'random') return space.plan.search.maxMeasurements ?? randomly(space.size);
  const { measurements, because } = budgetOf(space);
  return because === undefined ? measurements : undefined;
}

/** What tma's own search may use: what is worth its time, unless something was said. */
export function budgetOf({ plan, size }: Pick<SearchedSpace, 'plan' | 'size'>): Budget {
  const { maxMeasurements, maxVariants, patience, optuna = {} } = plan.search;
  const { minShare, maxShare, minTrials, maxTrials, patience: vain } = optuna;
  const most = [
    maxMeasurements,
    maxTrials,
    maxShare === undefined ? undefined : Math.max(1, Math.floor(maxShare * size)),
  ].filter((value) => value !== undefined);
  const least = Math.max(minTrials ?? 0, minShare === undefined ? 0 : Math.floor(minShare * size));
  return {
    // What must be measured is, and the verdict's point once more.
    ...(most.length > 0 ? budgetFor(Math.min(...most)) : ownBudget(size, least + 1)),
    ...(maxVariants !== undefined && { variants: maxVariants }),
    least,
    ...(vain !== undefined && { vain }),
    ...(patience !== undefined && { patience }),
  };
}

/** Where loads were not listed, loads half way between the powers of two are points, too. */
function withBetween(space: Space): Space {
  const { plan } = space;
  if (!plan.refine || plan.refine.steps === 0) return space;
  const between = (points: readonly LoadPoint[]): LoadPoint[] =>
    points.flatMap((point, index) => {
      const next = points[index + 1];
      if (next?.streams[0].batchSize !== batchSizeOf(point)) return [point];
      const half = withLevel(point, (level) => Math.floor((level + levelOf(next)) / 2));
      return isSamePoint(half, point) ? [point] : [point, half];
    });
  const points = new Map<Candidate, readonly LoadPoint[]>();
  return {
    ...space,
    pointsOf(candidate) {
      const known = points.get(candidate) ?? between(space.pointsOf(candidate));
      points.set(candidate, known);
      return known;
    },
  };
}

/** Optuna's use_concurrency_formula: twice what a configuration takes at once, and no other load. */
function withFormula(space: Space): Space {
  const { formula } = space.plan.search.optuna ?? {};
  if (!formula) return space;
  return {
    ...space,
    pointsOf(candidate) {
      const [{ name, config }] = candidate.models;
      const instances = instanceGroups(config).reduce((sum, { count }) => sum + count, 0);
      const wanted = 2 * Math.max(1, maxBatchSize(config)) * Math.max(1, instances);
      const concurrency = Math.min(formula.most, Math.max(formula.least, wanted));
      const batches = new Set(space.pointsOf(candidate).map(batchSizeOf));
      return [...batches].map((batchSize) => inFlight(name, concurrency, batchSize));
    },
  };
}
