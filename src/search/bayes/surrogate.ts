import { metric } from '../../ground/metric.ts';
import type { Goal } from '../../record/goal.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf } from '../../record/load-point.ts';
import { normalProbability, type Prediction } from '../../statistics/gaussian-process.ts';
import type { Figures } from '../search.ts';
import type { Covariances, Shape } from './covariances.ts';
import { fitMechanics, type Parameters, type Part } from './mechanics.ts';
import { type Base, dot, EFFICIENCY, MetricModels, type Noise, type Observed } from './models.ts';

/** What was measured at a point of the space. */
export interface Seen extends Figures {
  /** The point's number. */
  readonly id: number;
  readonly point: LoadPoint;
  /** Which start of a server it was measured on. */
  readonly server: number;
}

/** What a quantity is expected to be, and the variances of its noise: from start to start, and from look to look. */
export interface Expectation extends Prediction {
  readonly noise: { readonly start: number; readonly look: number };
}

/** What a point is expected to be. */
export interface Look {
  /** Logarithm of what it is worth, so that 0.01 more is 1 % better. */
  readonly worth: Expectation;
  /** For each limit, the logarithm of the value that it allows over the point's own: negative where it is broken. */
  readonly rooms: readonly Expectation[];
  /** Probability that it keeps every limit. */
  readonly holds: number;
  /** Probability that it misses none by more than 5 %. */
  readonly nearly: number;
}

/** The points of a space, as the surrogate sees them. */
export interface Ground {
  readonly covariances: Covariances;
  /** By the number of a point; undefined: its load is a rate. */
  readonly parts: readonly (Part | undefined)[];
}

// What is thought possible beforehand was tuned with `npm run bench:search`.

const THROUGHPUT = 'perf_throughput';
const LATENCY = /^perf_latency_/;
/** What a stall of the machine changes by far. */
const hasTails = (tag: string): boolean => /^perf_latency_p9/.test(tag);
/** What misses a limit by less nearly keeps it. */
const NEARLY = Math.log(1.05);
/** No answer is expected to come this much sooner than the soonest that was seen. */
const SOONER = Math.log(1.5);

/** What is thought possible of throughput and the like; how probable each is, the likelihood decides. */
const RATE_SHAPES: readonly Shape[] = [2, 4].flatMap((configuration) =>
  [0.05, 0.15, 0.4].flatMap((both) =>
    [0.01, 0.05].flatMap((own) =>
      [1, 0.2].map((scale) => ({
        ...{ configuration, load: 3, each: 1.5, common: 0.5 * scale, relative: 0.2 },
        ...{ both, own },
      })),
    ),
  ),
);

/** The same of a throughput over what the mechanics of a server make expect. */
const REST_SHAPES: readonly Shape[] = [2, 4].flatMap((configuration) =>
  [0.1, 0.2, 0.4].flatMap((both) =>
    [0.03, 0.07].flatMap((own) =>
      [0.15, 0.5].map((each) => ({
        ...{ configuration, load: 3, each, common: 0.1, relative: 0.1 },
        ...{ both, own },
      })),
    ),
  ),
);

/** The same of a latency over the mean one. */
const RATIO_SHAPES: readonly Shape[] = [2, 4].flatMap((configuration) =>
  [1.5, 3].flatMap((load) =>
    [0.5, 1, 2].flatMap((scale) =>
      [0.02, 0.1].map((own) => ({
        ...{ configuration, load, each: 0.3 * scale, common: 0.4 * scale, relative: 0.4 * scale },
        ...{ both: 0.4 * scale, own },
      })),
    ),
  ),
);

/** How much a start and a look are thought to scatter, from machines that measure the same each time to those that do not. */
const noisesOf = (starts: readonly number[], looks: readonly number[]): Noise[] =>
  starts.flatMap((start) => looks.map((look) => ({ start, look })));
const RATE_NOISES = noisesOf([0.01, 0.035, 0.09], [0.005, 0.03, 0.09]);
const RATIO_NOISES = noisesOf([0.02, 0.08, 0.2], [0.02, 0.08, 0.2]);
/** Where a measurement tells nothing of itself. */
const UNTOLD = { rate: 0.02, latency: 0.06 };

/** How much less the difference to an earlier run varies than what is measured itself. A guess: no bench has earlier runs. */
const DIMINISHED = 0.2;
/** Variance of what the mechanics miss, while they are fitted. */
const MISSED = 0.15 ** 2;

interface Learned {
  readonly goal: Pick<Goal, 'objectives' | 'constraints'>;
  /** Whether mean latency and throughput follow from each other. */
  readonly closed: boolean;
  /** Logarithm of the least mean latency that is thought possible, ms. */
  readonly soonest: number;
  readonly models: ReadonlyMap<string, MetricModels>;
  /** Variance that a measurement tells of itself, in the middle, by tag. */
  readonly told: ReadonlyMap<string, number>;
  readonly parameters: Parameters | undefined;
  readonly hasPrior: boolean;
}

