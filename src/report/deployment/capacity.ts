import { nearLimits } from '../../rank/limit-noise.ts';
import { intervalsOf } from '../../rank/noise.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../../rank/standings.ts';
import { describeConstraint, formatNumber } from '../../rank/words.ts';
import {
  batchSizeOf,
  isRate,
  isSamePoint,
  type LoadPoint,
  levelOf,
  levelText,
} from '../../record/load-point.ts';
import { isClientBound, keepsUpWithRate } from '../../record/measurement.ts';

/** Of a throughput that was recorded without an interval so much is taken off, as where configurations are compared. */
const ASSUMED = 0.1;
/** A step from one rate to the next by more than this leaves much between them. */
const WIDE = 1.25;

/** What of a ranking says how sure a load is. */
type Judged = Pick<Ranking, 'belief' | 'goal' | 'noise'>;

/** The most that one replica carries while the constraints are kept, as it was measured. */
export interface Capacity {
  /** Inferences a second: the lower end of the interval of what was measured. */
  readonly inferencesPerSecond: number;
  /** What was measured, inferences a second. */
  readonly measured: number;
  readonly point: LoadPoint;
  /** open: requests were sent at a rate, whatever was in flight; closed: so many were always in flight. */
  readonly arrivals: 'open' | 'closed';
  /**
   * Requests in flight at that load: in an open loop those that Little's law gives, the rate times the mean latency; 1 at
   * least. undefined: no mean latency was measured.
   */
  readonly inFlight: number | undefined;
  /** Whether the constraints are kept there; unknown: something that they limit was not measured. */
  readonly constraints: 'met' | 'unknown';
  /** What a reader should know before relying on it. */
  readonly notes: readonly string[];
}

/**
 * Looks for the load at which a configuration carries most and keeps the constraints, among those with the batch size of the
 * load that stands for it. Loads by request rate go before those with so many requests in flight. A rate that the server does
 * not keep up with carries nothing.
 * @returns undefined where no load that was measured keeps the constraints.
 */
export function capacityOf(entry: RankedEntry, ranking: Judged): Capacity | undefined {
  const batch = batchSizeOf(entry.best.measurement.point);
  const points = entry.points.filter(
    ({ measurement: { point, whole } }) =>
      batchSizeOf(point) === batch && (whole.values['perf_throughput'] ?? 0) > 0,
  );
  const carrying = points.filter(
    ({ measurement }) => !isRate(measurement.point) || keepsUpWithRate(measurement),
  );
  for (const verdict of ['met', 'unknown'] as const) {
    const kept = carrying.filter((item) => item.verdict === verdict);
    const open = kept.filter(({ measurement }) => isRate(measurement.point));
    const candidates = open.length > 0 ? open : kept;
    const [most] = candidates.toSorted((a, b) => lowOf(b, entry, ranking) - lowOf(a, entry, ranking));
    if (most) {
      const alike = points.filter((item) => isRate(item.measurement.point) === open.length > 0);
      return capacityAt(most, { entry, ranking, alike, batch });
    }
  }
  return undefined;
}

function capacityAt(
  at: RankedPoint,
  of: {
    readonly entry: RankedEntry;
    readonly ranking: Judged;
    /** The loads of the same kind, whether they keep the constraints or not. */
    readonly alike: readonly RankedPoint[];
    readonly batch: number;
  },
): Capacity {
  const { measurement, verdict } = at;
  const { point } = measurement;
  const isOpen = isRate(point);
  return {
    inferencesPerSecond: lowOf(at, of.entry, of.ranking),
    measured: throughputOf(at),
    point,
    arrivals: isOpen ? 'open' : 'closed',
    inFlight: isOpen ? inFlightByLittle(at, of.batch) : levelOf(point),
    constraints: verdict === 'unknown' ? 'unknown' : 'met',
    notes: [...notesOnArrivals(at, of), ...notesOnLimits(at, of)],
  };
}

const throughputOf = ({ measurement }: RankedPoint): number =>
  measurement.whole.values['perf_throughput'] ?? 0;

