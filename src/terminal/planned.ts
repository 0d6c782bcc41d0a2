import { styleText } from 'node:util';
import { counted } from '../ground/wording.ts';
import {
  batchSizeOf,
  type Expectation,
  type LoadPoint,
  levelOf,
  levelText,
  type PlannedModel,
  type ResolvedOption,
  show,
} from '../index.ts';
import { textTable } from './table.ts';

const EXTENTS = {
  listed: '',
  searched: '',
  'at most': ' at most: a load that brings nothing ends a configuration',
  open: ' at most: the search makes the others from what it measures',
  unknown: '',
} as const;

/** Every option, then for each model what would be measured. */
export function planText(options: readonly ResolvedOption[], models: readonly PlannedModel[]): string {
  const rows = options.map(({ key, value, text, source }) => [
    key,
    value === null ? (text ?? '-') : typeof value === 'string' ? value : show(value),
    typeof source === 'string' ? source : `${source.file}:${source.line}:${source.column}`,
  ]);
  const table = textTable([{ header: 'option' }, { header: 'value' }, { header: 'from' }], rows);
  return [table, ...models.map(modelText)].join('\n\n');
}

function modelText({ plan, variants, extent, space, expected, notes }: PlannedModel): string {
  const perVariant = variants[0]?.points.length ?? 0;
  const points = space
    ? space.configurations * perVariant
    : variants.reduce((sum, variant) => sum + variant.points.length, 0);
  const size = `${counted(space?.configurations ?? variants.length, 'configuration')}, ${counted(points, 'point')}`;
  const head =
    extent === 'unknown' ? plan.name : `${styleText('bold', plan.name)}: ${size}${EXTENTS[extent]}`;
  return [
    [head, ...(expected ? [expectationText(expected)] : []), ...notes].join('\n'),
    ...variants.map(({ name, points: loads, skipped, configText }) =>
      [
        `${styleText('bold', name)}: ${pointsText(loads)}`,
        ...skipped.map((item) => `  skipped: ${item.reason}: ${pointsText(item.points)}`),
        ...configText
          .trimEnd()
          .split('\n')
          .map((line) => `  ${line}`),
      ].join('\n'),
    ),
  ].join('\n\n');
}

/** `brute: up to 28 measurements and 12 starts, about 2 minutes (...)`. */
function expectationText({ search, measurements, starts, isUsual, minutes, by }: Expectation): string {
  const time = minutes < 1 ? 'less than a minute' : `about ${counted(Math.round(minutes), 'minute')}`;
  const [point, start] = [by.pointS, by.startS].map((seconds) => `${seconds.toPrecision(2)} s`);
  const why = by.earlier
    ? `a measurement took ${point}, a start ${start} before`
    : `if a measurement takes ${point} and a start ${start}`;
  return `${search}: ${isUsual ? 'usually' : 'up to'} ${counted(measurements, 'measurement')} and ${counted(starts, 'start')}, ${time} (${why})`;
}

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
