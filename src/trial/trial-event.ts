import type { WindowSummary } from '../load/load-generator.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { ServerRecord } from '../record/run.ts';

/** What a trial is busy with. */
export type Phase =
  | 'starting the server'
  /** It is up, and its GPUs are watched while they have nothing to do. */
  | 'describing the server'
  | 'loading the model'
  | 'measuring'
  | 'measuring again alone'
  | 'stopping the server';

/** What happens while a trial is open, as plain data. */
export type TrialEvent =
  | {
      readonly kind: 'phase';
      readonly variant: string;
      readonly phase: Phase;
      readonly point?: LoadPoint;
    }
  /** About every second while a model loads. */
  | {
      readonly kind: 'loading';
      readonly variant: string;
      readonly seconds: number;
      /** The last line of the server's log. */
      readonly line?: string;
    }
  /** A window of a measurement has closed. */
  | ({ readonly kind: 'window'; readonly variant: string; readonly point: LoadPoint } & WindowSummary)
  /** The server described itself, where that was asked for. */
  | { readonly kind: 'server'; readonly server: ServerRecord };

/** Whether it says that a server has come up. */
export const saysServerIsUp = (event: TrialEvent): boolean =>
  event.kind === 'phase' && ['describing the server', 'loading the model'].includes(event.phase);

/** Whoever is told; it must return at once. */
export type OnTrialEvent = (event: TrialEvent) => void;
