import { goalOfPlan } from '../../src/config/goals.ts';
import { rank } from '../../src/rank/rank.ts';
import type { PointRecord, Run, Trial } from '../../src/record/run.ts';
import { beliefRecord } from '../../src/run/belief-record.ts';
import { withClosing } from '../../src/run/closing.ts';
import type { JudgingSearch } from '../../src/search/bayes/bayes.ts';
import type { FailureMemory } from '../../src/search/failure-memory.ts';
import { type Ask, altered, type Outcome } from '../../src/search/search.ts';
import { searchedSpace } from '../../src/search/search-for.ts';
import type { Candidate } from '../../src/space/space.ts';
import { measurement, run, trial } from '../../test/support/run.ts';
import type { Landscape } from './landscape.ts';

/** Half a 95 % interval, in standard deviations. */
const QUANTILE = 1.96;

/**
 * A search run to its end as `tma profile` does it, with what its user is told for a verdict: what the ranking of all that was
 * measured decides for, which may be to keep the default, or nothing.
 */
export function toldOf(search: FailureMemory, { space }: Landscape): JudgingSearch {
  const looks = new Map<Candidate, PointRecord[]>();
  const recorded = (): Run => run(...[...looks].map(([candidate, points]) => trialOf(candidate, points)));
  const closing = withClosing(search, searchedSpace(space), recorded);
  const watched = altered(closing, {
    tell(ask, outcome) {
      const points = looks.get(ask.candidate) ?? [];
      looks.set(ask.candidate, points);
      points.push(...recordsOf(ask, outcome, points));
      closing.tell(ask, outcome);
    },
  });
  const best: JudgingSearch['best'] = () => {
    const { plan } = space;
    const ranking = rank(recorded(), goalOfPlan(plan), beliefRecord(search.belief?.(), plan));
    const { entry } = ranking.decision;
    const candidate = space.candidates.find(({ name }) => name === entry?.trial.name);
    return entry && candidate && { candidate, point: entry.best.measurement.point };
  };
  return { ...watched, best, belief: () => search.belief?.() };
}

function trialOf(
  { name, isDefault, models: [{ name: model, config, assignment }] }: Candidate,
  points: readonly PointRecord[],
): Trial {
  const isMeasured = points.some(({ state }) => state === 'measured');
  return {
    ...trial(name, [], { model, config, assignment }),
    ...{ isDefault, points, state: isMeasured ? 'measured' : 'failed' },
  };
}

/** What a look leaves in the record of its configuration. */
function recordsOf(
  { point, candidate }: Ask,
  outcome: Outcome,
  before: readonly PointRecord[],
): PointRecord[] {
  const key = JSON.stringify(point);
  if (outcome.state === 'failed') return [{ state: 'failed', key, point, cause: outcome.cause }];
  if (outcome.state !== 'measured') return [];
  const { values, deviations = {}, started } = outcome;
  const intervals = Object.fromEntries(
    Object.entries(deviations).map(([tag, share]) => {
      const half = QUANTILE * share * values[tag]!;
      return [tag, [values[tag]! - half, values[tag]! + half] as const];
    }),
  );
  const models = { [candidate.models[0].name]: { values, intervals } };
  const isAgain = before.some((record) => record.state === 'measured' && record.key === key);
  return [
    {
      ...{ state: 'measured', key },
      ...(isAgain && { again: started ? ('afresh' as const) : ('here' as const) }),
      measurement: { ...measurement({}, 1, { point, values, intervals }), models },
    },
  ];
}
