import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import { instanceGroups } from '../model-config/config.ts';
import { COSTS, type Constraint, type Criteria, type Goal, type Prices } from '../record/goal.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import type { TrialEnd } from '../record/run.ts';
import { intervalsOf, type Noise } from './noise.ts';
import type { RankedEntry } from './standings.ts';

/** A number as people read it: whole from 1000 on, else about three significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) >= 10) return value.toFixed(1);
  // A small one is no zero.
  return value === 0 || Math.abs(value) >= 0.01 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
}

/** A value of a metric. What an inference costs is small in some currencies, and its digits count all the same. */
export const formatValue = (value: number, tag: string): string =>
  metric(tag).source === 'derived' && Math.abs(value) < 1000
    ? String(Number(value.toPrecision(3)))
    : formatNumber(value);

/** `p99 latency at most 10 ms`; of costs with the currency, where the prices name one. */
export function describeConstraint(
  { tag, bound, value }: Constraint,
  criteria: Pick<Criteria, 'prices'> = {},
): string {
  const { label } = metric(tag);
  return `${label} at ${bound === 'max' ? 'most' : 'least'} ${valueText(value, tag, criteria)}`;
}

/** A value with its unit; of costs with the currency, where the prices name one. */
export function valueText(value: number, tag: string, criteria: Pick<Criteria, 'prices'>): string {
  const unit = unitOf(tag, criteria);
  return `${formatValue(value, tag)}${unit && ` ${unit}`}`;
}

/** The unit of a metric; of costs the currency, where one was named. */
export const unitOf = (tag: string, { prices }: Pick<Criteria, 'prices'>): string =>
  (COSTS.some((cost) => cost === tag) && prices?.currency) || metric(tag).unit;

/** What stands above a column of a metric; above costs with the currency, where one was named. */
export function headerOf(tag: string, { prices }: Pick<Criteria, 'prices'>): string {
  const { header } = metric(tag);
  return COSTS.some((cost) => cost === tag) && prices?.currency ? `${header} (${prices.currency})` : header;
}

/** What to try after a failure; where it says to see the log, with the log's place. */
export const adviceText = ({ advice = '', logFile }: Pick<TrialEnd, 'advice' | 'logFile'>): string =>
  logFile === undefined ? advice : advice.replace(/see the log\b/, (words) => `${words} ${logFile}`);

/** The prices in words: `2.5 EUR for a GPU and an hour, ...`; empty where none was given. */
export function pricesText({ perGpuHour, perCpuHour, currency, requestRate }: Prices): string {
  const amount = (price: number): string => `${price}${currency === undefined ? '' : ` ${currency}`}`;
  return [
    ...(perGpuHour === undefined ? [] : [`${amount(perGpuHour)} for a GPU and an hour`]),
    ...(perCpuHour === undefined ? [] : [`${amount(perCpuHour)} for a busy CPU core and an hour`]),
    ...(requestRate === undefined ? [] : [`a month at ${formatNumber(requestRate)} requests a second`]),
  ].join(', ');
}

/** `with 4 requests in flight`, `at 200 requests a second`. */
export function loadWords(point: LoadPoint): string {
  const batch = batchSizeOf(point) > 1 ? ` and client batch ${batchSizeOf(point)}` : '';
  return isRate(point)
    ? `at ${formatNumber(levelOf(point))} requests a second${batch}`
    : `with ${counted(levelOf(point), 'request')} in flight${batch}`;
}

/** What the objectives are, in words. */
export function describeObjectives({ objectives }: Pick<Goal, 'objectives'>): string {
  return objectives
    .map(({ tag }) => `${metric(tag).better === 'higher' ? 'highest' : 'lowest'} ${metric(tag).label}`)
    .join(' and ');
}

/** A value that sets nothing, such as `{}`. */
export const NOTHING = '-';

/** A value of a parameter in few words: `2:CPU` for instance groups, else the scalars in it; `-` for none. */
export function compactValue(path: string, value: unknown): string {
  if (path === 'instance_group' && Array.isArray(value)) {
    return instanceGroups({ instance_group: value })
      .map(({ kind, count }) => `${count}:${kind}`)
      .join(' + ');
  }
  if (value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  const leaves = Object.values(value).map((item) => compactValue('', item));
  return leaves.filter((text) => text !== NOTHING).join(' ') || NOTHING;
}

/** How a configuration differs from the default: `instance_group = 2:CPU, ...`; empty for the default. */
export const describeAssignment = (assignment: Readonly<Record<string, unknown>>): string =>
  Object.entries(assignment)
    .map(([path, value]) => `${path} = ${compactValue(path, value)}`)
    .join(', ');

/** The parameters whose values are not the same in all configurations but the default; all of them when none varies. */
export function varyingPaths(entries: readonly RankedEntry[]): string[] {
  const trials = entries.map((entry) => entry.trial).filter((trial) => !trial.isDefault);
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.models[0].assignment)))];
  const varying = paths.filter(
    (path) => new Set(trials.map((trial) => JSON.stringify(trial.models[0].assignment[path]))).size > 1,
  );
  return varying.length > 0 ? varying : paths;
}

/**
 * Paths of config.pbtxt, each cut down to the shortest end that no other has: `max_queue_delay_microseconds`, but
 * `instance_group[0].count` and `instance_group[1].count`.
 */
export function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split('.'));
  const end = (index: number, length: number): string => parts[index]!.slice(-length).join('.');
  return paths.map((path, index) => {
    for (let length = 1; length < parts[index]!.length; length++) {
      const name = end(index, length);
      if (paths.every((other, at) => other === path || end(at, length) !== name)) return name;
    }
    return path;
  });
}

/** So many names are told one by one. */
const NAMED = 3;

/** The names of configurations: `a, b, c and 4 more`. */
export function namesOf(entries: readonly RankedEntry[]): string {
  const names = entries.slice(0, NAMED).map(({ trial }) => trial.name);
  const more = entries.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/**
 * The interval of a value as `± 2.1 %`; empty where there is none.
 * @param noise of the model, so that it is that of results.json and the reports; absent: of what was measured by itself.
 */
export function plusMinus(measurement: Measurement, tag: string, noise?: Noise): string {
  const intervals = noise ? intervalsOf(measurement, noise) : measurement.whole.intervals;
  const [low, high] = intervals[tag] ?? [null, null];
  const value = measurement.whole.values[tag];
  if (low === null || high === null || !value) return '';
  return `± ${formatNumber(((high - low) / 2 / value) * 100)} %`;
}
