/** One direction to optimise in; weights are relative to each other. */
export interface Objective {
  readonly tag: string;
  readonly weight: number;
}

/** A limit that a measurement must keep; exactly one bound is given. */
export interface Constraint {
  readonly tag: string;
  readonly bound: 'min' | 'max';
  readonly value: number;
}

/**
 * What serving costs, in the user's currency. Prices are no part of what a measurement is: whoever judges it brings them, so
 * that they may change without anything being measured again.
 */
export interface Prices {
  /** Of one GPU for an hour. */
  readonly perGpuHour?: number;
  /** Of one CPU core for an hour. */
  readonly perCpuHour?: number;
  /** What prices are in, to be shown beside them. */
  readonly currency?: string;
  /** Requests a second that are to be served, for the cost of a month. */
  readonly requestRate?: number;
}

/** What configurations are judged by. */
export interface Criteria {
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
  /** Absent: none were given, and there are no costs. */
  readonly prices?: Prices;
}

/** What the configurations of a model are judged by, or those of several models that are loaded together. */
export interface Goal extends Criteria {
  /** Names of the models that load is put on. */
  readonly models: readonly [string, ...string[]];
}

/** The name of models that are loaded together: their own names, joined by commas. */
export const nameOfModels = (models: readonly string[]): string => models.join(',');

/** Metrics that follow from prices. */
export const COSTS = ['cost_per_million_inferences', 'cost_per_month'] as const;

/** Whether anything that configurations are judged by follows from prices. */
export const isByCost = ({ objectives, constraints }: Criteria): boolean =>
  [...objectives, ...constraints].some(({ tag }) => COSTS.some((cost) => cost === tag));

/**
 * Whether two judge the same: by the same objectives, whose weights are relative to each other, the same limits, and, where
 * these are of costs, the same prices.
 */
export const areSameCriteria = (a: Criteria, b: Criteria): boolean => textOf(a) === textOf(b);

function textOf(criteria: Criteria): string {
  const { objectives, constraints, prices = {} } = criteria;
  const { perGpuHour, perCpuHour, requestRate } = prices;
  const total = objectives.reduce((sum, { weight }) => sum + weight, 0);
  const weights = objectives.map(({ tag, weight }) => `${tag} ${(weight / total).toPrecision(9)}`);
  const limits = constraints.map(({ tag, bound, value }) => `${tag} ${bound} ${value}`);
  const paid = isByCost(criteria) ? [perGpuHour, perCpuHour, requestRate] : [];
  return JSON.stringify([weights.sort(), limits.sort(), paid]);
}
