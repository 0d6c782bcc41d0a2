import { derived } from '../goal/costs.ts';
import { type ConstraintVerdict, checkConstraints, missedBy, verdictOf } from '../goal/score.ts';
import { combined } from '../record/combined.ts';
import type { Goal } from '../record/goal.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { type PointRecord, serversOf, type Trial } from '../record/run.ts';
import { comparePoints, type Ranking } from './rank.ts';
import type { RankedPoint } from './standings.ts';

/** One measurement of a search, as it came. */
export interface Look {
  readonly variant: string;
  readonly point: LoadPoint;
  /** Seconds from the beginning of the first measurement to the end of this one. */
  readonly atS: number;
  /** undefined: not measured. */
  readonly value: number | undefined;
  readonly verdict: ConstraintVerdict;
  /** The same point was measured before. */
  readonly again: boolean;
}

/** The moment from which on another point was the best that was known, by everything measured until then. */
export interface Lead {
  readonly atS: number;
  readonly variant: string;
  readonly point: LoadPoint;
  readonly value: number | undefined;
  readonly verdict: ConstraintVerdict;
  /** The configuration is another than before, and not only its load or what is known of it. */
  readonly isOther: boolean;
}

export interface SearchHistory {
  /** The metric whose values are told: the first objective's. */
  readonly tag: string;
  readonly looks: readonly Look[];
  readonly leads: readonly Lead[];
  /** Points of earlier sessions that were known from the beginning. */
  readonly taken: number;
}

type Measured = Extract<PointRecord, { state: 'measured' }>;

/**
 * In which order a run measured, and what was the best after each measurement. What is known of a point is the mean of its
 * measurements until then. undefined where the times are not known, as in a checkpoint of Model Analyzer's.
 */
export function searchHistory({ goal, entries, unmeasured }: Ranking): SearchHistory | undefined {
  const tag = goal.objectives[0]?.tag ?? 'perf_throughput';
  const trials = [...entries.map(({ trial }) => trial), ...unmeasured];
  const all = trials.flatMap((trial) =>
    trial.points.flatMap((record) =>
      record.state === 'measured' && !record.measurement.drifted ? [{ trial, record }] : [],
    ),
  );
  const taken = all.filter(({ record }) => record.measurement.takenOver);
  const own = all
    .filter(({ record }) => !record.measurement.takenOver)
    .map((item) => ({ ...item, startMs: Date.parse(item.record.measurement.startedAt) }))
    .toSorted((a, b) => a.startMs - b.startMs);
  const firstMs = own[0]?.startMs ?? Number.NaN;
  if (own.some(({ startMs }) => Number.isNaN(startMs))) return undefined;
  const best = new BestSoFar(goal);
  for (const { trial, record } of taken) best.add(trial, record);
  const [looks, leads]: [Look[], Lead[]] = [[], []];
  for (const { trial, record, startMs } of own) {
    const { warmupS, durationS, point } = record.measurement;
    const atS = (startMs - firstMs) / 1000 + warmupS + durationS;
    const before = best.leader;
    const { ranked, again } = best.add(trial, record);
    const told = ({ measurement }: RankedPoint) => measurement.whole.values[tag];
    looks.push({ variant: trial.name, point, atS, value: told(ranked), verdict: ranked.verdict, again });
    const { leader } = best;
    if (leader && leader.point !== before?.point) {
      leads.push({
        ...{ atS, variant: leader.variant, point: leader.point.measurement.point },
        ...{ value: told(leader.point), verdict: leader.point.verdict },
        isOther: leader.variant !== before?.variant,
      });
    }
  }
  const isTimed = looks.some(({ atS }) => atS > 0);
  return isTimed ? { tag, looks, leads, taken: taken.length } : undefined;
}

/** The best point of those that were told, by the mean of what was told of each. */
class BestSoFar {
  readonly #goal: Goal;
  readonly #told = new Map<string, Measured[]>();
  readonly #points = new Map<string, { readonly variant: string; readonly point: RankedPoint }>();
  #leads: string | undefined;

  constructor(goal: Goal) {
    this.#goal = goal;
  }

  get leader() {
    return this.#leads === undefined ? undefined : this.#points.get(this.#leads);
  }

  add(trial: Trial, record: Measured): { readonly ranked: RankedPoint; readonly again: boolean } {
    const key = `${trial.key} ${record.key}`;
    const records = [...(this.#told.get(key) ?? []), record];
    this.#told.set(key, records);
    const ranked = this.#ranked(trial, records);
    this.#points.set(key, { variant: trial.name, point: ranked });
    // Of the leader itself less may be known to be true now: all are compared anew.
    if (key === this.#leads) this.#leads = this.#first([...this.#points.keys()]);
    else this.#leads = this.#first(this.#leads === undefined ? [key] : [this.#leads, key]);
    return { ranked, again: records.length > 1 };
  }

  #first(keys: readonly string[]): string | undefined {
    const at = (key: string): RankedPoint => this.#points.get(key)!.point;
    return keys.reduce((best, key) => (comparePoints(at(key), at(best), this.#goal) < 0 ? key : best));
  }

  #ranked(trial: Trial, records: readonly Measured[]): RankedPoint {
    const looks = combined(
      records.map(({ measurement }) => measurement),
      serversOf(records),
    );
    const measurement = derived(looks, trial, this.#goal.prices);
    const checks = checkConstraints(measurement.whole, this.#goal.constraints);
    return { measurement, checks, verdict: verdictOf(checks), missedBy: missedBy(checks) };
  }
}
