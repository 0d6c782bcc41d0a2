import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import { type Lead, type SearchHistory, searchHistory } from '../rank/search-history.ts';
import { searchLines } from '../rank/search-words.ts';
import { formatNumber, formatValue, loadWords, unitOf } from '../rank/words.ts';
import type { Run, Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { bestSoFarData, bestSoFarSvg } from './figures/best-so-far.ts';
import { inBothWidths } from './figures/draw.ts';

/**
 * How the search went: the best so far, when it changed, why it ended, and what it took; undefined where nothing is known.
 * @param drawn draws for the widths that the page needs.
 */
export function historyView(run: Run, ranking: Ranking, trials: readonly Trial[], drawn = inBothWidths) {
  const history = searchHistory(ranking);
  const lines = [...searchLines(ranking.search), ...(history ? [timeText(run, history, trials)] : [])];
  if (!history && lines.length === 0) return undefined;
  const data = history && bestSoFarData(history, ranking.goal);
  return {
    lines,
    // One dot is no course.
    svg: data && data.dots.length > 1 ? drawn((width) => bestSoFarSvg(data, width)) : '',
    label: history ? metric(history.tag).label : '',
    hasLine: (data?.steps.length ?? 0) > 0,
    hasLimits: ranking.goal.constraints.length > 0,
    hasMissed: data?.dots.some(({ isMissed }) => isMissed) ?? false,
    taken:
      history && history.taken > 0
        ? `${counted(history.taken, 'point')} of earlier sessions ${history.taken === 1 ? 'was' : 'were'} known from the beginning.`
        : '',
    leads: (history?.leads ?? [])
      .filter(({ isOther }) => isOther)
      .map((lead) => leadView(lead, history!.tag, ranking)),
  };
}

function leadView({ atS, variant, point, value, verdict }: Lead, tag: string, { goal }: Ranking) {
  const unit = unitOf(tag, goal);
  return {
    at: `${Math.floor(atS / 60)}:${String(Math.floor(atS % 60)).padStart(2, '0')}`,
    name: variant,
    anchor: anchorOf(variant),
    text: `${value === undefined ? '' : `${formatValue(value, tag)}${unit && ` ${unit}`} `}${loadWords(point)}${verdict === 'missed' ? ', which breaks a limit' : ''}`,
  };
}

/** What the run took, step by step, and for how long it held GPUs. */
function timeText({ sessions }: Run, { looks }: SearchHistory, all: readonly Trial[]): string {
  // What was taken over took its time in another session.
  const trials = all.filter(({ points }) =>
    points.every((record) => record.state !== 'measured' || !record.measurement.takenOver),
  );
  const sum = (read: (trial: Trial) => number): number =>
    trials.reduce((total, trial) => total + read(trial), 0);
  const steps = [
    ['starting servers', sum(({ end }) => end?.steps.startS ?? 0)],
    ['loading models', sum(({ end }) => end?.steps.loadS ?? 0)],
    ['warm-up', sum(warmupOf)],
    ['measuring', sum(({ end }) => end?.steps.measureS ?? 0)],
    ['stopping', sum(({ end }) => end?.steps.stopS ?? 0)],
  ] as const;
  const minutes = Math.max(0, ...looks.map(({ atS }) => atS)) / 60;
  const gpus = sessions.at(-1)?.environment.gpus?.length ?? 0;
  const held = gpus > 0 ? `, ${formatNumber(minutes * gpus)} GPU-minutes of ${counted(gpus, 'GPU')}` : '';
  // The first server started before the first measurement, and several at once took more than went by.
  return `from the first measurement to the last ${wentBy(minutes)} went by${held}; all steps together took: ${steps.map(([what, seconds]) => `${what} ${formatNumber(seconds)} s`).join(', ')}`;
}

const wentBy = (minutes: number): string =>
  minutes < 2 ? `${formatNumber(minutes * 60)} s` : `${formatNumber(minutes)} min`;

const warmupOf = ({ points }: Trial): number =>
  points.reduce((total, record) => total + (record.state === 'measured' ? record.measurement.warmupS : 0), 0);
