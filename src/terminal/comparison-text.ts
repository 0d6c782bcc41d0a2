import { styleText } from 'node:util';
import { metric } from '../ground/metric.ts';
import {
  type Change,
  type ComparedConfiguration,
  type ComparedModel,
  type Comparison,
  changeText,
  hunksOf,
  levelText,
  roleText,
  sessionText,
  signed,
} from '../index.ts';
import { type Column, textTable } from './table.ts';

/** Configurations that are shown beside default, winners and those that surely changed. */
const ROWS = 8;

/** A comparison as text: for each model the verdict, what changed, what was decided; then what else is not as it was. */
export function comparisonText(comparison: Comparison, { verbose = false } = {}): string {
  const { base, new: next, models, changed, gates, onlyBase, onlyNew } = comparison;
  return [
    `BASE  ${sessionText(base)}\nNEW   ${sessionText(next)}`,
    ...models.map((model) => modelText(model, verbose)),
    ...(models.length === 0 ? [comparison.text] : []),
    ...lines([
      ...onlyBase.map((name) => `${name} was measured in BASE only`),
      ...onlyNew.map((name) => `${name} was measured in NEW only`),
    ]),
    ...(changed.length > 0
      ? [
          `What else is not as it was:\n${changed.map(({ what, base: old, new: now }) => `  ${what}: ${old === 'other' ? now : `${old} -> ${now}`}`).join('\n')}`,
        ]
      : []),
    ...lines(gatesText(gates, models.length > 1)),
  ].join('\n\n');
}

/** A comparison in short: what it is with, a sentence for each model, and what the conditions come to. */
export function comparisonSentences({ base, models, text, gates }: Comparison): string {
  return [
    `Compared with ${sessionText(base)}`,
    ...models.map((model) => paint(model.verdict, model.text)),
    ...(models.length === 0 ? [text] : []),
    ...gatesText(gates, models.length > 1),
  ].join('\n');
}

const gatesText = (gates: Comparison['gates'], several: boolean): string[] =>
  gates.map(({ state, asked, model, text }) =>
    paint(state, `${state.padEnd(8)}${asked}: ${several ? `${model}: ` : ''}${text}`),
  );

const lines = (all: readonly string[]): string[] => (all.length > 0 ? [all.join('\n')] : []);

const COLOURS = { worse: 'red', failed: 'red', better: 'green', passed: 'green', unknown: 'yellow' } as const;

const paint = (state: string, text: string): string =>
  state in COLOURS ? styleText(COLOURS[state as keyof typeof COLOURS], text) : text;

function modelText(model: ComparedModel, verbose: boolean): string {
  const { constraints, notes, changes, failed } = model;
  return [
    paint(model.verdict, styleText('bold', model.text)),
    textTable(
      columns('over all'),
      changes.map((change) => row(metric(change.tag).label, change)),
    ),
    ...configurationsText(model, verbose),
    ...lines(
      failed.map(({ new: name, point, cause }) =>
        paint('failed', `failed in NEW: ${name}${point ? `, ${levelText(point)}` : ''}: ${cause}`),
      ),
    ),
    ...lines(decidedLines(model)),
    ...lines(
      constraints
        .filter(({ state }) => state !== 'kept')
        .map(({ state, text, why }) =>
          paint(
            state === 'lost' ? 'worse' : 'unknown',
            `${CONSTRAINT[state]}: ${text}${why === undefined ? '' : ` (${why})`}`,
          ),
        ),
    ),
    ...lines(notes.map((note) => styleText('dim', note))),
  ].join('\n\n');
}

const CONSTRAINT = {
  kept: 'kept',
  lost: 'lost',
  'as before': 'not kept before either',
  unknown: 'not known',
} as const;

const columns = (first: string): Column[] => [
  { header: first },
  { header: 'change', numeric: true },
  { header: '95 %' },
  { header: 'verdict' },
];

const row = (name: string, { percent, low, high, verdict, why }: Change): string[] =>
  percent === null || low === null || high === null
    ? [name, '-', why ?? '', paint(verdict, verdict)]
    : [name, `${signed(percent)} %`, `${signed(low)} to ${signed(high)}`, paint(verdict, verdict)];

/** The configurations by the first objective, with what else of them surely changed. */
function configurationsText(
  { configurations, objectives, changes }: ComparedModel,
  verbose: boolean,
): string[] {
  const tag = objectives[0]?.tag ?? changes[0]?.tag;
  const shown = configurations.filter((item, index) => verbose || index < ROWS || item.role.length > 0);
  if (shown.length === 0 || tag === undefined) return [];
  const table = textTable(
    columns(`configuration, ${metric(tag).label}`),
    shown.flatMap((item) =>
      item.changes
        .filter((change) => change.tag === tag || (verbose && change.percent !== null) || isSure(change))
        .map((change) => row(change.tag === tag ? nameOf(item) : `  ${metric(change.tag).label}`, change)),
    ),
  );
  const hidden = configurations.length - shown.length;
  const isBesideNothing = shown.some((item) =>
    item.changes.some(({ low, high, verdict }) => verdict === 'unknown' && (low ?? 0) * (high ?? 0) > 0),
  );
  const remarks = [
    ...(isBesideNothing ? ['with so many compared at once, an interval beside 0 alone is not sure'] : []),
    ...(hidden > 0 ? [`${hidden} more with --verbose, --json or on the page (-e DIR)`] : []),
  ];
  return [[table, ...remarks.map((remark) => styleText('dim', remark))].join('\n')];
}

const isSure = ({ verdict }: Change): boolean => verdict === 'better' || verdict === 'worse';

function nameOf(item: ComparedConfiguration): string {
  const role = roleText(item);
  const before = item.base === item.new ? '' : `, was ${item.base}`;
  return `${item.new}${before}${role === '' ? '' : ` (${role})`}`;
}

/** What the two runs decided for, and how their config.pbtxt differ. */
function decidedLines({
  winner: { base, new: next, isSame, diff, changes },
  objectives,
}: ComparedModel): string[] {
  if (!base && !next) return [];
  const told = [base, next].map((choice) =>
    choice
      ? `${choice.isDecided ? `${choice.decision} ` : 'nothing; the best is '}${choice.variant} (${levelText(choice.point)})`
      : 'nothing was measured',
  );
  const aims = changes.filter(({ tag }) => objectives.some((objective) => objective.tag === tag));
  return [
    `Decided in BASE: ${told[0]}\n        in NEW:  ${told[1]}${isSame ? ', the same configuration' : ''}`,
    ...aims.map((change) => `  ${metric(change.tag).label} ${changeText(change)}`),
    ...hunksOf(diff).flatMap((hunk) => hunk.map(({ change, text }) => diffLine(change, text))),
  ];
}

const diffLine = (change: string, text: string): string =>
  change === '+'
    ? styleText('green', `  + ${text}`)
    : change === '-'
      ? styleText('red', `  - ${text}`)
      : `    ${text}`;
