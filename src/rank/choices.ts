import type { Measurement } from '../record/measurement.ts';
import { gainOf, isDifferent } from './noise.ts';
import type { Ranking } from './rank.ts';
import type { RankedEntry, RankedPoint } from './standings.ts';

/**
 * What may speak for a point: throughput: it has the most; decided: it is what was decided for; latency: it has the
 * lowest p99 of those that pay.
 */
export type ChoiceReason = 'throughput' | 'decided' | 'latency';

/** A measured point that one may want instead of what was decided, or that very point. */
export interface Choice {
  readonly entry: RankedEntry;
  readonly point: RankedPoint;
  readonly reasons: readonly ChoiceReason[];
}

/** What there is to choose from among the points that are known to keep every limit. */
export interface Choices {
  /** In the order most throughput, decided, lowest latency; what is the same point stands once. */
  readonly choices: readonly Choice[];
  /**
   * What a point must have to pay: more throughput than the default's best, by more than the noise; or where that is none
   * to compare with, half of the most throughput.
   */
  readonly pays: 'more than the default' | 'half of the most';
}

const THROUGHPUT = [{ tag: 'perf_throughput', weight: 1 }];

const metricOf = (point: RankedPoint, tag: string): number | undefined => point.measurement.whole.values[tag];

/** The points of a ranking that a reader may want to choose from; none where no point is known to keep the limits. */
export function choicesOf(ranking: Ranking): Choices {
  const kept = ranking.entries.flatMap((entry) =>
    entry.points
      .filter((point) => point.verdict === 'met' && !point.measurement.drifted)
      .map((point) => ({ entry, point })),
  );
  const most = bestBy(kept, ({ point }) => metricOf(point, 'perf_throughput'));
  const { pays, isPaying } = paying(ranking, most?.point);
  const quickest = bestBy(
    kept.filter(({ point }) => isPaying(point.measurement)),
    ({ point }) => negative(metricOf(point, 'perf_latency_p99')),
  );
  const { winner } = ranking;
  const found: [ChoiceReason, (typeof kept)[number] | undefined][] = [
    ['throughput', most],
    ['decided', winner && { entry: winner, point: winner.best }],
    ['latency', quickest],
  ];
  const byPoint = Map.groupBy(
    found.flatMap(([reason, at]) => (at ? [{ reason, ...at }] : [])),
    ({ point }) => point,
  );
  return {
    pays,
    choices: [...byPoint.values()].map((same) => ({
      entry: same[0]!.entry,
      point: same[0]!.point,
      reasons: same.map(({ reason }) => reason),
    })),
  };
}

const negative = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : -value;

function bestBy<T>(items: readonly T[], rate: (item: T) => number | undefined): T | undefined {
  let best: { item: T; value: number } | undefined;
  for (const item of items) {
    const value = rate(item);
    if (value !== undefined && (!best || value > best.value)) best = { item, value };
  }
  return best?.item;
}

/** Which throughput is worth having. */
function paying({ default: base, winner, noise }: Ranking, most: RankedPoint | undefined) {
  if (base?.best.verdict === 'met' && winner !== undefined && winner !== base) {
    return {
      pays: 'more than the default' as const,
      isPaying: (measurement: Measurement): boolean => {
        const gain = gainOf(measurement, base.best.measurement, THROUGHPUT, noise);
        return gain !== undefined && gain.percent > 0 && isDifferent(gain);
      },
    };
  }
  const half = (most ? (metricOf(most, 'perf_throughput') ?? 0) : 0) / 2;
  return {
    pays: 'half of the most' as const,
    isPaying: ({ whole: { values } }: Measurement): boolean => (values['perf_throughput'] ?? 0) >= half,
  };
}
