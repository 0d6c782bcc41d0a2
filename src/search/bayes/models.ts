import { GaussianProcess, type Prediction } from '../../statistics/gaussian-process.ts';
import { type Covariances, priorVariance, type Shape } from './covariances.ts';

/** Values of one metric, as logarithms, by the numbers of the points that they were seen at. */
export interface Observed {
  readonly ids: readonly number[];
  readonly values: readonly number[];
  /** Which start of a server each was measured on. */
  readonly servers: readonly number[];
  /** Variance of each value as its measurement tells it: what happens within the measurement. */
  readonly variances: readonly number[];
}

/** Standard deviations of a metric's logarithm, beside what a measurement tells of itself. */
export interface Noise {
  /** From one start of a server to the next. */
  readonly start: number;
  /** From one look at a server to the next. */
  readonly look: number;
}

/** What a metric is thought to be without having been measured; what is learned is the difference to it. */
export interface Base {
  mean(id: number): number;
  /** Further features of a point, each with a coefficient of variance 1: what of the base is not known for sure. */
  slopes?(id: number): Float64Array;
  /** What points have in common with one for these features: products with those of every point. */
  slopesWith?(id: number): Float64Array;
  /** The base is what earlier runs make expect. */
  readonly isPrior?: boolean;
  /** What the difference to it is thought to be. */
  readonly shapes: readonly Shape[];
}

/** What is thought possible of a metric: every shape with every noise, around every base. */
export interface Possible {
  readonly bases: readonly Base[];
  readonly noises: readonly Noise[];
  /** Looks are far off now and then: they follow Student's t, with the same variance. */
  readonly heavyTails?: boolean;
}

interface Hypothesis {
  readonly base: number;
  readonly shape: number;
  readonly noise: number;
}

/** A metric's model under one hypothesis. */
interface Model {
  readonly hypothesis: Hypothesis;
  readonly shape: Shape;
  readonly noise: Noise;
  readonly base: Base;
  readonly process: GaussianProcess;
  readonly observed: Observed;
  /** What the variance of each observation is multiplied by. */
  readonly factors: readonly number[];
  /** Points that lie apart from all others, by their numbers, and the variance by which they do. */
  readonly apart: ReadonlyMap<number, number>;
  readonly mean: number;
  /** Probability among all, by the likelihood of what was measured. */
  readonly weight: number;
  /** What each observation explains of every point: the sum of their products is what all explain of a covariance. */
  readonly parts: readonly Float64Array[];
  /** What is expected of every point. */
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** What is less likely than this share of the likeliest is left out, and so is all but the likeliest so many: it changes little. */
const UNLIKELY = 0.05;
const MOST = 12;
/** Up to so many observations every hypothesis is looked at each time; then the likeliest before and some others by turns. */
const FEW = 10;
const KEPT = 24;
const TURN = 36;

/** What is expected of one metric everywhere: the mean over all hypotheses that explain what was seen, by how well they do. */
export class MetricModels {
  readonly #models: readonly Model[];
  readonly #covariances: Covariances;
  /** The likeliest hypotheses, and where the turn of the others is. */
  readonly #kept: readonly Hypothesis[];
  readonly #turn: number;

  private constructor(
    models: readonly Model[],
    covariances: Covariances,
    kept: readonly Hypothesis[],
    turn: number,
  ) {
    this.#models = models;
    this.#covariances = covariances;
    this.#kept = kept;
    this.#turn = turn;
  }

