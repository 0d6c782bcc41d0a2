import type { PlotSettings } from '../config/plot-settings.ts';
import { counted } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { measurementsOf } from '../record/run.ts';
import { loadLadderData, loadLadderSvg } from './figures/load-ladder.ts';
import { throughputLatencyData, throughputLatencySvg } from './figures/throughput-latency.ts';
import { STAGES, timeBreakdownData, timeBreakdownSvg } from './figures/time-breakdown.ts';
import { plotFigures } from './plots.ts';

/** More configurations than this in a figure of loads, beside the default, make it unreadable. */
const CURVES = 3;

export const legend = STAGES.map(({ name, color }) => ({ name, color }));

/**
 * The figures of the summary page.
 * @param shown what was decided for, or where nothing was the leader.
 * @param isAsked whether the plots are those that the user asked for.
 */
export function figuresView(
  ranking: Ranking,
  shown: RankedEntry | undefined,
  plots: readonly PlotSettings[],
  isAsked: boolean,
) {
  const { winner, goal, entries, model } = ranking;
  const curves = entries.slice(0, CURVES);
  if (ranking.default && !curves.includes(ranking.default)) curves.push(ranking.default);
  const figures = plotFigures(plots, model, curves, { winner, constraints: goal.constraints });
  return {
    scatter: entries.length > 0 ? throughputLatencySvg(throughputLatencyData(ranking)) : '',
    /** Whether some points are drawn pale, as it is not known whether they keep the limits. */
    pale: entries.some(({ points }) => points.some((point) => point.verdict === 'unknown')),
    ladder: curves.length > 0 ? loadLadderSvg(loadLadderData(curves, winner)) : '',
    curves: `${counted(curves.length, 'configuration')} of ${entries.length}: the best and the default`,
    breakdown: shown ? timeBreakdownSvg(timeBreakdownData(measurementsOf(shown.trial))) : '',
    breakdownOf: shown?.trial.name ?? '',
    legend,
    figures,
    // The first of the usual ones is the large figure above them, which shows more.
    plots: isAsked ? figures : figures.filter(({ name }) => name !== 'throughput_v_latency'),
  };
}
