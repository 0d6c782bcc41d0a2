import type { Experiment } from '../config/experiment.ts';
import type { ServerRecord } from '../record/run.ts';
import { type OnTrialEvent, saysServerIsUp } from '../trial/trial-event.ts';
import type { Happening, Progress } from './events.ts';
import { TimeBudget } from './time-budget.ts';

/** Ends of a run from outside. */
export interface Ends {
  /** Aborted: finish the point in flight, then end. */
  readonly finish?: AbortSignal | undefined;
  /** Aborted: end now; the point in flight is lost. */
  readonly stop?: AbortSignal | undefined;
}

/** What all models and slots of one run share: its time, its counts, whom it tells. */
export class RunState {
  readonly experiment: Experiment;
  readonly time: TimeBudget;
  /** Ends everything at once. */
  readonly stop: AbortSignal;
  readonly emit: (happening: Happening) => void;
  readonly #finish: AbortSignal | undefined;
  readonly #onServer: (server: ServerRecord) => void;
  /** Points that are done, and those of them that were known already. */
  done = 0;
  reused = 0;
  /** Points of the models whose turn has not come yet, as far as they are known. */
  later = 0;
  #knowsServer = false;
  #isDescribed = false;

  /** @param onServer called with the first server that comes up. */
  constructor(
    experiment: Experiment,
    { finish, stop }: Ends,
    emit: (happening: Happening) => void,
    onServer: (server: ServerRecord) => void,
  ) {
    this.experiment = experiment;
    this.time = new TimeBudget(experiment.maxMinutes);
    this.stop = stop ?? new AbortController().signal;
    this.#finish = finish;
    this.emit = emit;
    this.#onServer = onServer;
  }

  get interrupted(): boolean {
    return this.#finish?.aborted === true || this.stop.aborted;
  }

  /** Whether a server has come up. */
  get knowsServer(): boolean {
    return this.#knowsServer;
  }

  /** Whether a server that is started now is to describe itself: the first that comes up does. */
  wantsDescription(): boolean {
    const isFirst = !this.#isDescribed;
    this.#isDescribed = true;
    return isFirst;
  }

  /** The server that was to describe itself did not come up: the next one does it. */
  lacksDescription(): void {
    this.#isDescribed = false;
  }

  /** @param remaining points of the model that is profiled. */
  progress(remaining: number): Progress {
    return { done: this.done, remaining: remaining + this.later, reused: this.reused };
  }

  /** Hands on what a slot's trial tells. */
  listenerOf(slot: string): OnTrialEvent {
    return (event) => {
      if (saysServerIsUp(event)) this.#knowsServer = true;
      if (event.kind === 'server') this.#onServer(event.server);
      this.emit({ ...event, slot });
    };
  }
}
