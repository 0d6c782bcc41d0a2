import { overStartsText } from '../rank/belief-words.ts';
import { intervalsOf } from '../rank/noise.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { formatValue, unitOf } from '../rank/words.ts';
import { marksOf } from '../record/marks.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import type { Interval } from '../statistics/intervals.ts';
import { figure, ranged } from './table-view.ts';

/** What a run is told by: what was decided for, or where nothing was the leader; undefined where nothing was measured. */
export const toldEntry = ({ winner, leader }: Ranking): RankedEntry | undefined => winner ?? leader;

/** The metrics that a model is judged by, objectives first, each once. */
export const judgedBy = ({ goal: { objectives, constraints } }: Pick<Ranking, 'goal'>): string[] => [
  ...new Set([...objectives, ...constraints].map(({ tag }) => tag)),
];

/** The 95 % interval of a value as it is told; null for an end that is not known. */
export const toldInterval = (measurement: Measurement, tag: string, { noise }: Ranking): Interval =>
  intervalsOf(measurement, noise)[tag] ?? [null, null];

/**
 * `93.1 to 109`, the 95 % interval of a value, or what the search knows of it over starts; `93.1 or more` where one end is
 * known, '' where there is none.
 */
export function intervalText(measurement: Measurement, tag: string, ranking: Ranking): string {
  return overStartsText(measurement, tag, ranking) ?? ranged(toldInterval(measurement, tag, ranking), tag);
}

/** The marks that a measurement carries, in words: `unstable (not as steady as was asked)`. */
export const marksText = (measurement: Measurement): string =>
  marksOf(measurement)
    .map(({ tag, text }) => `${tag} (${text})`)
    .join('; ');

/** `≥ 101 (93.1 to 109)`, without the unit; `–` for what was not measured. */
export function figureText(measurement: Measurement, tag: string, ranking: Ranking): string {
  const value = measurement.whole.values[tag];
  if (value === undefined) return figure(undefined, tag);
  const least = tag === 'perf_throughput' && isClientBound(measurement) ? '≥ ' : '';
  const interval = intervalText(measurement, tag, ranking);
  return `${least}${formatValue(value, tag)}${interval && ` (${interval})`}`;
}

/** A number with the unit of its metric, of costs with the currency. */
export const withUnit = (text: string, tag: string, { goal }: Pick<Ranking, 'goal'>): string => {
  const unit = unitOf(tag, goal);
  return unit === '' ? text : `${text} ${unit}`;
};
