/**
 * How a model's space is searched: `manual` measures what is listed, `brute` and `quick` are Model Analyzer's searches,
 * `random` draws points by chance, `bayes` is tma's own; `auto` is the whole of a small space and tma's own of a larger one.
 */
export const SEARCH_MODES = ['auto', 'manual', 'brute', 'quick', 'optuna', 'random', 'bayes'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** How much time tma's own search takes for a gain. */
export const PATIENCES = ['quick', 'normal', 'thorough'] as const;
export type Patience = (typeof PATIENCES)[number];

/** Which search, and how far it may go. */
export interface SearchSettings {
  /** optuna: tma's own search under Model Analyzer's options for that one. */
  readonly mode: SearchMode;
  /** Of what is drawn by chance. */
  readonly seed: number;
  /** Measurements and configurations at most; absent = as many as the search thinks worth while. */
  readonly maxMeasurements?: number;
  readonly maxVariants?: number;
  /** Absent: normal. */
  readonly patience?: Patience;
  /** optuna: how much it measures, and when it may end. */
  readonly optuna?: OptunaSettings;
}

/** Model Analyzer's options for its Optuna search; shares are of all points. */
export interface OptunaSettings {
  readonly minShare?: number;
  readonly maxShare?: number;
  readonly minTrials?: number;
  readonly maxTrials?: number;
  /** So many measurements without a better one end the search, once the fewest are done. */
  readonly patience?: number;
  /** One load for each configuration, 2 x max_batch_size x instances in flight, between these. */
  readonly formula?: { readonly least: number; readonly most: number };
}