/** The lower end of the interval of a throughput; that over starts of the server where the search knows it and it is lower. */
function lowOf(at: RankedPoint, { trial }: RankedEntry, { belief, goal, noise }: Judged): number {
  const measured = throughputOf(at);
  const low = intervalsOf(at.measurement, noise)['perf_throughput']?.[0] ?? measured * (1 - ASSUMED);
  const isThroughput = goal.objectives.length === 1 && goal.objectives[0]!.tag === 'perf_throughput';
  const isBelieved =
    isThroughput && belief?.variant === trial.name && isSamePoint(belief.point, at.measurement.point);
  return Math.max(0, isBelieved && belief.interval ? Math.min(low, belief.interval[0]) : low);
}

/** Little's law: requests in flight are the rate of requests times the time that each takes. */
function inFlightByLittle(at: RankedPoint, batch: number): number | undefined {
  const averageMs = at.measurement.whole.values['perf_latency_avg'];
  if (averageMs === undefined) return undefined;
  return Math.max(1, Math.round(((throughputOf(at) / batch) * averageMs) / 1000));
}

function notesOnArrivals(
  { measurement }: RankedPoint,
  { alike, batch }: { readonly alike: readonly RankedPoint[]; readonly batch: number },
): string[] {
  const { point, whole } = measurement;
  const notes: string[] = [];
  if (!isRate(point)) {
    const averageMs = whole.values['perf_latency_avg'];
    const little =
      averageMs === undefined
        ? ''
        : `, answered after ${formatNumber(averageMs)} ms on average, which by Little's law is this rate`;
    notes.push(
      `measured with ${levelText(point)}${little}: a new request came only when one was answered. Requests that come by themselves queue up at times, and take longer at the same rate: measure rates (tma profile --request-rate) before you rely on it`,
    );
  }
  if (batch > 1) notes.push(`each request has ${batch} inferences`);
  if (isRate(point)) {
    const [larger] = alike
      .map((other) => other.measurement.point)
      .filter((other) => levelOf(other) > levelOf(point))
      .toSorted((x, y) => levelOf(x) - levelOf(y));
    if (!larger) notes.push('no larger rate was measured: a replica may carry more');
    else if (levelOf(larger) > levelOf(point) * WIDE)
      notes.push(
        `the next larger rate that was measured, ${levelText(larger)}, is too much: a replica may carry one between`,
      );
  }
  if (isClientBound(measurement))
    notes.push('the load generator was the limit there: a replica carries at least this');
  if (whole.intervals['perf_throughput']?.[0] == null)
    notes.push(`its throughput was recorded without an interval: ${ASSUMED * 100} % are taken off`);
  return notes;
}

/** Limits that may not hold at the loads that a replica sees. */
function notesOnLimits(
  at: RankedPoint,
  { alike, ranking }: { readonly alike: readonly RankedPoint[]; readonly ranking: Judged },
): string[] {
  const p99 = at.measurement.whole.values['perf_latency_p99'];
  const isLimited = at.checks.some(({ constraint: { tag } }) => tag.startsWith('perf_latency'));
  const unknown = at.checks.filter(({ verdict }) => verdict === 'unknown');
  const level = levelOf(at.measurement.point);
  const below = alike.filter(
    ({ measurement: { point }, verdict }) => verdict === 'missed' && levelOf(point) < level,
  );
  return [
    ...nearLimits(at, ranking.noise).map(
      ({ check: { constraint } }) =>
        `${describeConstraint(constraint, ranking.goal)} is kept by less than its noise there`,
    ),
    ...(isLimited || p99 === undefined
      ? []
      : [`no constraint limits the latency: its p99 is ${formatNumber(p99)} ms there`]),
    ...unknown.map(
      ({ constraint }) => `whether ${describeConstraint(constraint, ranking.goal)} is kept was not measured`,
    ),
    ...(below.length > 0
      ? [
          `with less load a limit is broken: ${below.map(({ measurement }) => levelText(measurement.point)).join(', ')}`,
        ]
      : []),
  ];
}
