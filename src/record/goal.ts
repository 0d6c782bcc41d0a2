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

/** What a model's configurations are judged by. */
export interface Goal {
  /** The model. */
  readonly name: string;
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
}
