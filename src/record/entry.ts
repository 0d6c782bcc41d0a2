import type { DriftRecord } from './drift.ts';
import type { PointRecord, SearchRecord, ServerRecord, Session, TrialEnd, VariantRecord } from './run.ts';

/** One line of the journal. `variant` fields refer to the key of a variant entry. */
export type Entry =
  | ({ readonly kind: 'session'; readonly schemaVersion: number } & Session)
  | ({ readonly kind: 'server' } & ServerRecord)
  | ({ readonly kind: 'variant' } & VariantRecord)
  | { readonly kind: 'point'; readonly variant: string; readonly record: PointRecord }
  /** The session took over what another one, `from`, measured of a point. */
  | { readonly kind: 'taken'; readonly variant: string; readonly key: string; readonly from: string }
  | { readonly kind: 'end'; readonly variant: string; readonly end: TrialEnd }
  | ({ readonly kind: 'search' } & SearchRecord)
  /** Whether the machine was the same so far; what a later line says of the same models takes its place. */
  | ({ readonly kind: 'drift' } & DriftRecord);
