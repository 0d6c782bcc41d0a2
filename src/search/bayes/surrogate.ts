import { metric } from '../../ground/metric.ts';
import type { Goal } from '../../record/goal.ts';
import { isRate, type LoadPoint, levelOf } from '../../record/load-point.ts';
import { GaussianProcess, normalProbability, type Prediction } from '../../statistics/gaussian-process.ts';
import type { Figures } from '../search.ts';
import { type Covariances, priorVariance, type Shape } from './covariances.ts';

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

/** Standard deviation from one server to the next, as a share; the measurement itself may be less sure. */
const NOISE = { rate: 0.02, latency: 0.08 };
const THROUGHPUT = 'perf_throughput';
const LATENCY = /^perf_latency_/;
const NEARLY = Math.log(1.05);
/** How much sooner than ever seen an answer may come. */
const SOONER = Math.log(1.5);

/** A shape that is so much less likely than the best is not looked at. */
const UNLIKELY = 0.05;

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

/** How much less what differs from an earlier run varies than what is measured itself. */
const DIMINISHED = 0.2;
const diminished = ({ configuration, load, own, ...parts }: Shape): Shape => ({
  ...{ configuration, load, own },
  each: DIMINISHED * parts.each,
  common: DIMINISHED * parts.common,
  relative: DIMINISHED * parts.relative,
  both: DIMINISHED * parts.both,
});

/** A metric's model under one shape, and what it says of every point. */
interface Model {
  readonly process: GaussianProcess;
  readonly shape: Shape;
  /** What it is the difference to, by point. */
  readonly base: (id: number) => number;
  readonly isPrior: boolean;
  /** Probability of this shape among all, by the likelihood of what was measured. */
  readonly weight: number;
  /** Covariances with each observation, for every point. */
  readonly columns: readonly Float64Array[];
}

/**
 * What is expected everywhere, out of what was seen: logarithms of the throughput, of every latency as a multiple of
 * the mean one that Little's law gives (in flight / throughput), and of other metrics.
 */
export class Surrogate {
  readonly #models = new Map<string, readonly Model[]>();
  readonly #goal: Pick<Goal, 'objectives' | 'constraints'>;
  /** Whether mean latency and throughput follow from each other. */
  readonly #closed: boolean;
  /** Logarithm of the least mean latency that is thought possible, ms. */
  readonly #soonest: number;
  readonly #known = new Map<string, Prediction>();
  readonly #prior: Surrogate | undefined;