/** What a surrogate knows beside what is measured now. */
export interface Before {
  /** What earlier runs make expect; it counts as far as what is measured agrees with it. */
  readonly prior?: Surrogate | undefined;
  /** What was learned from the first of these measurements. */
  readonly last?: Surrogate | undefined;
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

  static learn(
    seen: readonly Seen[],
    goal: Pick<Goal, 'objectives' | 'constraints'>,
    ground: Ground,
    { prior, last }: Before = {},
  ): Surrogate {
    const closed = seen.every(({ point }) => !isRate(point));
    const soonest = Math.min(
      ...seen.map(({ point, values }) => inFlight(point) - Math.log(values[THROUGHPUT] ?? 1e-9) - SOONER),
    );
    const models = new Map<string, MetricModels>();
    const earlier = prior ? prior.#learned.models : undefined;
    const before = last ? last.#learned : undefined;
    const told = new Map<string, number>();
    const tags = [...goal.objectives, ...goal.constraints].map(({ tag }) => tag);
    let parameters: Parameters | undefined;
    for (const tag of new Set([...tags, THROUGHPUT])) {
      const isRatio = closed && LATENCY.test(tag);
      const observed = observedOf(tag, seen, isRatio);
      if (observed.ids.length === 0) continue;
      const expected = earlier?.get(tag);
      const bases: Base[] = [{ mean: () => 0, shapes: isRatio ? RATIO_SHAPES : RATE_SHAPES }];
      if (expected) bases.push(priorBase(expected, bases[0]!.shapes));
      if (tag === THROUGHPUT && closed) {
        const fit = mechanicsBase(observed, ground, before?.parameters);
        parameters = fit.parameters;
        bases.push(fit.base);
      }
      const possible = {
        heavyTails: hasTails(tag),
        bases,
        noises: isRatio || LATENCY.test(tag) ? RATIO_NOISES : RATE_NOISES,
      };
      const own = MetricModels.learn(observed, possible, ground.covariances, before?.models.get(tag));
      models.set(tag, own);
      told.set(tag, observed.variances.toSorted((a, b) => a - b)[observed.variances.length >> 1]!);
    }
    return new Surrogate({ goal, closed, soonest, models, told, parameters, hasPrior: prior !== undefined });
  }

  /** As if what is expected of these points had been measured there: what others measure now need not be looked at again. */
  believing(ids: readonly number[]): Surrogate {
    if (ids.length === 0) return this;
    const models = new Map([...this.#learned.models].map(([tag, own]) => [tag, own.believing(ids)]));
    return new Surrogate({ ...this.#learned, models });
  }

  /** Probability that what was known before says something of the throughput here; undefined: nothing was. */
  get trust(): number | undefined {
    const { hasPrior, models } = this.#learned;
    return hasPrior ? (models.get(THROUGHPUT)?.trust ?? 0) : undefined;
  }

  /** The metrics whose logarithms a weighted sum of logarithms is made of, and what comes on top of them at a point. */
  #factors(terms: readonly Term[], point: LoadPoint): { factors: Map<string, number>; mean: number } {
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
    return { factors, mean };
  }

  /** The weighted sum of metrics' logarithms at a point. */
  #expect(terms: readonly Term[], { id, point }: At): Expectation {
    const { models, told } = this.#learned;
    const { factors, mean: base } = this.#factors(terms, point);
    let [mean, variance, start, look] = [base, 0, 0, 0];
    for (const [tag, factor] of factors) {
      const model = models.get(tag);
      if (!model) continue;
      const expected = model.predict(id);
      mean += factor * expected.mean;
      variance += factor * factor * expected.variance;
      start += factor * factor * model.noise.start;
      look += factor * factor * (hasTails(tag) ? EFFICIENCY : 1) * (model.noise.look + told.get(tag)!);
    }
    return { mean, variance, noise: { start, look } };
  }

  /** By which share measurements of the throughput scatter, on servers of their own; 0: nothing was measured. */
  get scatter(): number {
    const { models, told } = this.#learned;
    const model = models.get(THROUGHPUT);
    return model ? Math.sqrt(model.noise.start + model.noise.look + told.get(THROUGHPUT)!) : 0;
  }

  /** Logarithm of the most throughput with so many in flight: nothing answers much sooner than was seen. */
  most(point: LoadPoint): number {
    const { closed, soonest } = this.#learned;
    return closed ? inFlight(point) - soonest : Number.POSITIVE_INFINITY;
  }

  look(at: At): Look {
    const { goal, models } = this.#learned;
    const worth = this.#expect(this.#worth, at);
    let [holds, nearly] = [1, 1];
    const rooms = goal.constraints.flatMap(({ tag, bound, value }): Expectation[] => {
      if (!models.has(tag)) return [];
      const { mean, variance, noise } = this.#expect([[tag, 1]], at);
      const room = { mean: (Math.log(value) - mean) * (bound === 'max' ? 1 : -1), variance, noise };
      const chances = chancesOf(room.mean, variance);
      holds *= chances.holds;
      nearly *= chances.nearly;
      return [room];
    });
    return { worth, rooms, holds, nearly };
  }

  /** How what is not known of a point's worth goes with what is not known of another's: covariances with it. */
  worthWith(at: At): (other: At) => number {
    return this.#with(this.#worth, at);
  }

  /** The same of the room below or above a limit, by its place among those that can be told of. */
  roomWith(limit: number, at: At): (other: At) => number {
    const { goal, models } = this.#learned;
    const { tag } = goal.constraints.filter((constraint) => models.has(constraint.tag))[limit]!;
    return this.#with([[tag, 1]], at);
  }

  #with(terms: readonly Term[], at: At): (other: At) => number {
    const { factors } = this.#factors(terms, at.point);
    const parts = [...factors].flatMap(([tag, factor]) => {
      const model = this.#learned.models.get(tag);
      return model ? [{ factor, covariance: model.covariancesWith(at.id) }] : [];
    });
    return ({ id }) => parts.reduce((sum, { factor, covariance }) => sum + factor ** 2 * covariance(id), 0);
  }

  get #worth(): readonly Term[] {
    const { objectives } = this.#learned.goal;
    const total = objectives.reduce((sum, { weight }) => sum + weight, 0);
    return objectives.map(({ tag, weight }) => [
      tag,
      ((metric(tag).better === 'higher' ? 1 : -1) * weight) / total,
    ]);
  }
}

