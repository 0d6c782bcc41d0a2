import { counted } from '../ground/wording.ts';
import type { AcrossModels } from '../rank/across.ts';
import { describeConstraint, describeObjectives, namesOf } from '../rank/words.ts';
import { batchSizeOf } from '../record/load-point.ts';
import { loadedName, type Run } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { address } from './apply-view.ts';
import { methodView } from './method.ts';
import { type PageOptions, plotFigures, USUAL_PLOTS } from './plots.ts';
import {
  columnsOf,
  describeConfig,
  gpuCount,
  marksUsed,
  pointRow,
  SETTINGS,
  SUMMARY_COLUMNS,
  settingCells,
} from './table-view.ts';

/** What Model Analyzer calls it, in paths as well. */
export const ACROSS_MODELS = 'Best Configs Across All Models';

/** What the limits come to, told of the best of all. */
const OF_ALL = {
  met: '',
  missed: ', none of which meets the constraints',
  unknown: ', of none of which it is known whether it meets the constraints',
} as const;

/** Everything that the page of the best configurations of all models shows. */
export function acrossView(
  run: Run,
  { entries, decided, goal, missing, noise, ties }: AcrossModels,
  { mode = 'online', plots }: PageOptions = {},
) {
  const trials = entries.map(({ trial }) => trial);
  const columns = columnsOf(trials, goal).filter(({ tag }) => SUMMARY_COLUMNS.includes(tag));
  const [first] = entries;
  const isDecided = first !== undefined && decided.includes(first);
  const but =
    first?.best.verdict === 'missed' || isDecided
      ? ''
      : ' That is no decision: see the summary of its model.';
  const near = ties.filter((entry) => entries.includes(entry));
  const tied =
    near.length > 0 ? ` Tied with it: ${namesOf(near)}; what was measured can't tell them apart.` : '';
  const names = new Set(trials.map(loadedName));
  const models = [...new Set(run.trials.map(loadedName))];
  const without = models.filter((model) => !names.has(model));
  const absent =
    without.length > 0
      ? ` Of ${without.join(' and ')} there is none among them: ${without.length === 1 ? 'its own page says' : 'their own pages say'} what came of ${without.length === 1 ? 'it' : 'them'}.`
      : '';
  const { settings, hasBatches, sameInAll, cells } = settingsOf(entries, gpuCount(run));
  const several =
    names.size > 1
      ? ' An inference of one model is other work than one of another: the order compares their figures, and not the models.'
      : '';
  return {
    title: ACROSS_MODELS,
    mode,
    models: models.join(', '),
    objectives: describeObjectives(goal),
    constraints: goal.constraints.map((constraint) => {
      const lacking = missing.find(({ tag, everywhere }) => everywhere && tag === constraint.tag);
      return {
        text: describeConstraint(constraint, goal),
        missing: lacking ? `not measured: ${lacking.why}` : '',
      };
    }),
    verdict: first
      ? `The best ${counted(entries.length, 'configuration')} of all models${OF_ALL[first.best.verdict]}. First is ${first.trial.name}: ${describeConfig(first.trial)}.${tied}${but}${absent}${several}`
      : 'Nothing could be measured.',
    verdictClass: isDecided ? 'good' : first && first.best.verdict !== 'missed' ? 'open' : 'bad',
    perfAnalyzer: undefined,
    method: methodView(run, trials, goal),
    figures: plotFigures(plots ?? USUAL_PLOTS.summary[mode], ACROSS_MODELS, entries, {
      winner: isDecided ? first : undefined,
      constraints: goal.constraints,
    }),
    columns,
    settings,
    hasBatches,
    sameInAll,
    marksUsed: marksUsed(entries.map(({ best }) => best)),
    entries: entries.map(({ trial, best }, index) => ({
      position: index + 1,
      name: trial.name,
      model: loadedName(trial),
      /** The summary of its model, seen from this page. */
      page: `../${address(loadedName(trial), 'result_summary.html')}`,
      anchor: anchorOf(trial.name),
      settings: cells[index]!,
      best: pointRow(best, columns, { noise: noise[loadedName(trial)], prices: goal.prices }),
    })),
  };
}

/** The settings that differ between these configurations, with the cells of each; what is alike in words. */
function settingsOf(entries: AcrossModels['entries'], gpus: number) {
  const all = entries.map(({ trial }) => settingCells(trial, gpus));
  const varies = SETTINGS.map((_, at) => new Set(all.map((cells) => cells[at])).size > 1);
  const batches = new Set(entries.map(({ best }) => batchSizeOf(best.measurement.point)));
  const alike = all[0]
    ? SETTINGS.flatMap((name, at) => (varies[at] ? [] : [`${name.toLowerCase()} ${all[0]![at]}`]))
    : [];
  return {
    settings: SETTINGS.filter((_, at) => varies[at]),
    cells: all.map((cells) => cells.filter((_, at) => varies[at])),
    hasBatches: batches.size > 1,
    sameInAll: [...alike, ...(batches.size === 1 ? [`client batch ${[...batches][0]}`] : [])].join(', '),
  };
}
