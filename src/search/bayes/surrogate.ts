import { metric } from '../../ground/metric.ts';
import type { Goal } from '../../record/goal.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf } from '../../record/load-point.ts';
import { normalProbability, type Prediction } from '../../statistics/gaussian-process.ts';
import type { Figures } from '../search.ts';
import type { Covariances, Shape } from './covariances.ts';
import { MetricModels, type Observed } from './models.ts';

/** What was measured at a point of the space. */
export interface Seen extends Figures {
  /** The point's number. */
  readonly id: number;
  readonly point: LoadPoint;
}

/** What a point is expected to be. */
export interface Look {
  /** Logarithm of what it is worth, so that 0.01 more is 1 % better. */
  readonly worth: Prediction;
  /** Probability that it keeps every limit. */
  readonly holds: number;
  /** Probability that it misses none by more than 5 %. */
  readonly nearly: number;
}

// What is thought possible beforehand was tuned with `npm run bench:search`.

/** Standard deviation from one server to the next, as a share; the measurement itself may be less sure. */
const NOISE = { rate: 0.02, latency: 0.08 };
const THROUGHPUT = 'perf_throughput';
const LATENCY = /^perf_latency_/;
/** What misses a limit by less nearly keeps it. */
const NEARLY = Math.log(1.05);
/** No answer is expected to come this much sooner than the soonest that was seen. */
const SOONER = Math.log(1.5);

/** What is thought possible of throughput and the like; how probable each is, the likelihood decides. */
const RATE_SHAPES: readonly Shape[] = [2, 4].flatMap((configuration) =>
  [0.05, 0.15, 0.4].flatMap((both) =>
    [0.01, 0.05, 0.15].flatMap((own) =>
      [1, 0.2].map((scale) => ({
        ...{ configuration, load: 3, each: 1.5, common: 0.5 * scale, relative: 0.2 },
        ...{ both, own },
      })),
    ),
  ),
);

/** The same of a latency over the mean one. */
const RATIO_SHAPES: readonly Shape[] = [2, 4].flatMap((configuration) =>
  [1.5, 3].flatMap((load) =>
    [0.5, 1].flatMap((scale) =>
      [0.02, 0.1].map((own) => ({
        ...{ configuration, load, each: 0.3 * scale, common: 0.4 * scale, relative: 0.4 * scale },
        ...{ both: 0.3 * scale, own },
      })),
    ),
  ),
);

interface Learned {
  readonly goal: Pick<Goal, 'objectives' | 'constraints'>;
  /** Whether mean latency and throughput follow from each other. */
  readonly closed: boolean;
  /** Logarithm of the least mean latency that is thought possible, ms. */
  readonly soonest: number;
  readonly models: ReadonlyMap<string, MetricModels>;
  readonly hasPrior: boolean;
}

/**
 * What is expected everywhere, out of what was seen: logarithms of the throughput, of every latency as a multiple of
 * the mean one that Little's law gives (in flight / throughput), and of other metrics.
 */
export class Surrogate {
  readonly #learned: Learned;

  private constructor(learned: Learned) {
    this.#learned = learned;
  }

  /** @param prior what earlier runs make expect; it counts as far as what is measured agrees with it. */
  static learn(
    seen: readonly Seen[],
    goal: Pick<Goal, 'objectives' | 'constraints'>,
    covariances: Covariances,
    prior?: Surrogate,
  ): Surrogate {
    const closed = seen.every(({ point }) => !isRate(point));
    const soonest = Math.min(
      ...seen.map(({ point, values }) => inFlight(point) - Math.log(values[THROUGHPUT] ?? 1e-9) - SOONER),
    );
    const models = new Map<string, MetricModels>();
    const earlier = prior ? prior.#learned.models : undefined;
    const tags = [...goal.objectives, ...goal.constraints].map(({ tag }) => tag);
    for (const tag of new Set([...tags, THROUGHPUT])) {
      const isRatio = closed && LATENCY.test(tag);
      const observed = observedOf(tag, seen, isRatio);
      if (observed.ids.length === 0) continue;
      const before = earlier?.get(tag);
      const expected = before && ((id: number) => before.predict(id));
      const shapes = isRatio ? RATIO_SHAPES : RATE_SHAPES;
      models.set(tag, MetricModels.learn(observed, shapes, covariances, expected));
    }
    return new Surrogate({ goal, closed, soonest, models, hasPrior: prior !== undefined });
  }

