import type { Constraint } from '../../src/record/goal.ts';
import type { Figures } from '../../src/search/search.ts';

type Values = Readonly<Record<string, number>>;

/** Percentiles of the latency that grids have. */
const PERCENTS = [50, 90, 95, 99];
/** Two percentiles are farther apart than this, so that a distribution has no step. */
const LEAST_RATIO = 1.001;
/** Requests of a measurement whose grid does not tell. */
const REQUESTS = 4000;

/**
 * What a look counts of limits on percentiles of the latency: the share of requests beyond each, and how many independent
 * requests would tell it as surely as the look knows the percentile.
 *
 * The distribution has its true shape, moved by as much as the look is off; between percentiles, and beyond them, the logarithm
 * of the share that takes longer is linear in the logarithm of the latency.
 */
export function countedBeyond(
  constraints: readonly Constraint[],
  truth: Values,
  { values, deviations = {} }: Figures,
): Figures['beyond'] {
  const known = PERCENTS.flatMap((percent) => {
    const value = truth[`perf_latency_p${percent}`];
    return value === undefined ? [] : [{ above: 1 - percent / 100, value }];
  });
  const counted = constraints.flatMap(({ tag, bound, value: limit }) => {
    const [usual, seen, scatter] = [truth[tag], values[tag], deviations[tag]];
    const isPercentile = bound === 'max' && /^perf_latency_p\d+$/.test(tag);
    if (!isPercentile || known.length < 2 || !usual || !seen || !scatter) return [];
    const { share, slope } = tailAt(known, limit * (usual / seen));
    const requests = values['perf_inference_count'] ?? REQUESTS;
    // The share is off by so much when the latency is by its scatter: as of so many requests, by the binomial distribution.
    const of = (1 - share) / (share * (slope * scatter) ** 2);
    return [[tag, { share, of: Math.max(1, Math.min(requests, of)) }] as const];
  });
  return counted.length > 0 ? Object.fromEntries(counted) : undefined;
}

/** The share that takes longer than this, and by which power of the latency it falls there. */
function tailAt(known: readonly { readonly above: number; readonly value: number }[], latency: number) {
  const pieces = known.slice(1).map((to, index) => {
    const from = known[index]!;
    const ratio = Math.max(LEAST_RATIO, to.value / from.value);
    return { from, to, slope: Math.log(from.above / to.above) / Math.log(ratio) };
  });
  const { from, slope } = pieces.find(({ to }) => latency <= to.value) ?? pieces.at(-1)!;
  const share = from.above * (latency / from.value) ** -slope;
  return { share: Math.min(1 - 1e-6, Math.max(1e-9, share)), slope };
}
