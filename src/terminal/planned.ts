import { styleText } from 'node:util';
import { counted, grouped } from '../ground/wording.ts';
import {
  batchSizeOf,
  compactValue,
  describeConstraint,
  describeObjectives,
  type Expectation,
  type LoadPoint,
  levelOf,
  levelText,
  type PlannedModel,
  type ResolvedOption,
  shortNames,
  show,
} from '../index.ts';
import { ENDLESS, labelled, visibleWidth, wrapped } from './fit.ts';
import { textTable } from './table.ts';

/** What is shown of a plan beside its few lines. */
export interface PlanParts {
  /** Every option and where it comes from. */
  readonly options?: boolean;
  /** Every configuration, with its points and its config.pbtxt. */
  readonly configs?: boolean;
  /** Those of the terminal. */
  readonly columns?: number;
}

/** For each model in a few lines what would be measured; more of it where it is asked for. */
export function planText(
  options: readonly ResolvedOption[],
  models: readonly PlannedModel[],
  { options: withOptions = false, configs = false, columns = ENDLESS }: PlanParts = {},
): string {
  const more = [
    ...(configs ? [] : ['--configs shows every configuration']),
    ...(withOptions ? [] : ['--options where every option comes from']),
  ];
  return [
    ...models.map((model) => modelText(model, columns)),
    ...(models.length > 1 ? [totalText(models)] : []),
    ...(configs ? models.flatMap(({ variants }) => variants.map(variantText)) : []),
    ...(withOptions ? [optionsText(options)] : []),
    ...(more.length > 0 ? [styleText('dim', wrapped(more.join(', '), columns))] : []),
  ].join('\n\n');
}

function optionsText(options: readonly ResolvedOption[]): string {
  const rows = options.map(({ key, value, text, source }) => [
    key,
    value === null ? (text ?? '-') : typeof value === 'string' ? value : show(value),
    typeof source === 'string' ? source : `${source.file}:${source.line}:${source.column}`,
  ]);
  return textTable([{ header: 'option' }, { header: 'value' }, { header: 'from' }], rows);
}

const EXTENTS = {
  listed: ', all of them to be measured',
  searched: ', the best of them to be looked for',
  'at most': ' at most: a load that brings nothing ends a configuration',
  open: ' at most: the search makes the others from what it measures',
  unknown: '',
} as const;

const LABEL = 10;

function modelText(model: PlannedModel, columns: number): string {
  const { plan, extent, space, variants, expected, known, warnings, notes } = model;
  const line = (label: string, text: string): string => labelled(`  ${label}`, text, columns, LABEL + 2);
  const points = pointsIn(model);
  const size = `${counted(space?.configurations ?? variants.length, 'configuration')}, ${counted(points, 'point')}`;
  // Where the journal has some, its own line says which are left.
  const which = extent === 'listed' && known > 0 ? '' : EXTENTS[extent];
  const head = `${styleText('bold', plan.name)}${extent === 'unknown' ? '' : `: ${size}${which}`}`;
  const [first] = variants;
  const limits = plan.constraints.map((constraint) => describeConstraint(constraint, plan));
  return [
    wrapped(head, columns, '  '),
    ...(expected ? [line('time', expectationText(expected))] : []),
    ...(first ? [line('journal', journalText(known, points))] : []),
    ...sweptLines(model, line),
    ...(first ? [line('load', loadsText(model))] : []),
    line('aim', [describeObjectives(plan), ...limits].join('; ')),
    ...warnings.map((text) => styleText('yellow', line('warning', text))),
    ...notes.map((text) => line('note', text)),
  ].join('\n');
}

const pointsIn = ({ space, variants }: PlannedModel): number =>
  space
    ? space.configurations * space.loads.length
    : variants.reduce((sum, variant) => sum + variant.points.length, 0);

/** `about 2 minutes with brute: up to 28 measurements and 12 starts (...)`. */
function expectationText({ search, measurements, starts, looks, isUsual, minutes, by }: Expectation): string {
  const [point, start] = [by.pointS, by.startS].map((seconds) => `${seconds.toPrecision(2)} s`);
  const why = by.earlier
    ? `a measurement took ${point}, a start ${start} before`
    : `if a measurement takes ${point} and a start ${start}`;
  return `${timeText(minutes)} with ${search}: ${isUsual ? 'usually' : 'up to'} ${counted(measurements, 'measurement')}${looksText(looks)} and ${counted(starts, 'start')} of a server (${why})`;
}

