import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import { roleText, sessionText, signed } from '../rank/comparison/comparison-words.ts';
import { formatNumber } from '../rank/words.ts';
import type {
  Change,
  ComparedConfiguration,
  ComparedModel,
  Comparison,
  Judgement,
  WinnerChange,
} from '../record/comparison.ts';
import { batchSizeOf, levelText } from '../record/load-point.ts';
import { diffView } from './diff-view.ts';
import { changeIntervalsData, changeIntervalsSvg } from './figures/change-intervals.ts';

/** Configurations in the table; `--json` has all of them. */
const ROWS = 200;

const COLOURS: Readonly<Record<Judgement, string>> = {
  better: 'good',
  same: 'good',
  worse: 'bad',
  unknown: 'open',
};
const MARKS: Readonly<Record<string, string>> = {
  better: 'yes',
  same: 'yes',
  passed: 'yes',
  kept: 'yes',
  worse: 'no',
  failed: 'no',
  lost: 'no',
  unknown: 'unknown',
  'as before': 'unknown',
};

/** Everything that the page of a comparison shows; its template holds no logic beyond loops. */
export function comparisonView(comparison: Comparison) {
  const { base, new: next, models, verdict, text, margin, gates, changed, onlyBase, onlyNew } = comparison;
  return {
    title: `${models.map(({ model }) => model).join(', ') || 'Nothing'} compared`,
    verdict: text,
    verdictClass: COLOURS[verdict],
    margin: String(margin),
    base: sessionText(base),
    new: sessionText(next),
    gates: gates.map((gate) => ({ ...gate, mark: MARKS[gate.state] ?? '' })),
    several: models.length > 1,
    models: models.map((model) => modelView(model, margin)),
    missing: [
      ...onlyBase.map((name) => `${name} was measured in BASE only`),
      ...onlyNew.map((name) => `${name} was measured in NEW only`),
    ],
    changed: changed.map((item) => ({ ...item, base: item.base === 'other' ? '' : item.base })),
  };
}

function modelView(model: ComparedModel, margin: number) {
  const { configurations, changes, constraints, objectives, common, failed, winner, notes } = model;
  const tags = changes.map(({ tag }) => tag);
  const aim = objectives[0]?.tag ?? tags[0];
  const data = aim === undefined ? undefined : changeIntervalsData(model, aim, margin);
  return {
    name: model.model,
    text: model.text,
    verdictClass: COLOURS[model.verdict],
    numbers: changes.map(tileOf),
    constraints: constraints.map(({ text, state, base, new: next, baseMeasured, newMeasured, why }) => ({
      text,
      mark: MARKS[state] ?? '',
      state,
      told: why ?? `BASE ${limitText(base, baseMeasured)}, NEW ${limitText(next, newMeasured)}`,
    })),
    failed: failed.map(({ base, new: next, point, cause }) => ({
      name: base === next ? next : `${next}, was ${base}`,
      load: point ? ` (${levelText(point)})` : '',
      cause,
    })),
    figure: data && data.rows.length > 0 ? changeIntervalsSvg(data) : '',
    caption: `${counted(common.points, 'load')} of ${counted(common.configurations, 'configuration')} that both measured. Dashed: the margin of ± ${margin} %. Red: worse, green: better, blue: the same, grey: not known`,
    winner: winnerView(winner),
    columns: tags.map((tag) => ({ header: metric(tag).header })),
    configurations: configurations.slice(0, ROWS).map(configurationView),
    hidden:
      configurations.length > ROWS
        ? `${counted(configurations.length - ROWS, 'configuration')} more in tma compare --json`
        : '',
    points: configurations.slice(0, ROWS).flatMap(pointViews),
    notes,
  };
}

const limitText = (verdict: string, measured: number | null): string =>
  `${verdict}${measured === null ? '' : ` (${formatNumber(measured)})`}`;

/** A change as a large figure. */
const tileOf = ({ tag, percent, low, high, verdict, why }: Change) => ({
  label: metric(tag).label,
  value: percent === null ? '–' : signed(percent),
  unit: percent === null ? '' : '%',
  range: low === null || high === null ? (why ?? '') : `${signed(low)} to ${signed(high)} %`,
  verdict,
  mark: MARKS[verdict] ?? '',
});

const cellOf = ({ percent, low, high, verdict, why = '' }: Change) => ({
  text: percent === null ? '–' : `${signed(percent)} %`,
  range: low === null || high === null ? why : `${signed(low)} to ${signed(high)}`,
  verdict,
  mark: MARKS[verdict] ?? '',
});

const configurationView = (item: ComparedConfiguration) => ({
  name: item.new,
  before: item.base === item.new ? '' : `was ${item.base}`,
  role: roleText(item),
  loads: String(item.points.filter(({ leftOut }) => !leftOut).length),
  cells: item.changes.map(cellOf),
  changed: item.changed.length > 0 ? `changed: ${item.changed.join(', ')}` : '',
});

const pointViews = (item: ComparedConfiguration) =>
  item.points.map(({ point, changes, leftOut }) => ({
    name: item.new,
    load: levelText(point),
    batchSize: String(batchSizeOf(point)),
    cells: changes.map((change) => ({
      text: `${figure(change.base)} → ${figure(change.new)}`,
      range: leftOut ? (change.why ?? '') : change.percent === null ? '' : `${signed(change.percent)} %`,
    })),
  }));

const figure = (value: number | null): string => (value === null ? '–' : formatNumber(value));

function winnerView({ base, new: next, isSame, changes, diff }: WinnerChange) {
  const sentence = (choice: WinnerChange['base']): string => choice?.sentence ?? 'Nothing was measured.';
  return {
    base: sentence(base),
    new: sentence(next),
    isSame,
    changes: changes.map(({ tag, base: old, new: now, ...change }) => ({
      label: metric(tag).label,
      values: `${figure(old)} → ${figure(now)} ${metric(tag).unit}`,
      ...cellOf({ tag, ...change }),
    })),
    diff: diffView(diff),
    configText: next?.configText ?? '',
    heading: isSame
      ? 'The same configuration'
      : next && base
        ? `${base.variant} → ${next.variant}`
        : 'What was decided',
  };
}
