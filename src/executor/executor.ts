import type { ModelConfig } from '../model-config/model-config.ts';
import type { Leaving, Preparation, ServerIdentity } from '../server/launcher.ts';
import type { OpenTrial } from '../trial/trial.ts';
import type { OnTrialEvent } from '../trial/trial-event.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';

/** What a slot is to serve; it knows its own place. */
export type SpecFor = Omit<TrialSpec, 'place'>;

/** A place that runs one trial at a time. */
export interface Slot {
  readonly id: string;
  /**
   * Starts a trial; see `openTrial`.
   * @throws UserError, or what ended the run.
   */
  open(spec: SpecFor, on: OnTrialEvent, signal: AbortSignal): Promise<OpenTrial>;
}

/** Where trials run. */
export interface Executor {
  /** How its servers are launched. */
  readonly name: string;
  /**
   * Makes ready what all trials of a model share.
   * @throws UserError when nothing can be launched.
   */
  prepare(need: Preparation): Promise<ServerIdentity>;
  /**
   * The configuration that a server has or completes for a model without one of ours; see `askConfig`.
   * @throws UserError
   */
  askConfig(spec: SpecFor, on: OnTrialEvent, signal: AbortSignal): Promise<ModelConfig>;
  /**
   * The slots, as they come, for one model.
   * @param over aborted: no more are needed.
   */
  slots(over: AbortSignal): AsyncIterable<Slot>;
  close(leaving?: Leaving): Promise<void>;
}
