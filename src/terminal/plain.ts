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
  const state = new SoFar(now);
  /** Seconds at which a load was last told of, by variant. */
  const noticed = new Map<string, number>();
  let saidS = 0;
  let end: (() => void) | undefined;
  const say = (line: string): void => {
    saidS = state.elapsedS;
    write(line);
  };
  const onSilence = (): void => {
    if (state.elapsedS - saidS < SILENCE_S) return;
    // A long load tells of itself.
    const busy = state.activities.filter(({ loading }) => !loading);
    for (const activity of busy) say(busyText(activity));
  };
  const onLoading = ({ variant, seconds, line }: Extract<RunEvent, { kind: 'loading' }>): void => {
    if (seconds < (noticed.get(variant) ?? 0) + LOAD_NOTICE_S) return;
    noticed.set(variant, seconds);
    say(`${variant} has been loading for ${clock(seconds)}${line ? `: ${line}` : ''}`);
  };
  const onPoint = ({ variant, record, progress }: Extract<RunEvent, { kind: 'point' }>): void => {
    const left = state.leftS;
    const time = `${clock(state.elapsedS)}${progress.remaining > 0 && left !== undefined ? `, about ${clock(left)} left` : ''}`;
    say(`${pointLine(state, variant, record)} (${time})`);
  };
  return (event) => {
    state.take(event);
    switch (event.kind) {
      case 'note':
        say(event.text);
        break;
      case 'model': {
        end ??= every(1000, onSilence);
        const [configurations, points] = [state.configurations, event.progress.remaining];
        say(
          `${nameOfModels(event.goal.models)}: ${counted(configurations, 'configuration')}, ${counted(points, 'point')}`,
        );
        break;
      }
      case 'phase':
        noticed.delete(event.variant);
        break;
      case 'loading':
        onLoading(event);
        break;
      case 'point':
        onPoint(event);
        break;
      case 'trial':
        for (const warning of event.trial.end?.warnings ?? []) say(`${event.trial.name}: ${warning}`);
        break;
      case 'search':
        if (isWorthTelling(event.record)) for (const line of searchLines(event.record)) say(line);
        break;
      case 'end':
        end?.();
        if (event.interrupted) say(interruptedText(state));
        break;
    }
  };
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