  /** @param before what was learned from the first of these observations. */
  static learn(
    observed: Observed,
    possible: Possible,
    covariances: Covariances,
    before?: MetricModels,
  ): MetricModels {
    const all = allOf(possible);
    const isFew = observed.ids.length <= FEW || !before;
    const turn = isFew ? 0 : (before.#turn + TURN) % all.length;
    const looked = isFew ? all : [...before.#kept, ...turnOf(all, turn, before.#kept)];
    const judge = fitter(observed, possible, covariances);
    const made = likeliestFirst(looked.map((hypothesis) => judge(hypothesis)));
    const kept = made.slice(0, KEPT).map(({ hypothesis }) => hypothesis);
    const some = made.slice(0, MOST);
    const lonely = withLonely(some, judge);
    const weighed = possible.heavyTails ? withTails(lonely, judge) : lonely;
    const most = weighed[0]!.process.logLikelihood;
    const likely = weighed.flatMap((model): Model[] => {
      const weight = Math.exp(model.process.logLikelihood - most);
      if (weight < UNLIKELY) return [];
      return [{ ...model, weight, ...expectedOf(model, covariances) }];
    });
    return new MetricModels(weighted(likely), covariances, kept, turn);
  }

  /**
   * As if the mean that is expected of these points had been measured there: what lies around them is less unknown, and
   * all hypotheses agree on it. How probable each is stays as what was really measured says.
   */
  believing(ids: readonly number[]): MetricModels {
    const models = this.#models.map((model): Model => {
      const { observed, noise } = model;
      const more = {
        ids: [...observed.ids, ...ids],
        values: [...observed.values, ...ids.map((id) => this.predict(id).mean)],
        servers: [...observed.servers, ...ids.map((_, index) => -1 - index)],
        variances: [...observed.variances, ...ids.map(() => noise.look ** 2)],
      };
      const factors = [...model.factors, ...ids.map(() => 1)];
      const fit = { ...model, observed: more, factors };
      const process = gaussianOf(fit, amongOf(more.ids, fit.base, fit.shape, this.#covariances));
      return { ...fit, process, ...expectedOf({ ...fit, process }, this.#covariances) };
    });
    return new MetricModels(models, this.#covariances, this.#kept, this.#turn);
  }

  /** Probability that what earlier runs measured says something of this metric. */
  get trust(): number {
    return this.#models.reduce((sum, { base, weight }) => sum + (base.isPrior ? weight : 0), 0);
  }

  /** The variances that are expected of a start and of a look; a look's own variance comes on top. */
  get noise(): { readonly start: number; readonly look: number } {
    const mean = (of: (noise: Noise) => number): number =>
      this.#models.reduce((sum, { noise, weight }) => sum + weight * of(noise) ** 2, 0);
    return { start: mean(({ start }) => start), look: mean(({ look }) => look) };
  }

  predict(id: number): Prediction {
    let mean = 0;
    for (const { weight, means } of this.#models) mean += weight * means[id]!;
    // What the hypotheses do not agree on is not known either.
    let variance = 0;
    for (const { weight, means, variances } of this.#models)
      variance += weight * (variances[id]! + (means[id]! - mean) ** 2);
    return { mean, variance };
  }

  /** How what is not known of one point goes with what is not known of another: covariances with it, by the other's number. */
  covariancesWith(id: number): (other: number) => number {
    const priors = this.#models.map((model) => columnOf(model, id, this.#covariances));
    const { mean } = this.predict(id);
    return (other) => {
      const { mean: expected } = this.predict(other);
      let sum = 0;
      for (const [index, model] of this.#models.entries()) {
        let covariance = priors[index]![other]!;
        for (const part of model.parts) covariance -= part[id]! * part[other]!;
        sum += model.weight * (covariance + (model.means[id]! - mean) * (model.means[other]! - expected));
      }
      return sum;
    };
  }
}

const allOf = ({ bases, noises }: Possible): Hypothesis[] =>
  bases.flatMap(({ shapes }, base) =>
    shapes.flatMap((_, shape) => noises.map((__, noise) => ({ base, shape, noise }))),
  );

/** Some that are far from each other in the list. */
function turnOf(all: readonly Hypothesis[], turn: number, kept: readonly Hypothesis[]): Hypothesis[] {
  const isKept = (item: Hypothesis): boolean =>
    kept.some(({ base, shape, noise }) => base === item.base && shape === item.shape && noise === item.noise);
  // 61 has no factor in common with lists of any length that there are here.
  return Array.from(
    { length: Math.min(TURN, all.length) },
    (_, index) => all[((turn + index) * 61) % all.length]!,
  ).filter((item) => !isKept(item));
}

function weighted(models: readonly Model[]): Model[] {
  const total = models.reduce((sum, { weight }) => sum + weight, 0);
  return models.map((model) => ({ ...model, weight: model.weight / total }));
}

/** Sum of the products. */
export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
};

/** A hypothesis held against what was measured. */
type Fit = Omit<Model, 'weight' | 'parts' | 'means' | 'variances'>;

/** What is known of looks and points beside a hypothesis. */
type Peculiar = Partial<Pick<Fit, 'factors' | 'apart'>>;
type Fitter = (hypothesis: Hypothesis, peculiar?: Peculiar) => Fit;

/** Holds hypotheses against what was measured. */
function fitter(observed: Observed, { bases, noises }: Possible, covariances: Covariances): Fitter {
  const usual = observed.ids.map(() => 1);
  // Hypotheses differ by their noise more often than by anything else. A shape belongs to one base.
  const among = new Map<Shape, readonly Float64Array[]>();
  return (hypothesis, { factors = usual, apart = NONE } = {}) => {
    const base = bases[hypothesis.base]!;
    const shape = base.shapes[hypothesis.shape]!;
    const noise = noises[hypothesis.noise]!;
    const rest = observed.values.map((value, index) => value - base.mean(observed.ids[index]!));
    const mean = base.slopes ? 0 : rest.reduce((sum, value) => sum + value, 0) / rest.length;
    const rows = among.get(shape) ?? amongOf(observed.ids, base, shape, covariances);
    among.set(shape, rows);
    const fit = { hypothesis, shape, noise, base, mean, observed, factors, apart };
    return { ...fit, process: gaussianOf(fit, rows) };
  };
}

/** Covariances between points, by their numbers: the lower triangle. */
function amongOf(ids: readonly number[], base: Base, shape: Shape, covariances: Covariances) {
  const rows = covariances.among(ids, shape);
  if (base.slopesWith) {
    const common = ids.map((id) => base.slopesWith!(id));
    for (const [i, row] of rows.entries()) for (let j = 0; j <= i; j++) row[j]! += common[i]![ids[j]!]!;
  }
  return rows;
}

function gaussianOf(
  { observed, noise, base, mean, factors, apart }: Omit<Fit, 'process'>,
  among: readonly Float64Array[],
): GaussianProcess {
  const { ids, values, servers, variances } = observed;
  return new GaussianProcess(
    values.map((value, index) => value - base.mean(ids[index]!)),
    variances.map((variance, index) => factors[index]! * (variance + noise.look ** 2)),
    (i, j) =>
      among[i]![j]! +
      (servers[i] === servers[j] ? noise.start ** 2 : 0) +
      (ids[i] === ids[j] ? (apart.get(ids[i]!) ?? 0) : 0),
    mean,
  );
}

const likeliestFirst = (fits: readonly Fit[]): Fit[] =>
  fits.toSorted((a, b) => b.process.logLikelihood - a.process.logLikelihood);

const NONE: ReadonlyMap<number, number> = new Map();
/** Further from what the others make expect than so many standard deviations a point lies apart. Not tuned. */
const APART = 3;
/**
 * Odds that a point lies apart before anything was seen of it, for one that was then seen on several servers: what one server
 * showed may be the luck of that server.
 */
const APART_ODDS = 0.1;

/**
 * The same hypotheses where points may lie apart from all others, as a load at which batches are always full: what was seen
 * there says what they are, and nothing of their neighbours. Whether it was luck another look shows. The variance that
 * such a point gets of its own is as large as what was seen asks for, times the probability that it lies apart.
 */
function withLonely(fits: readonly Fit[], judge: Fitter): readonly Fit[] {
  const { process, observed } = fits[0]!;
  const indices = Map.groupBy(observed.ids.keys(), (index) => observed.ids[index]!);
  const apart = new Map<number, number>();
  for (const [id, own] of indices) {
    const { mean, variance } = process.apart(own);
    const servers = new Set(own.map((index) => observed.servers[index]));
    const probability = chanceToLieApart(Math.abs(mean) / Math.sqrt(variance), servers.size);
    if (probability > 0) apart.set(id, probability * (mean ** 2 - variance));
  }
  return apart.size > 0 ? likeliestFirst(fits.map(({ hypothesis }) => judge(hypothesis, { apart }))) : fits;
}

/**
 * How probable it is that a point lies apart, 0 to 1. Two explanations are weighed by how likely each makes what was seen: that the
 * point is as the others make expect, and that it differs from that by just as much as was seen.
 * @param deviations standard deviations between what was seen and what the others make expect.
 * @param servers on how many starts of the server it was seen.
 */
function chanceToLieApart(deviations: number, servers: number): number {
  if (deviations > APART) return 1;
  if (servers < 2 || deviations <= 1) return 0;
  const odds = (APART_ODDS / deviations) * Math.exp((deviations ** 2 - 1) / 2);
  return odds / (1 + odds);
}

/** Degrees of freedom of Student's t: few, so that some looks are far off, and enough for a variance. */
const DEGREES = 4;
/** Variance of a t distribution over the square of its scale. */
const SPREAD = DEGREES / (DEGREES - 2);
/** How much less the mean of such looks scatters, weighed like this, than their plain mean: the ratio of both variances. */
export const EFFICIENCY = (DEGREES + 3) / (DEGREES + 1) / SPREAD;
/** So often the likeliest is fitted to what it makes of the looks. */
const ROUNDS = 3;

/** The same hypotheses if looks follow Student's t; the likeliest comes first and says which looks are far off. */
function withTails(fits: readonly Fit[], judge: Fitter): Fit[] {
  let first = fits[0]!;
  const { apart } = first;
  for (let round = 0; round < ROUNDS; round++)
    first = judge(first.hypothesis, { factors: factorsOf(first), apart });
  const { factors } = first;
  return likeliestFirst(fits.map(({ hypothesis }) => judge(hypothesis, { factors, apart })));
}

/**
 * How the variance of each look differs from the usual one: it is less where the look is as the others make expect, and
 * more where it is far off. Student's t is a normal distribution of unknown variance, this is the expectation of that (a step
 * of expectation-maximisation, as in Vanhatalo and others, Gaussian process regression with Student-t likelihood, 2009).
 */
function factorsOf({ process, observed, noise, factors }: Fit): number[] {
  const usual = observed.variances.map((variance) => variance + noise.look ** 2);
  const squares = process.squaredNoise(usual.map((variance, index) => factors[index]! * variance));
  return squares.map((square, index) => {
    const scales = square / (usual[index]! / SPREAD);
    return (DEGREES + scales) / (DEGREES + 1) / SPREAD;
  });
}

/** Covariances of a point with every other. */
function columnOf(
  { base, shape, apart }: Pick<Fit, 'base' | 'shape' | 'apart'>,
  id: number,
  covariances: Covariances,
): Float64Array {
  const column = covariances.with(id, shape);
  const common = base.slopesWith?.(id);
  if (common) for (let other = 0; other < column.length; other++) column[other]! += common[other]!;
  column[id]! += apart.get(id) ?? 0;
  return column;
}

/** What is expected of every point. */
function expectedOf(fit: Fit, covariances: Covariances): Pick<Model, 'parts' | 'means' | 'variances'> {
  const columns = new Map([...new Set(fit.observed.ids)].map((id) => [id, columnOf(fit, id, covariances)]));
  const { means, explained, parts } = fit.process.predictAll(fit.observed.ids.map((id) => columns.get(id)!));
  const least = priorVariance(fit.shape);
  const variances = explained.map((value, id) => {
    const own = fit.base.slopes?.(id);
    return Math.max(0, least + (own ? dot(own, own) : 0) + (fit.apart.get(id) ?? 0) - value);
  });
  for (let id = 0; id < means.length; id++) means[id]! += fit.base.mean(id);
  return { parts, means, variances };
}