  /** @param prior what earlier runs make expect; it counts as far as what is measured agrees with it. */
  constructor(
    seen: readonly Seen[],
    goal: Pick<Goal, 'objectives' | 'constraints'>,
    covariances: Covariances,
    prior?: Surrogate,
  ) {
    this.#goal = goal;
    this.#prior = prior;
    this.#closed = seen.every(({ point }) => !isRate(point));
    this.#soonest = Math.min(
      ...seen.map(({ point, values }) => inFlight(point) - Math.log(values[THROUGHPUT] ?? 1e-9) - SOONER),
    );
    const tags = [...goal.objectives, ...goal.constraints].map(({ tag }) => tag);
    for (const tag of new Set([...tags, THROUGHPUT])) {
      const models = this.#fit(tag, seen, covariances);
      if (models.length > 0) this.#models.set(tag, models);
    }
  }

  /** Shapes that explain what was measured about as well as the best. */
  #fit(tag: string, seen: readonly Seen[], covariances: Covariances): Model[] {
    const known = seen.filter(({ values }) => values[tag] !== undefined && values[THROUGHPUT] !== undefined);
    if (known.length === 0) return [];
    const isRatio = this.#closed && LATENCY.test(tag);
    const values = known.map(({ point, values: measured }) => {
      const value = Math.log(Math.max(measured[tag]!, 1e-9));
      return isRatio ? value - inFlight(point) + Math.log(measured[THROUGHPUT]!) : value;
    });
    const least = LATENCY.test(tag) ? NOISE.latency : NOISE.rate;
    const noise = known.map(({ deviations }) => Math.max(least, deviations?.[tag] ?? 0) ** 2);
    const shapes = isRatio ? RATIO_SHAPES : RATE_SHAPES;
    const earlier = this.#prior;
    const attempts = [
      { shapes, base: () => 0, isPrior: false },
      ...(earlier?.knows(tag)
        ? [
            {
              shapes: shapes.map(diminished),
              base: (id: number) => earlier.#predict(tag, id)!.mean,
              isPrior: true,
            },
          ]
        : []),
    ];
    const models = attempts.flatMap(({ shapes: tried, base, isPrior }) => {
      const rest = values.map((value, index) => value - base(known[index]!.id));
      const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
      return tried.map((shape) => {
        const covariance = (i: number, j: number): number =>
          covariances.between(known[i]!.id, known[j]!.id, shape);
        return { process: new GaussianProcess(rest, noise, covariance, mean), shape, base, isPrior };
      });
    });
    const most = Math.max(...models.map(({ process }) => process.logLikelihood));
    const likely = models.flatMap((model): Model[] => {
      const weight = Math.exp(model.process.logLikelihood - most);
      if (weight < UNLIKELY) return [];
      return [{ ...model, weight, columns: known.map(({ id }) => covariances.with(id, model.shape)) }];
    });
    const total = likely.reduce((sum, { weight }) => sum + weight, 0);
    return likely.map((model) => ({ ...model, weight: model.weight / total }));
  }

  #predict(tag: string, id: number): Prediction | undefined {
    const models = this.#models.get(tag);
    if (!models) return undefined;
    const key = `${tag} ${id}`;
    const known = this.#known.get(key);
    if (known) return known;
    const all = models.map(({ process, shape, base, columns, weight }) => {
      const { mean, variance } = process.predict(
        columns.map((column) => column[id]!),
        priorVariance(shape),
      );
      return { weight, mean: mean + base(id), variance };
    });
    const mean = all.reduce((sum, item) => sum + item.weight * item.mean, 0);
    // What the shapes do not agree on is not known either.
    const variance = all.reduce(
      (sum, item) => sum + item.weight * (item.variance + (item.mean - mean) ** 2),
      0,
    );
    const made = { mean, variance };
    this.#known.set(key, made);
    return made;
  }

  knows(tag: string): boolean {
    return this.#models.has(tag);
  }

  /** Probability that what was known before says something of the throughput here; undefined: nothing was. */
  get trust(): number | undefined {
    if (!this.#prior) return undefined;
    return (this.#models.get(THROUGHPUT) ?? []).reduce(
      (sum, { isPrior, weight }) => sum + (isPrior ? weight : 0),
      0,
    );
  }

  /** The weighted sum of metrics' logarithms at a point. */
  #expect(terms: readonly (readonly [tag: string, weight: number])[], { id, point }: At): Prediction {
    const factors = new Map<string, number>();
    const add = (tag: string, factor: number): void =>
      void factors.set(tag, (factors.get(tag) ?? 0) + factor);
    let mean = 0;
    for (const [tag, weight] of terms) {
      add(tag, weight);
      if (!this.#closed || !LATENCY.test(tag)) continue;
      add(THROUGHPUT, -weight);
      mean += weight * inFlight(point);
    }
    let variance = 0;
    for (const [tag, factor] of factors) {
      const expected = this.#predict(tag, id);
      if (!expected) continue;
      mean += factor * expected.mean;
      variance += factor * factor * expected.variance;
    }
    return { mean, variance };
  }

  /** Logarithm of the most throughput with so many in flight: nothing answers much sooner than was seen. */
  most(point: LoadPoint): number {
    return this.#closed ? inFlight(point) - this.#soonest : Number.POSITIVE_INFINITY;
  }

  look(at: At): Look {
    const { objectives, constraints } = this.#goal;
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
      if (!this.#models.has(tag)) continue;
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
const inFlight = (point: LoadPoint): number => Math.log(levelOf(point) * point.batchSize * 1000);
