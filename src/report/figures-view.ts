import type { PlotSettings } from '../config/plot-settings.ts';
import type { ConstraintVerdict } from '../goal/score.ts';
import { findMetric } from '../ground/metric.ts';
import { capitalized, counted } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import type { Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { inBothWidths, type Role } from './figures/draw.ts';
import { type LoadCurve, loadCurvesData, loadCurvesSvg } from './figures/load-curves.ts';
import { type ParetoData, paretoData, paretoSvg } from './figures/pareto-chart.ts';
import { STAGES } from './figures/request-time.ts';
import { timeSplitData, timeSplitSvg } from './figures/time-split.ts';
import { membersView } from './members-view.ts';
import { plotFigures } from './plots.ts';
import { whatMatteredView } from './what-mattered-view.ts';

const MEMORY_PLOT = /^[gc]pu_mem_/;

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
  const { winner, goal, model } = ranking;
  const figures = plotFigures(plots, model, curvesOf(ranking), { winner, constraints: goal.constraints });
  const shownPlots = isAsked ? figures : figures.filter(({ name }) => name !== 'throughput_v_latency');
  return {
    ...chartsView(ranking, shown, inBothWidths),
    whatMattered: whatMatteredView(ranking),
    figures,
    plotsHeading: !isAsked && shownPlots.every(({ name }) => MEMORY_PLOT.test(name)) ? 'Memory' : 'Plots',
    // The first of the usual ones is the large figure above them, which shows more.
    plots: shownPlots,
  };
}

/** Draws for the widths that a page needs. */
type Drawn = typeof inBothWidths;

/** The figures of all points, of loads, and of where the time goes, with their words. */
export const chartsView = (ranking: Ranking, shown: RankedEntry | undefined, drawn: Drawn) => ({
  pareto: paretoView(ranking, drawn),
  curves: loadCurvesView(curvesOf(ranking), ranking, drawn),
  timeSplit: shown && timeSplitView(ranking, shown, drawn),
});

/** The configurations of which there are lines. */
function curvesOf(ranking: Ranking): readonly RankedEntry[] {
  const first = ranking.entries.slice(0, CURVES);
  return ranking.default && !first.includes(ranking.default) ? [...first, ranking.default] : first;
}

/** What of the figure of all points its words say. */
function paretoView(ranking: Ranking, drawn: Drawn) {
  const data = paretoData(ranking);
  if (!data) return undefined;
  const has = (verdict: ConstraintVerdict): boolean => data.points.some((point) => point.verdict === verdict);
  const hasFailed = (trial: Trial): boolean => trial.state === 'failed';
  const failed = [...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured].filter(hasFailed);
  return {
    svg: drawn((width) => paretoSvg(data, width)),
    heading: `${capitalized(findMetric(data.y.tag)!.label)} against ${findMetric(data.x.tag)!.label}`,
    hasWinner: data.points.some(({ role }) => role === 'winner'),
    hasIntervals: data.points.some(({ intervals: { x, y } }) => [...x, ...y].some((end) => end !== null)),
    hasDefault: data.points.some(({ role }) => role === 'default'),
    missed: has('missed'),
    unknown: has('unknown'),
    shaded: shadedText(data),
    front: data.isFrontAllowed
      ? ranking.goal.constraints.length > 0
        ? `points within the limits${has('unknown') ? ', as far as these were checked,' : ''} that no other beats in both`
        : 'points that no other beats in both'
      : 'points that no other beats in both; none keeps the limits',
    leftOut: data.leftOut > 0 ? counted(data.leftOut, 'point') : '',
    failed: failed.map(({ name }) => ({ name, anchor: anchorOf(name) })),
    failedCount: counted(failed.length, 'configuration'),
  };
}

/** What the shading and the marks of limits mean; '' where neither axis has one. */
function shadedText({ x, y }: ParetoData): string {
  const limits = [...x.limits, ...y.limits];
  if (limits.length === 0) return '';
  const isDashed = limits.some(({ at }) => at === 'inside');
  const isArrow = limits.some(({ at }) => at !== 'inside');
  const how = [...(isDashed ? ['dashed'] : []), ...(isArrow ? ['by an arrow where beyond the figure'] : [])];
  return `Shaded: what keeps the limits on these two (${how.join(', ')}).`;
}

const SIGNS = { star: '★', diamond2: '◆', circle: '●', triangle: '▲', square: '■' } as const;
const STROKES = ['', 'dashed', 'dotted', 'dashed and dotted'] as const;

/** Throughput and latency against load, and what its lines are. */
function loadCurvesView(
  curves: readonly RankedEntry[],
  { winner, goal, noise, entries }: Ranking,
  drawn: Drawn,
) {
  const data = loadCurvesData(curves, { winner, goal, noise });
  // Points at one load alone are no curve: figure and table of all points show them.
  if (!data?.lines.some(({ rungs }) => rungs.length > 1)) return undefined;
  const readings = data.lines.flatMap(({ rungs }) =>
    rungs.flatMap(({ throughput, latency }) => [throughput, ...(latency ? [latency] : [])]),
  );
  const hasBatches = new Set(data.lines.map(({ batchSize }) => batchSize)).size > 1;
  const telling = ({ batchSize, dash, knee, rungs }: LoadCurve): string =>
    [
      ...(hasBatches ? [`client batch ${batchSize}${dash > 0 ? ` (${STROKES[dash]})` : ''}`] : []),
      ...(rungs.length < 2
        ? []
        : [knee === undefined ? 'still grows at the largest load' : `knee at ${knee}`]),
    ].join(', ');
  return {
    svg: drawn((width) => loadCurvesSvg(data, width)),
    lines: data.lines.map((line) => ({
      name: line.variant,
      anchor: anchorOf(line.variant),
      role: line.role,
      sign: SIGNS[line.symbol],
      text: telling(line),
    })),
    hasIntervals: readings.some(({ low, high }) => low < high),
    hasKnee: data.lines.some(({ knee }) => knee !== undefined),
    of:
      entries.length > curves.length ? `${curves.length} of ${counted(entries.length, 'configuration')}` : '',
  };
}

/** Where the time of a request goes: of what the run is told by beside the default, or of the default beside the next best. */
function timeSplitView({ winner, entries, default: base }: Ranking, shown: RankedEntry, drawn: Drawn) {
  const beside = shown === base ? entries.find((entry) => entry !== shown) : base;
  const roleOf = (entry: RankedEntry): Role =>
    entry === winner ? 'winner' : entry === base ? 'default' : 'other';
  const data = timeSplitData(shown, beside, roleOf);
  if (!data) return undefined;
  const told = [shown, ...(beside && data.groups.some(({ bars }) => bars.length > 1) ? [beside] : [])];
  return {
    svg: drawn((width) => timeSplitSvg(data, width)),
    parts: data.parts,
    isSameLoad: data.isSameLoad,
    isBeside: told.length > 1,
    members: membersView(shown.best.measurement),
    of: told.map((entry) => ({
      name: entry.trial.name,
      anchor: anchorOf(entry.trial.name),
      role: roleOf(entry),
      what: entry === winner ? 'what was decided for' : entry === base ? 'the default' : '',
    })),
  };
}
