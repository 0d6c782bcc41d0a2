import type { LoadPoint } from '../../record/load-point.ts';

/**
 * What a finding is about. doubt: figures may not be what they seem; gain: more may be had; saving: the same is had for
 * less; cause: what sets the figures.
 */
export type FindingKind = 'doubt' | 'gain' | 'saving' | 'cause';

/** A measurement that a finding rests on. */
export interface Evidence {
  readonly variant: string;
  readonly point: LoadPoint;
  /** Metric, or what else the rule looked at -> value. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a rule found, in a sentence of settings and figures. */
export interface Found {
  readonly text: string;
  /** The measurements that carry it. */
  readonly evidence: readonly Evidence[];
  /** Which share of a figure or of a resource it concerns, 0 to 1; what concerns more is told first. */
  readonly worth: number;
}

/** Something that a run shows and a user may act on. Plain data. */
export interface Finding extends Found {
  /** Name of the rule that found it. */
  readonly rule: string;
  readonly kind: FindingKind;
}