type Term = readonly [tag: string, weight: number];

interface At {
  readonly id: number;
  readonly point: LoadPoint;
}

/** How probable it is that a limit holds, and that it is missed by no more than 5 %, by the room that is expected and its variance. */
export const chancesOf = (mean: number, variance: number): { holds: number; nearly: number } => {
  const deviation = Math.sqrt(variance + 1e-8);
  return {
    holds: normalProbability(mean / deviation),
    nearly: normalProbability((mean + NEARLY) / deviation),
  };
};

/** Logarithm of inferences in flight times 1000 ms: over the throughput it is the mean latency (Little's law). */
const inFlight = (point: LoadPoint): number => Math.log(levelOf(point) * batchSizeOf(point) * 1000);

/** Logarithms of a metric's values where it was measured; of a ratio: over the mean latency. */
function observedOf(tag: string, seen: readonly Seen[], isRatio: boolean): Observed {
  const known = seen.filter(({ values }) => values[tag] !== undefined && values[THROUGHPUT] !== undefined);
  const untold = LATENCY.test(tag) ? UNTOLD.latency : UNTOLD.rate;
  return {
    ids: known.map(({ id }) => id),
    servers: known.map(({ server }) => server),
    values: known.map(({ point, values }) => {
      const value = Math.log(Math.max(values[tag]!, 1e-9));
      return isRatio ? value - inFlight(point) + Math.log(values[THROUGHPUT]!) : value;
    }),
    variances: known.map(({ deviations }) => (deviations?.[tag] ?? untold) ** 2),
  };
}

function priorBase(prior: MetricModels, shapes: readonly Shape[]): Base {
  return {
    mean: (id) => prior.predict(id).mean,
    isPrior: true,
    shapes: shapes.map(({ configuration, load, own, ...parts }) => ({
      ...{ configuration, load, own },
      each: DIMINISHED * parts.each,
      common: DIMINISHED * parts.common,
      relative: DIMINISHED * parts.relative,
      both: DIMINISHED * parts.both,
    })),
  };
}

function mechanicsBase({ ids, values }: Observed, { parts }: Ground, start: Parameters | undefined) {
  const measured = ids.map((id, index) => ({
    part: parts[id]!,
    value: values[index]!,
    variance: MISSED,
  }));
  const fit = fitMechanics(measured, start);
  const slopesOf = kept((id) => fit.slopes(parts[id]!));
  const base: Base = {
    mean: kept((id) => fit.base(parts[id]!)),
    slopes: slopesOf,
    slopesWith: kept((id) => {
      const own = slopesOf(id);
      return Float64Array.from(parts, (_, other) => dot(own, slopesOf(other)));
    }),
    shapes: REST_SHAPES,
  };
  return { parameters: fit.parameters, base };
}

/** Works a value out once for each number. */
function kept<T>(of: (id: number) => T): (id: number) => T {
  const known = new Map<number, T>();
  return (id) => {
    const value = known.get(id) ?? of(id);
    known.set(id, value);
    return value;
  };
}
