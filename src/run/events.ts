import type { Experiment } from '../config/experiment.ts';
import type { WindowSummary } from '../load/load-generator.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { PointRecord, SearchRecord, Trial } from '../record/run.ts';
import type { Space } from '../space/space.ts';

/** How far a run is: points that are done and points still expected, over all models. */
export interface Progress {
  readonly done: number;
  readonly remaining: number;
  /** Points taken from the journal instead of being measured. */
  readonly reused: number;
}

/** What a trial is busy with. */
export type Phase =
  | 'starting the server'
  | 'loading the model'
  | 'measuring'
  | 'measuring again alone'
  | 'stopping the server';

/** Whoever wants to know what a run is doing; every method is optional and must return at once. */
export interface RunListener {
  onRunStart?(experiment: Experiment): void;
  /** Something worth one line: an option without effect, points that are skipped, a journal that is resumed. */
  onNote?(text: string): void;
  onModelStart?(space: Space, progress: Progress): void;
  onPhase?(phase: Phase, variant: string, point?: LoadPoint): void;
  /** About every second while a model loads. */
  onLoadWait?(variant: string, seconds: number, lastLogLine: string | undefined): void;
  onWindow?(variant: string, point: LoadPoint, window: WindowSummary): void;
  onPoint?(variant: string, record: PointRecord, progress: Progress): void;
  onTrialEnd?(trial: Trial): void;
  /** How the search over a model's space went. */
  onSearchEnd?(record: SearchRecord): void;
  onRunEnd?(interrupted: boolean): void;
}

/** One listener that tells several. */
export function tellAll(listeners: readonly RunListener[]): Required<RunListener> {
  const method =
    <Name extends keyof RunListener>(name: Name) =>
    (...args: Parameters<Required<RunListener>[Name]>): void => {
      for (const listener of listeners)
        (listener[name] as ((...all: typeof args) => void) | undefined)?.(...args);
    };
  return {
    onRunStart: method('onRunStart'),
    onNote: method('onNote'),
    onModelStart: method('onModelStart'),
    onPhase: method('onPhase'),
    onLoadWait: method('onLoadWait'),
    onWindow: method('onWindow'),
    onPoint: method('onPoint'),
    onTrialEnd: method('onTrialEnd'),
    onSearchEnd: method('onSearchEnd'),
    onRunEnd: method('onRunEnd'),
  };
}
