import { counted } from '../ground/wording.ts';
import {
  formatNumber,
  isWorthTelling,
  nameOfModels,
  type RunEvent,
  type RunListener,
  searchLines,
} from '../index.ts';
import { type Activity, clock, load, pointLine, SoFar } from './progress.ts';

const LOAD_NOTICE_S = 15;
/** A run that says nothing for so long says what it is at: every ten seconds there is a line. */
const SILENCE_S = 9;

/** Calls back again and again; answers what ends that. */
export type Every = (ms: number, act: () => void) => () => void;

const usualEvery: Every = (ms, act) => {
  const timer = setInterval(act, ms);
  timer.unref();
  return () => clearInterval(timer);
};

/** Progress as lines, one a finished point, for logs and pipes. */
export function plainView(
  write: (line: string) => void,
  { now, every = usualEvery }: { readonly now?: () => number; readonly every?: Every } = {},
): RunListener {
  const lines = new PlainLines(write, new SoFar(now), every);
  return (event) => lines.take(event);
}

class PlainLines {
  readonly #write: (line: string) => void;
  readonly #state: SoFar;
  readonly #every: Every;
  /** Seconds at which a load was last told of, by variant. */
  readonly #noticed = new Map<string, number>();
  /** When the last line was written. */
  #saidS = 0;
  #end: (() => void) | undefined;

  constructor(write: (line: string) => void, state: SoFar, every: Every) {
    this.#write = write;
    this.#state = state;
    this.#every = every;
  }

  take(event: RunEvent): void {
    this.#state.take(event);
    switch (event.kind) {
      case 'note':
        this.#say(event.text);
        break;
      case 'model':
        this.#onModel(event);
        break;
      case 'phase':
        this.#noticed.delete(event.variant);
        break;
      case 'loading':
        this.#onLoading(event);
        break;
      case 'point':
        this.#onPoint(event);
        break;
      case 'trial':
        for (const warning of event.trial.end?.warnings ?? []) this.#say(`${event.trial.name}: ${warning}`);
        break;
      case 'search':
        if (isWorthTelling(event.record)) for (const line of searchLines(event.record)) this.#say(line);
        break;
      case 'end':
        this.#end?.();
        if (event.interrupted) this.#say(interruptedText(this.#state));
        break;
    }
  }

  #say(line: string): void {
    this.#saidS = this.#state.elapsedS;
    this.#write(line);
  }

  #onModel({ goal, points }: Extract<RunEvent, { kind: 'model' }>): void {
    this.#end ??= this.#every(1000, () => this.#onSilence());
    const { configurations } = this.#state;
    this.#say(
      `${nameOfModels(goal.models)}: ${counted(configurations, 'configuration')}, ${counted(points, 'point')}`,
    );
  }

  #onSilence(): void {
    if (this.#state.elapsedS - this.#saidS < SILENCE_S) return;
    // A long load tells of itself.
    const busy = this.#state.activities.filter(({ loading }) => !loading);
    for (const activity of busy) this.#say(busyText(activity));
  }

  #onLoading({ variant, seconds, line }: Extract<RunEvent, { kind: 'loading' }>): void {
    if (seconds < (this.#noticed.get(variant) ?? 0) + LOAD_NOTICE_S) return;
    this.#noticed.set(variant, seconds);
    this.#say(`${variant} has been loading for ${clock(seconds)}${line ? `: ${line}` : ''}`);
  }

  #onPoint({ variant, record, progress }: Extract<RunEvent, { kind: 'point' }>): void {
    const { elapsedS, leftS } = this.#state;
    const left = progress.remaining > 0 && leftS !== undefined ? `, about ${clock(leftS)} left` : '';
    this.#say(`${pointLine(this.#state, variant, record)} (${clock(elapsedS)}${left})`);
  }
}

/** `m_config_0, 4 in flight: measuring for 0:12, window 3: 55.0 infer/s, 18.0 ms`. */
function busyText({ variant, phase, point, window, sinceS }: Activity): string {
  const at = point ? `, ${load(point)}` : '';
  const seen = window
    ? `, window ${window.count}: ${formatNumber(window.throughput)} infer/s, ${formatNumber(window.latencyMs)} ms`
    : '';
  return `${variant}${at}: ${phase} for ${clock(sinceS)}${seen}`;
}

/** Where a run was interrupted, as far as anything had begun. */
export function interruptedText({ last }: SoFar): string {
  const at = last ? ` at ${last.variant}, ${load(last.point)}` : '';
  return `interrupted${at}`;
}
