import { join } from 'node:path';
import { printConfigText } from '../model-config/config.ts';
import type { Ranking } from '../rank/rank.ts';
import { describeAssignment } from '../rank/words.ts';
import { loadedName, measurementsOf, type Run, type Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { address } from './apply-view.ts';
import { diffView } from './diff-view.ts';
import { failureGroups, lackingText, skippedViews } from './failures.ts';
import { inBothWidths } from './figures/draw.ts';
import { loadCurvesData, loadCurvesSvg } from './figures/load-curves.ts';
import { timeBreakdownData, timeBreakdownSvg } from './figures/time-breakdown.ts';
import { legend } from './figures-view.ts';
import { methodView } from './method.ts';
import { perfAnalyzerLine } from './perf-analyzer-line.ts';
import { type Figure, type PageOptions, plotFigures, USUAL_PLOTS } from './plots.ts';
import { columnsOf, describeConfig, marksUsed, pointRow } from './table-view.ts';
import { levelHeader } from './tables.ts';

/** Everything that the page of one configuration shows. */
export function detailedView(
  run: Run,
  trial: Trial,
  ranking: Ranking | undefined,
  { mode = 'online', plots }: PageOptions = {},
) {
  const entry = ranking?.entries.find((item) => item.trial.name === trial.name);
  const of = { noise: ranking?.noise, prices: ranking?.goal.prices };
  const columns = columnsOf([trial], ranking?.goal);
  const measurements = measurementsOf(trial);
  const times = measurements.length > 0 ? timeBreakdownData(measurements) : undefined;
  const simple = plotFigures(plots ?? USUAL_PLOTS.detailed[mode], trial.name, entry ? [entry] : [], {
    winner: entry,
  });
  const curves = entry ? loadCurvesData([entry], { ...ranking, winner: entry }) : undefined;
  const figures: Figure[] = [
    ...simple,
    ...(times
      ? [
          {
            path: join('plots', 'detailed', trial.name, 'latency_breakdown'),
            svg: timeBreakdownSvg(times, `Latency Breakdown of ${trial.name}`),
          },
        ]
      : []),
  ];
  return {
    title: trial.name,
    anchor: anchorOf(trial.name),
    /** Where the summary of its model lies, seen from its page. */
    summary: ranking ? `../../${address('summaries', ranking.model, 'result_summary.html')}` : '',
    model: loadedName(trial),
    mode,
    change: trial.isDefault
      ? 'The configuration as it lies in the model repository.'
      : `${describeAssignment(trial.models[0].assignment)}.`,
    about: describeConfig(trial),
    rank:
      entry && ranking
        ? `Rank ${ranking.entries.indexOf(entry) + 1} of ${ranking.entries.length}${ranking.ties.includes(entry) ? ', tied with the first' : ''}.`
        : '',
    perfAnalyzer: entry && perfAnalyzerLine(entry, run.sessions.at(-1)?.environment.protocol),
    best: entry ? pointRow(entry.best, columns, of) : undefined,
    method: methodView(run, [trial], ranking?.goal),
    diff: diffView(trial.models[0].diff),
    isDefault: trial.isDefault,
    configText: trial.models[0].configText,
    effectiveText: trial.end?.effective ? printConfigText(trial.end.effective) : '',
    breakdown: times ? timeBreakdownSvg(times) : '',
    curves: curves ? inBothWidths((width) => loadCurvesSvg(curves, width)) : '',
    legend,
    figures,
    plots: simple,
    columns,
    levelHeader: ranking ? levelHeader([ranking]) : '',
    marksUsed: marksUsed(entry?.points ?? []),
    points: (entry?.points ?? []).map((point) => pointRow(point, columns, of)),
    warnings: trial.end?.warnings ?? [],
    lacking: lackingText([trial]),
    failures: failureGroups([trial]),
    skipped: skippedViews([trial]),
  };
}
