import type { SearchMode } from '../config/search-settings.ts';
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
import { type Budget, budgetFor } from './bayes/budget.ts';
import { FINALISTS, LOOKS } from './bayes/finals.ts';
import { bruteSearch } from './brute.ts';
import { withLimits } from './limited.ts';
import { quickSearch } from './quick.ts';
import { randomSearch } from './random.ts';
import { withRefinement } from './refine.ts';
import { amongSome, sampleOf } from './sample.ts';
import type { Earlier, Search } from './search.ts';

const FINALS = FINALISTS * LOOKS;

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

/** Whether a search looks at everything there is, so that it is all known beforehand. */
export const looksAtAll = (space: Space): boolean => ['manual', 'brute'].includes(choiceFor(space));

/**
 * The search that a plan asks for.
 * @param earlier what other runs measured; tma's own search looks first where they found most.
 */
export function searchFor(space: Space, earlier: readonly Earlier[] = []): Search {
  const { search: settings } = space.plan;
  switch (choiceFor(space)) {
    case 'manual':
    case 'brute':
      return withLimits(withRefinement(bruteSearch(space), space), settings);
    case 'quick':
      // Where instances can't be searched, on a server that may not be changed, the default is all there is.
      return space.automatic
        ? withLimits(withRefinement(quickSearch({ ...space, automatic: space.automatic }), space), settings)
        : withLimits(bruteSearch(space), settings);
    case 'random': {
      const measurements = settings.maxMeasurements ?? budgetFor(sizeOf(space)).measurements;
      const search = randomSearch(searchedSpace(space), { measurements, seed: settings.seed });
      return withLimits(search, settings);
    }
    case 'bayes':
    case 'optuna': {
      const whole = searchedSpace(space);
      const part = sampleOf(whole, earlier);
      return amongSome(bayesSearch(part.space, budgetOf(space), earlier), part.points, sizeOf(whole));
    }
  }
}

/** A space as its search sees it: with everything that it may come to, and no configuration twice. */
export function searchedSpace(space: Space): Space {
  switch (choiceFor(space)) {
    case 'random':
      return wholeOf(space);
    case 'bayes':
    case 'optuna':
      return withFormula(withBetween(wholeOf(space)));
    default:
      return space;
  }
}

/** What tma's own search may use: what it thinks worth while, unless something was said. */
export function budgetOf(space: Space): Budget {
  const { maxMeasurements, maxVariants, optuna = {} } = space.plan.search;
  const size = sizeOf(space);
  const { minShare, maxShare, minTrials, maxTrials, patience } = optuna;
  const most = [
    maxMeasurements,
    maxTrials,
    maxShare === undefined ? undefined : Math.max(1, Math.floor(maxShare * size)),
  ].filter((value) => value !== undefined);
  const least = Math.max(minTrials ?? 0, minShare === undefined ? 0 : Math.floor(minShare * size));
  // What the finals may take comes on top of what must be measured.
  const usual = least > 0 ? Math.max(budgetFor(size).measurements, least + FINALS) : undefined;
  return {
    ...budgetFor(size, most.length > 0 ? Math.min(...most) : usual),
    ...(maxVariants !== undefined && { variants: maxVariants }),
    least,
    ...(patience !== undefined && { patience }),
  };
}

/** A space with everything in it that an automatic search could come to, and each configuration once. */
function wholeOf(space: Space): Space {
  const { automatic } = space;
  const { instanceCounts = [], batchSizes = [] } = automatic ?? {};
  for (const count of instanceCounts)
    for (const size of batchSizes.length > 0 ? batchSizes : [undefined]) automatic!.propose(count, size);
  const [first, ...others] = space.candidates;
  const candidates = [first!, ...others.filter(({ key }) => key !== `${first!.key}-again`)];
  return { ...space, candidates, automatic: undefined };
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
