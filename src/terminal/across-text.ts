import { styleText } from 'node:util';
import { counted } from '../ground/wording.ts';
import {
  type AcrossModels,
  batchSizeOf,
  describeObjectives,
  formatNumber,
  levelText,
  loadedName,
  type RankedEntry,
  type Ranking,
} from '../index.ts';
import { ENDLESS } from './fit.ts';
import { constraintsCell, throughputCell } from './ranking.ts';
import { type Column, textTable } from './table.ts';

const COLUMNS: readonly Column[] = [
  { header: 'Model', spare: 3 },
  { header: 'Model Config' },
  { header: 'infer/s', numeric: true },
  { header: 'p99 ms', numeric: true },
  { header: 'load', spare: 1 },
  { header: 'batch', numeric: true, spare: 4 },
  { header: 'constraints', spare: 2 },
];

function cells({ trial, best }: RankedEntry): string[] {
  const {
    whole: { values },
    point,
  } = best.measurement;
  return [
    loadedName(trial),
    trial.name,
    throughputCell(best.measurement),
    formatNumber(values['perf_latency_p99'] ?? Number.NaN),
    levelText(point),
    String(batchSizeOf(point)),
    constraintsCell(best),
  ];
}

/** What was decided for each model, one below the other. */
export const modelsText = (rankings: readonly Ranking[], columns: number = ENDLESS): string =>
  [
    styleText('bold', 'What was decided for each model:'),
    textTable(
      [{ header: 'decision' }, ...COLUMNS],
      rankings.map(({ decision: { kind, entry }, model }) =>
        // The column of models is the first that a narrow terminal has no room for.
        entry ? [kind, ...cells(entry)] : [kind, model, model, '', '', '', '', ''],
      ),
      columns,
    ),
  ].join('\n');

/** The best configurations of all models, by the global objectives. */
export const acrossText = ({ entries, goal, ties }: AcrossModels, columns: number = ENDLESS): string =>
  [
    styleText(
      'bold',
      `The best ${counted(entries.length, 'configuration')} of all models, by the ${describeObjectives(goal)}:`,
    ),
    textTable(
      [{ header: '#', numeric: true }, ...COLUMNS],
      entries.map((entry, index) => [`${index + 1}${ties.includes(entry) ? '=' : ''}`, ...cells(entry)]),
      columns,
    ),
  ].join('\n');
