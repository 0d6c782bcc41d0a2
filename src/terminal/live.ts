import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { shown } from '../ground/wording.ts';
import { formatNumber, isWorthTelling, type RunListener, searchLines } from '../index.ts';
import { type Activity, clock, load, pointLine, SoFar } from './progress.ts';

const REDRAW_MS = 200;
const BAR = 24;

/** Progress for a person: finished points scroll by, what is running stands below them. */
export function liveView(stream: NodeJS.WriteStream): RunListener {
  const state = new SoFar();
  const draw = createLogUpdate(stream);
  let timer: NodeJS.Timeout | undefined;
  const redraw = (): void => draw(block(state, stream.columns ?? 100));
  const above = (line: string): void => {
    draw.clear();
    stream.write(`${shown(line)}\n`);
    redraw();
  };
  return (event) => {
    state.take(event);
    switch (event.kind) {
      case 'note':
        above(styleText('dim', event.text));
        break;
      case 'model':
        timer ??= setInterval(redraw, REDRAW_MS);
        timer.unref();
        redraw();
        break;
      case 'point': {
        const line = pointLine(state, event.variant, event.record);
        above(event.record.state === 'failed' ? styleText('yellow', line) : line);
        break;
      }
      case 'trial':
        for (const warning of event.trial.end?.warnings ?? [])
          above(styleText('yellow', `${event.trial.name}: ${warning}`));
        break;
      case 'search':
        if (isWorthTelling(event.record))
          for (const line of searchLines(event.record)) above(styleText('dim', line));
        break;
      case 'end':
        clearInterval(timer);
        draw.clear();
        draw.done();
        if (event.interrupted) stream.write('interrupted\n');
        break;
    }
  };
}

/** The block that is redrawn: what runs, how far it is, the best so far. */
export function block(state: SoFar, columns: number): string {
  const share = state.total > 0 ? state.done / state.total : 0;
  const filled = Math.round(share * BAR);
  const left = state.leftS;
  const lines = [
    '',
    ...state.activities.map(
      (activity) => `${styleText('cyan', '▸')} ${activity.variant}  ${doing(activity)}`,
    ),
    `${styleText('cyan', '█'.repeat(filled))}${styleText('dim', '░'.repeat(BAR - filled))} point ${Math.min(state.done + 1, state.total)} of ${state.total} · ${clock(state.elapsedS)} elapsed${left === undefined ? '' : ` · about ${clock(left)} left`}`,
    ...(state.best ? [`best so far: ${state.best}`] : []),
    styleText('dim', 'Ctrl-C: finish this point, then report · twice: stop now'),
  ];
  return lines.map((line) => clip(shown(line), columns)).join('\n');
}

function doing({ phase, point, window, loading }: Activity): string {
  if (loading) {
    const line = loading.line ? ` · ${loading.line}` : '';
    return `loading the model, ${clock(loading.seconds)}${line}`;
  }
  if (!point) return phase;
  const now = window
    ? ` · window ${window.count}: ${formatNumber(window.throughput)} infer/s, ${formatNumber(window.latencyMs)} ms`
    : ' · warming up';
  return `${phase}, ${load(point)}${now}`;
}

/** Cuts a line to the terminal, leaving colours whole (only plain tails are ever too long). */
const clip = (line: string, columns: number): string =>
  line.length > columns + 20 ? `${line.slice(0, columns + 19)}…` : line;