/** ` (3 of them for the baseline, 2 looks at the sentinel)`; empty where there are none. */
function looksText({ baseline, sentinel }: Expectation['looks']): string {
  const parts = [
    ...(baseline > 0 ? [`${baseline} of them for the baseline`] : []),
    ...(sentinel > 0 ? [`${counted(sentinel, 'look')} at the sentinel`] : []),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

const timeText = (minutes: number): string =>
  minutes < 1
    ? 'less than a minute'
    : minutes < 120
      ? `about ${counted(Math.round(minutes), 'minute')}`
      : `about ${counted(Math.round(minutes / 60), 'hour')}`;

const journalText = (known: number, points: number): string =>
  known === 0
    ? 'has none of the points'
    : `has ${known === points ? 'all' : grouped(known)} of the ${counted(points, 'point')}; they are not measured again if the server is the same`;

function totalText(models: readonly PlannedModel[]): string {
  const minutes = models.reduce((sum, { expected }) => sum + (expected?.minutes ?? 0), 0);
  const isAll = models.every(({ expected }) => expected);
  return `${styleText('bold', 'together')}: ${timeText(minutes)} for ${counted(models.length, 'model')}${isAll ? '' : ', and those of which nothing is known yet'}`;
}

/** Fields that a line is spent on. */
const MOST_SWEPT = 5;

/** Every field of the configuration that is tried with several values, and the values. */
function sweptLines(
  { variants, space }: PlannedModel,
  line: (label: string, text: string) => string,
): string[] {
  const swept = space ? automaticValues(space) : valuesOf(variants);
  if (swept.length === 0)
    return variants.length > 0 ? [line('tried', 'the default configuration alone')] : [];
  const width = Math.max(...swept.map(({ name }) => visibleWidth(name)));
  const shown = swept.length > MOST_SWEPT ? swept.slice(0, MOST_SWEPT - 1) : swept;
  const more = swept.length - shown.length;
  return [
    ...shown.map(({ name, values }, index) =>
      line(index === 0 ? 'tried' : '', `${name.padEnd(width)}  ${listText(values)}`),
    ),
    ...(more > 0 ? [line('', `and ${counted(more, 'field')} more`)] : []),
  ];
}

interface Swept {
  readonly name: string;
  readonly values: readonly string[];
}

const automaticValues = ({ instanceCounts, batchSizes }: NonNullable<PlannedModel['space']>): Swept[] => [
  { name: 'instances', values: instanceCounts.map(String) },
  ...(batchSizes.length > 0 ? [{ name: 'max_batch_size', values: batchSizes.map(String) }] : []),
];

function valuesOf(variants: PlannedModel['variants']): Swept[] {
  const paths = [...new Set(variants.flatMap(({ assignment }) => Object.keys(assignment)))];
  const names = shortNames(paths);
  return paths.map((path, index) => ({
    name: names[index]!,
    values: [
      ...new Set(
        variants.flatMap(({ assignment }) =>
          path in assignment ? [compactValue(path, assignment[path])] : [],
        ),
      ),
    ],
  }));
}

/** Of a longer list the first and the last are told. */
const MOST_VALUES = 8;

function listText(values: readonly string[]): string {
  if (values.length <= MOST_VALUES) return values.join(', ');
  return `${values.slice(0, 3).join(', ')} ... ${values.at(-1)} (${counted(values.length, 'value')})`;
}

/** The loads of whatever configuration takes most of them; a batch that is too large for one may not be for another. */
function loadsText({ variants, space }: PlannedModel): string {
  const most = [space?.loads ?? [], ...variants.map(({ points }) => points)].reduce((one, other) =>
    other.length > one.length ? other : one,
  );
  const groups = Map.groupBy(most, batchSizeOf);
  return [...groups]
    .map(([batch, group]) => {
      const unit = levelText(group[0]!).replace(/^\S+ /, '');
      return `${batch > 1 ? `batch ${batch}: ` : ''}${listText(group.map((point) => grouped(levelOf(point))))} ${unit}`;
    })
    .join('; ');
}

const variantText = ({ name, points, skipped, configText }: PlannedModel['variants'][number]): string =>
  [
    `${styleText('bold', name)}: ${pointsText(points)}`,
    ...skipped.map((item) => `  skipped: ${item.reason}: ${pointsText(item.points)}`),
    ...configText
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ].join('\n');

/** `1, 4, 8 in flight; batch 2: 1, 4 in flight`. */
function pointsText(points: readonly LoadPoint[]): string {
  const groups = Map.groupBy(points, batchSizeOf);
  return [...groups]
    .map(([batch, group]) => {
      const unit = levelText(group[0]!).replace(/^\S+ /, '');
      const levels = group.map(levelOf).join(', ');
      return `${batch > 1 ? `batch ${batch}: ` : ''}${levels} ${unit}`;
    })
    .join('; ');
}
