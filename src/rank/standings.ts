import type { Check, ConstraintVerdict } from '../goal/score.ts';
import type { DriftRecord } from '../record/drift.ts';
import type { Goal } from '../record/goal.ts';
import type { Measurement } from '../record/measurement.ts';
import type { BeliefRecord, SearchRecord, Trial } from '../record/run.ts';
import type { MissingMetric } from './missing-metric.ts';
import type { Gain, Noise } from './noise.ts';

/** A measurement with what the constraints say about it. */
export interface RankedPoint {
  readonly measurement: Measurement;
  readonly checks: readonly Check[];
  /** Of all limits together. */
  readonly verdict: ConstraintVerdict;
  readonly missedBy: number;
}

/** A configuration in the ranking. */
export interface RankedEntry {
  readonly trial: Trial;
  /**
   * The one that stands for it, then those that keep the limits, best first, those of which that is not known, and the
   * others, nearest to the limits first.
   */
  readonly points: readonly RankedPoint[];
  /** The point that stands for the configuration: the least load within the noise of its best. */
  readonly best: RankedPoint;
  /** What measured better at more load, within the noise; best first. */
  readonly alike: readonly RankedPoint[];
}

/** What is known of one model's configurations, best first, before anything is decided. */
export interface Standings {
  readonly model: string;
  readonly goal: Goal;
  /** Configurations with at least one measurement, best first. */
  readonly entries: readonly RankedEntry[];
  /** Configurations that were not measured at all. */
  readonly unmeasured: readonly Trial[];
  /** The first of the entries, which is not yet to say that it should be deployed. */
  readonly leader: RankedEntry | undefined;
  readonly default: RankedEntry | undefined;
  /** Of the leader over the default's best; undefined where the default leads or was not measured. */
  readonly gain: Gain | undefined;
  /** Whether the leader's load was tried on the default, too, or is not possible there. */
  readonly sameLoad: boolean;
  /** Configurations whose best point differs from the leader's by less than the noise of both. */
  readonly ties: readonly RankedEntry[];
  /** How its configurations were found; undefined: not known. */
  readonly search: SearchRecord | undefined;
  /** Whether the last run over this model did not come to its end. */
  readonly interrupted: boolean;
  /** The command that would go on with that, in words; undefined: none would, as another run has begun since. */
  readonly goesOn: string | undefined;
  /** A finalist that measured a little better, within the noise; the leader needs less. */
  readonly preferredTo: RankedEntry | undefined;
  /** What it is judged by and was not measured for every configuration. */
  readonly missing: readonly MissingMetric[];
  readonly noise: Noise;
  /** What the search believes of the leader, which is then what it would name; undefined: what was measured decides. */
  readonly belief: BeliefRecord | undefined;
  /** Whether the machine was the same meanwhile; undefined: not known. */
  readonly drift: DriftRecord | undefined;
}
