import { ENERGY, energyOf, estimateOf, powerOf } from '../goal/energy.ts';
import type { Figures, Measurement } from '../record/measurement.ts';
import type { Estimate } from '../statistics/quotient.ts';
import type { GpuLook } from './gpu.ts';
import { NO_FIGURES } from './server-times.ts';

/** What the energy of a point is worked out of. */
export interface Drawn {
  /** Looks at the server's metrics page while it counted; a page is refreshed every `ageMs`. */
  readonly looks: readonly GpuLook[];
  readonly ageMs: number;
  /** The GPUs in use; undefined: which these are can't be told. */
  readonly uuids: readonly string[] | undefined;
  /** Metric -> value by UUID, and the intervals over all GPUs. */
  readonly gpus: Measurement['gpus'];
  readonly intervals: Figures['intervals'];
}

/** A counter that was seen for a shorter time than so many refreshes of its page tells less than the gauge of the power. */
const LEAST_AGES = 3;
/**
 * What a page shows is up to one refresh old, at the beginning and at the end of the time. With every age equally likely, the two
 * ages differ by less than this share of the refresh in 95 % of the cases: 1 - sqrt(0.05).
 */
const AGES_DIFFER = 0.776;

/**
 * The energy of a thousand inferences, by the GPUs' own counters where all of them have one that was seen for long enough, else by
 * their mean power. Nothing where the GPUs in use are not known, where there are none, or where one of them tells neither.
 */
export function energyFigures(
  drawn: Drawn,
  measured: Figures,
): { readonly figures: Figures; readonly energyBy?: 'counter' | 'power' } {
  const { uuids = [], gpus, intervals } = drawn;
  const throughput = estimateOf('perf_throughput', measured);
  const counted = countedPower(drawn);
  const watts = counted ?? powerOf(gpus, uuids, { intervals });
  const energy = throughput && watts && energyOf(watts, throughput);
  if (!energy) return { figures: NO_FIGURES };
  return {
    figures: { values: { [ENERGY]: energy.value }, intervals: { [ENERGY]: energy.interval } },
    energyBy: counted ? 'counter' : 'power',
  };
}

/** The power of the GPUs together by what their counters gained, W; undefined where one has none, or it was seen too shortly. */
function countedPower({ looks, ageMs, uuids = [] }: Drawn): Estimate | undefined {
  const totals = looks.flatMap(({ atMs, energyJ = {} }) => {
    const each = uuids.map((uuid) => energyJ[uuid]);
    return each.length > 0 && each.every((joules) => joules !== undefined)
      ? [{ atMs, joules: each.reduce((sum, joules) => sum + joules, 0) }]
      : [];
  });
  let [seconds, joules] = [0, 0];
  for (const [index, { atMs, joules: now }] of totals.slice(1).entries()) {
    const before = totals[index]!;
    // A counter that fell began anew: that stretch tells nothing.
    if (now < before.joules) continue;
    seconds += (atMs - before.atMs) / 1000;
    joules += now - before.joules;
  }
  if (seconds * 1000 < LEAST_AGES * ageMs || joules === 0) return undefined;
  const watts = joules / seconds;
  const half = (AGES_DIFFER * ageMs) / (1000 * seconds);
  return { value: watts, interval: [watts * (1 - half), watts * (1 + half)] };
}
