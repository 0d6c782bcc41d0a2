import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import { roleText, sessionText, signed } from '../rank/comparison/comparison-words.ts';
import { formatValue, headerOf, unitOf, valueText } from '../rank/words.ts';
import type {
  Change,
  ComparedConfiguration,
  ComparedConstraint,
  ComparedModel,
  Comparison,
  Judgement,
  WinnerChange,
} from '../record/comparison.ts';
import type { Criteria } from '../record/goal.ts';
import { batchSizeOf, levelText } from '../record/load-point.ts';
import { anchorOf } from './anchor.ts';
import { diffView } from './diff-view.ts';
import { changeIntervalsData, changeIntervalsSvg } from './figures/change-intervals.ts';

/** Configurations in the table; `--json` has all of them. */
const ROWS = 200;

export const COLOURS: Readonly<Record<Judgement, string>> = {
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
  const { configurations, changes, constraints, objectives, common, failed, notes } = model;
  const criteria = { prices: { currency: model.currency } };
  const tags = changes.map(({ tag }) => tag);
  const aim = objectives[0]?.tag ?? tags[0];
  const data = aim === undefined ? undefined : changeIntervalsData(model, aim, margin);
  const shown = configurations.slice(0, ROWS);
  // Of what was not measured the figures above say so; a column would say it in every row.
  const told = tagsOf(
    shown.flatMap((item) => item.changes),
    ({ percent }) => percent !== null,
  );
  const measured = tagsOf(
    shown.flatMap(({ points }) => points.flatMap((point) => point.changes)),
    (change) => change.base !== null || change.new !== null,
  );
  return {
    name: model.model,
    anchor: anchorOf(model.model),
    text: model.text,
    verdictClass: COLOURS[model.verdict],
    numbers: changes.map(tileOf),
    constraints: constraints.map((constraint) => ({
      text: constraint.text,
      mark: MARKS[constraint.state] ?? '',
      state: constraint.state,
      told: constraint.why ?? limitText(constraint, criteria),
    })),
    failed: failed.map(({ base, new: next, point, cause }) => ({
      name: base === next ? next : `${next}, was ${base}`,
      load: point ? ` (${levelText(point)})` : '',
      cause,
    })),
    figure: data && data.rows.length > 0 ? changeIntervalsSvg(data) : '',
    caption: `${counted(common.points, 'load')} of ${counted(common.configurations, 'configuration')} that both measured. Dashed: the margin of ± ${margin} %. Red: worse, green: better, blue: the same, grey: not known`,
    winner: winnerView(model.winner, criteria),
    columns: told.map((tag) => ({ header: metric(tag).header })),
    configurations: shown.map((item) => configurationView(item, told)),
    hidden:
      configurations.length > ROWS
        ? `${counted(configurations.length - ROWS, 'configuration')} more in tma compare --json`
        : '',
    pointColumns: measured.map((tag) => ({ header: headerOf(tag, criteria) })),
    points: shown.flatMap((item) => pointViews(item, measured)),
    notes,
  };
}

/** The metrics of which anything is known, in their order. */
const tagsOf = <T extends { readonly tag: string }>(
  all: readonly T[],
  isKnown: (item: T) => boolean,
): string[] => [...new Set(all.filter(isKnown).map(({ tag }) => tag))];

type Unit = Pick<Criteria, 'prices'>;

/** `BASE met (20.9 ms), NEW met (22.9 ms)` */
function limitText({ tag, ...of }: ComparedConstraint, criteria: Unit): string {
  const side = (verdict: string, measured: number | null): string =>
    `${verdict}${measured === null ? '' : ` (${valueText(measured, tag, criteria)})`}`;
  return `BASE ${side(of.base, of.baseMeasured)}, NEW ${side(of.new, of.newMeasured)}`;
}

/** A change as a large figure. */
export const tileOf = ({ tag, percent, low, high, verdict, why }: Change) => ({
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

/** Of each of these metrics what an item has. */
const ofTags = <T extends { readonly tag: string }>(tags: readonly string[], all: readonly T[]): T[] =>
  tags.flatMap((tag) => all.find((item) => item.tag === tag) ?? []);

const configurationView = (item: ComparedConfiguration, tags: readonly string[]) => ({
  name: item.new,
  before: item.base === item.new ? '' : `was ${item.base}`,
  role: roleText(item),
  loads: String(item.points.filter(({ leftOut }) => !leftOut).length),
  cells: ofTags(tags, item.changes).map(cellOf),
  changed: item.changed.length > 0 ? `changed: ${item.changed.join(', ')}` : '',
});

const pointViews = (item: ComparedConfiguration, tags: readonly string[]) =>
  item.points.map(({ point, changes, leftOut }) => ({
    name: item.new,
    load: levelText(point),
    batchSize: String(batchSizeOf(point)),
    cells: ofTags(tags, changes).map((change) => ({
      text: `${figure(change.base, change.tag)} → ${figure(change.new, change.tag)}`,
      range: leftOut || change.percent === null ? (change.why ?? '') : `${signed(change.percent)} %`,
    })),
  }));

const figure = (value: number | null, tag: string): string =>
  value === null ? '–' : formatValue(value, tag);

function winnerView({ base, new: next, isSame, changes, diff }: WinnerChange, criteria: Unit) {
  const sentence = (choice: WinnerChange['base']): string => choice?.sentence ?? 'Nothing was measured.';
  return {
    base: sentence(base),
    new: sentence(next),
    isSame,
    changes: changes
      .filter((change) => change.base !== null || change.new !== null)
      .map(({ tag, base: old, new: now, ...change }) => ({
        label: metric(tag).label,
        values: `${figure(old, tag)} → ${figure(now, tag)} ${unitOf(tag, criteria)}`.trimEnd(),
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
