import { GaussianProcess, type Prediction } from '../../statistics/gaussian-process.ts';
import { type Covariances, priorVariance, type Shape } from './covariances.ts';

/** Values of one metric, as logarithms, by the numbers of the points that they were seen at. */
export interface Observed {
  readonly ids: readonly number[];
  readonly values: readonly number[];
  /** Variance of each value's noise. */
  readonly noise: readonly number[];
}

/** What is expected of a metric at a point, by its number. */
export type Expected = (id: number) => Prediction;

/** A metric's model under one shape. */
interface Model {
  readonly shape: Shape;
  /** What the values are the difference to, by point. */
  readonly base: (id: number) => number;
  /** The base is what earlier runs make expect. */
  readonly isPrior: boolean;
  readonly process: GaussianProcess;
  readonly observed: Observed;
  readonly mean: number;
  /** Probability of this shape among all, by the likelihood of what was measured. */
  readonly weight: number;
  /** Covariances with each observation, for every point. */
  readonly columns: readonly Float64Array[];
}

/** A shape that is less likely than this share of the likeliest is left out, which saves time and changes little. */
const UNLIKELY = 0.05;
/** How much less the difference to an earlier run varies than what is measured itself. A guess: no bench has earlier runs. */
const DIMINISHED = 0.2;

/** What is expected of one metric everywhere: the mean over all shapes that explain what was seen, by how well they do. */
export class MetricModels {
  readonly #models: readonly Model[];
  readonly #covariances: Covariances;
  readonly #known = new Map<number, Prediction>();

  private constructor(models: readonly Model[], covariances: Covariances) {
    this.#models = models;
    this.#covariances = covariances;
  }

  /**
   * @param shapes what is thought possible.
   * @param prior what earlier runs make expect; it counts as far as what was seen agrees with it.
   */
  static learn(
    observed: Observed,
    shapes: readonly Shape[],
    covariances: Covariances,
    prior: Expected | undefined,
  ): MetricModels {
    const own = shapes.map((shape) => modelOf(observed, shape, covariances, () => 0, false));
    const more = prior
      ? shapes.map((shape) => modelOf(observed, diminished(shape), covariances, (id) => prior(id).mean, true))
      : [];
    const models = [...own, ...more];
    const most = Math.max(...models.map(({ process }) => process.logLikelihood));
    const likely = models.flatMap((model): Model[] => {
      const weight = Math.exp(model.process.logLikelihood - most);
      if (weight < UNLIKELY) return [];
      const columns = observed.ids.map((id) => covariances.with(id, model.shape));
      return [{ ...model, weight, columns }];
    });
    const total = likely.reduce((sum, { weight }) => sum + weight, 0);
    return new MetricModels(
      likely.map((model) => ({ ...model, weight: model.weight / total })),
      covariances,
    );
  }

  /**
   * As if the mean that is expected of these points had been measured there: what lies around them is less unknown, and
   * all shapes agree on it. How probable each shape is stays as what was really measured says.
   */
  believing(ids: readonly number[], noise: number): MetricModels {
    const models = this.#models.map((model): Model => {
      const expected = ids.map((id) => this.predict(id).mean - model.base(id));
      const observed = {
        ids: [...model.observed.ids, ...ids],
        values: [...model.observed.values, ...expected],
        noise: [...model.observed.noise, ...ids.map(() => noise)],
      };
      const columns = [...model.columns, ...ids.map((id) => this.#covariances.with(id, model.shape))];
      return { ...model, ...processOf(observed, model.mean, model.shape, this.#covariances), columns };
    });
    return new MetricModels(models, this.#covariances);
  }

  /** Probability that what earlier runs measured says something of this metric. */
  get trust(): number {
    return this.#models.reduce((sum, { isPrior, weight }) => sum + (isPrior ? weight : 0), 0);
  }

  predict(id: number): Prediction {
    const known = this.#known.get(id);
    if (known) return known;
    const all = this.#models.map((model) => {
      const { mean, variance } = predict(model, id);
      return { weight: model.weight, mean: mean + model.base(id), variance };
    });
    const mean = all.reduce((sum, item) => sum + item.weight * item.mean, 0);
    // What the shapes do not agree on is not known either.
    const variance = all.reduce(
      (sum, item) => sum + item.weight * (item.variance + (item.mean - mean) ** 2),
      0,
    );
    const made = { mean, variance };
    this.#known.set(id, made);
    return made;
  }
}

const predict = ({ process, columns, shape }: Model, id: number): Prediction =>
  process.predict(
    columns.map((column) => column[id]!),
    priorVariance(shape),
  );

function modelOf(
  { ids, values, noise }: Observed,
  shape: Shape,
  covariances: Covariances,
  base: (id: number) => number,
  isPrior: boolean,
): Model {
  const rest = values.map((value, index) => value - base(ids[index]!));
  const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const made = processOf({ ids, values: rest, noise }, mean, shape, covariances);
  return { shape, base, isPrior, mean, ...made, weight: 1, columns: [] };
}

function processOf(observed: Observed, mean: number, shape: Shape, covariances: Covariances) {
  const { ids, values, noise } = observed;
  const covariance = (i: number, j: number): number => covariances.between(ids[i]!, ids[j]!, shape);
  return { observed, process: new GaussianProcess(values, noise, covariance, mean) };
}

const diminished = ({ configuration, load, own, ...parts }: Shape): Shape => ({
  ...{ configuration, load, own },
  each: DIMINISHED * parts.each,
  common: DIMINISHED * parts.common,
  relative: DIMINISHED * parts.relative,
  both: DIMINISHED * parts.both,
});