  /** As if what is expected of these points had been measured there: what others measure now need not be looked at again. */
  believing(ids: readonly number[]): Surrogate {
    if (ids.length === 0) return this;
    const models = new Map(
      [...this.#learned.models].map(([tag, own]) => [tag, own.believing(ids, leastNoise(tag) ** 2)]),
    );
    return new Surrogate({ ...this.#learned, models });
  }

  /** Probability that what was known before says something of the throughput here; undefined: nothing was. */
  get trust(): number | undefined {
    const { hasPrior, models } = this.#learned;
    return hasPrior ? (models.get(THROUGHPUT)?.trust ?? 0) : undefined;
  }

  /** The weighted sum of metrics' logarithms at a point. */
  #expect(terms: readonly (readonly [tag: string, weight: number])[], { id, point }: At): Prediction {
    const factors = new Map<string, number>();
    const add = (tag: string, factor: number): void =>
      void factors.set(tag, (factors.get(tag) ?? 0) + factor);
    let mean = 0;
    for (const [tag, weight] of terms) {
      add(tag, weight);
      if (!this.#learned.closed || !LATENCY.test(tag)) continue;
      add(THROUGHPUT, -weight);
      mean += weight * inFlight(point);
    }
    let variance = 0;
    for (const [tag, factor] of factors) {
      const expected = this.#learned.models.get(tag)?.predict(id);
      if (!expected) continue;
      mean += factor * expected.mean;
      variance += factor * factor * expected.variance;
    }
    return { mean, variance };
  }

  /** Logarithm of the most throughput with so many in flight: nothing answers much sooner than was seen. */
  most(point: LoadPoint): number {
    const { closed, soonest } = this.#learned;
    return closed ? inFlight(point) - soonest : Number.POSITIVE_INFINITY;
  }

  look(at: At): Look {
    const { goal, models } = this.#learned;
    const { objectives, constraints } = goal;
    const total = objectives.reduce((sum, { weight }) => sum + weight, 0);
    const worth = this.#expect(
      objectives.map(({ tag, weight }) => [
        tag,
        ((metric(tag).better === 'higher' ? 1 : -1) * weight) / total,
      ]),
      at,
    );
    let [holds, nearly] = [1, 1];
    for (const { tag, bound, value } of constraints) {
      if (!models.has(tag)) continue;
      const { mean, variance } = this.#expect([[tag, 1]], at);
      const room = (Math.log(value) - mean) * (bound === 'max' ? 1 : -1);
      const deviation = Math.sqrt(variance + 1e-8);
      holds *= normalProbability(room / deviation);
      nearly *= normalProbability((room + NEARLY) / deviation);
    }
    return { worth, holds, nearly };
  }
}

interface At {
  readonly id: number;
  readonly point: LoadPoint;
}

/** Logarithm of inferences in flight times 1000 ms: over the throughput it is the mean latency (Little's law). */
const inFlight = (point: LoadPoint): number => Math.log(levelOf(point) * batchSizeOf(point) * 1000);

/** Standard deviation of a metric from one server to the next, as a share. */
const leastNoise = (tag: string): number => (LATENCY.test(tag) ? NOISE.latency : NOISE.rate);

/** Logarithms of a metric's values where it was measured; of a ratio: over the mean latency. */
function observedOf(tag: string, seen: readonly Seen[], isRatio: boolean): Observed {
  const known = seen.filter(({ values }) => values[tag] !== undefined && values[THROUGHPUT] !== undefined);
  return {
    ids: known.map(({ id }) => id),
    values: known.map(({ point, values }) => {
      const value = Math.log(Math.max(values[tag]!, 1e-9));
      return isRatio ? value - inFlight(point) + Math.log(values[THROUGHPUT]!) : value;
    }),
    noise: known.map(({ deviations }) => Math.max(leastNoise(tag), deviations?.[tag] ?? 0) ** 2),
  };
}
