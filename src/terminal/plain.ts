import { counted } from '../ground/wording.ts';
import { isWorthTelling, type RunListener, searchLines } from '../index.ts';
import { clock, load, pointLine, RunState } from './progress.ts';

const LOAD_NOTICE_S = 15;

/** Progress as lines, one a finished point, for logs and pipes. */
export function plainView(write: (line: string) => void): RunListener {
  const state = new RunState();
  /** Seconds at which a load was last told of, by variant. */
  const noticed = new Map<string, number>();
  return {
    onNote: (text) => write(text),
    onModelStart(space, progress) {
      state.onModelStart(space, progress);
      write(
        `${space.plan.name}: ${counted(state.candidates, 'configuration')}, ${counted(progress.remaining, 'point')}`,
      );
    },
    onPhase(phase, variant, point) {
      state.onPhase(phase, variant, point);
      noticed.delete(variant);
    },
    onLoadWait(variant, seconds, line) {
      if (seconds < (noticed.get(variant) ?? 0) + LOAD_NOTICE_S) return;
      noticed.set(variant, seconds);
      write(`${variant} has been loading for ${clock(seconds)}${line ? `: ${line}` : ''}`);
    },
    onPoint(variant, record, progress) {
      state.onPoint(variant, record, progress);
      const left = state.leftS;
      const time = `${clock(state.elapsedS)}${left !== undefined && progress.remaining > 0 ? `, about ${clock(left)} left` : ''}`;
      write(`${pointLine(state, variant, record)} (${time})`);
    },
    onTrialEnd(trial) {
      for (const warning of trial.end?.warnings ?? []) write(`${trial.name}: ${warning}`);
    },
    onSearchEnd(record) {
      if (isWorthTelling(record)) for (const line of searchLines(record)) write(line);
    },
    onRunEnd(interrupted) {
      if (interrupted)
        write(
          `interrupted${state.last ? ` at ${state.last.variant}, ${load(state.last.point)}` : ''}; the same command goes on from here`,
        );
    },
  };
}
