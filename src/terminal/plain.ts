import { counted } from '../ground/wording.ts';
import { isWorthTelling, nameOfModels, type RunEvent, type RunListener, searchLines } from '../index.ts';
import { clock, load, pointLine, SoFar } from './progress.ts';

const LOAD_NOTICE_S = 15;

/** Progress as lines, one a finished point, for logs and pipes. */
export function plainView(write: (line: string) => void): RunListener {
  const state = new SoFar();
  /** Seconds at which a load was last told of, by variant. */
  const noticed = new Map<string, number>();
  const onLoading = ({ variant, seconds, line }: Extract<RunEvent, { kind: 'loading' }>): void => {
    if (seconds < (noticed.get(variant) ?? 0) + LOAD_NOTICE_S) return;
    noticed.set(variant, seconds);
    write(`${variant} has been loading for ${clock(seconds)}${line ? `: ${line}` : ''}`);
  };
  const onPoint = ({ variant, record, progress }: Extract<RunEvent, { kind: 'point' }>): void => {
    const left = state.leftS;
    const time = `${clock(state.elapsedS)}${left !== undefined && progress.remaining > 0 ? `, about ${clock(left)} left` : ''}`;
    write(`${pointLine(state, variant, record)} (${time})`);
  };
  return (event) => {
    state.take(event);
    switch (event.kind) {
      case 'note':
        write(event.text);
        break;
      case 'model': {
        const [configurations, points] = [state.configurations, event.progress.remaining];
        write(
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
        for (const warning of event.trial.end?.warnings ?? []) write(`${event.trial.name}: ${warning}`);
        break;
      case 'search':
        if (isWorthTelling(event.record)) for (const line of searchLines(event.record)) write(line);
        break;
      case 'end':
        if (event.interrupted) write(interruptedText(state));
        break;
    }
  };
}

function interruptedText({ last }: SoFar): string {
  const at = last ? ` at ${last.variant}, ${load(last.point)}` : '';
  return `interrupted${at}`;
}
