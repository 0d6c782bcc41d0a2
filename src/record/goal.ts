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

/** What configurations are judged by. */
export interface Criteria {
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
}

/** What the configurations of a model are judged by, or those of several models that are loaded together. */
export interface Goal extends Criteria {
  /** Names of the models that load is put on. */
  readonly models: readonly [string, ...string[]];
}

/** The name of models that are loaded together: their own names, joined by commas. */
export const nameOfModels = (models: readonly string[]): string => models.join(',');

/** Whether two judge the same: by the same objectives, whose weights are relative to each other, and the same limits. */
export const areSameCriteria = (a: Criteria, b: Criteria): boolean => textOf(a) === textOf(b);

function textOf({ objectives, constraints }: Criteria): string {
  const total = objectives.reduce((sum, { weight }) => sum + weight, 0);
  const weights = objectives.map(({ tag, weight }) => `${tag} ${(weight / total).toPrecision(9)}`);
  const limits = constraints.map(({ tag, bound, value }) => `${tag} ${bound} ${value}`);
  return JSON.stringify([weights.sort(), limits.sort()]);
}
