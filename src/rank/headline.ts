import { metric } from '../ground/metric.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import { overStartsText } from './belief-words.ts';
import { gainWithRange } from './gain-words.ts';
import type { Ranking } from './rank.ts';
import { settingsText } from './settings-words.ts';
import type { RankedEntry } from './standings.ts';
import { confirmedText } from './verdict.ts';
import { formatValue, loadWords, plusMinus, unitOf } from './words.ts';

/**
 * What was decided as one sentence in settings: the configuration's name, its figures with what they are over starts or how
 * sure they are, the gain over the default and its own figure, the limits and the load; undefined where nothing is named.
 * `besidesHeadline` has what else there is to say.
 * @example 'Deploy 2 instances on GPU, dynamic batching (m_config_2): 267 infer/s ± 3.1 % (+74.0 % ± 12.0; default 153) at p99 61.0 ms (limit 150) with 8 requests in flight'
 */
export function headline(ranking: Ranking): string | undefined {
  const { decision, model } = ranking;
  if (decision.kind !== 'deploy' && decision.kind !== 'keep') return undefined;
  const { trial, best } = decision.entry;
  const settings = settingsText(trial);
  const what =
    decision.kind === 'deploy'
      ? `Deploy ${settings} (${trial.name})`
      : `Keep the default of ${model}: ${settings}`;
  return `${what}: ${figuresOf(decision.entry, ranking)} ${loadWords(best.measurement.point)}${confirmedText(best.measurement)}`;
}

function figuresOf(entry: RankedEntry, ranking: Ranking): string {
  const { objectives } = ranking.goal;
  const others = objectives.filter(({ tag }) => !['perf_throughput', 'perf_latency_p99'].includes(tag));
  return [
    `${figure('perf_throughput', entry, ranking)} at p99 ${figure('perf_latency_p99', entry, ranking)}`,
    ...others.map(({ tag }) => `${metric(tag).label} ${figure(tag, entry, ranking)}`),
  ].join(', ');
}

/** The metric that the gain is told behind. */
const aimOf = ({ goal: { objectives } }: Ranking): string =>
  objectives.length === 1 ? objectives[0]!.tag : 'perf_throughput';

/** `146 infer/s ± 6.3 % (+85.5 % ± 19.1; default 78.7)`, `94.1 ms (limit 150)`. */
function figure(tag: string, entry: RankedEntry, ranking: Ranking): string {
  const { measurement } = entry.best;
  const unit = unitOf(tag, ranking.goal);
  const least = tag === 'perf_throughput' ? leastSign(measurement) : '';
  const range = overStartsText(measurement, tag, ranking);
  const isAim = tag === aimOf(ranking);
  const sure = isAim && range === undefined ? plusMinus(measurement, tag, ranking.noise) : '';
  const besides = [
    ...(range === undefined ? [] : [range]),
    ...(isAim ? gainTexts(entry, ranking) : []),
    ...limitTexts(tag, ranking),
  ];
  const value = formatValue(measurement.whole.values[tag] ?? Number.NaN, tag);
  return `${least}${value}${unit && ` ${unit}`}${sure && ` ${sure}`}${besides.length > 0 ? ` (${besides.join('; ')})` : ''}`;
}

/** What the client set is the least that the server can do. */
const leastSign = (measurement: Measurement): string => (isClientBound(measurement) ? '≥ ' : '');

/** `+74 % ± 12`, `default 153`; [] where the default stays, or was not measured. */
function gainTexts(entry: RankedEntry, ranking: Ranking): string[] {
  const { decision, gain, default: base, goal } = ranking;
  if (!base || base === entry || decision.kind !== 'deploy') return [];
  const old = base.best.measurement.whole.values[aimOf(ranking)];
  // With several objectives the gain is that over all of them.
  const over = goal.objectives.length === 1 ? '' : ' over the objectives';
  return [
    ...(decision.reason === 'better' && gain
      ? [`${leastSign(entry.best.measurement)}${gainWithRange(gain)}${over}`]
      : []),
    ...(old === undefined ? [] : [`default ${formatValue(old, aimOf(ranking))}`]),
  ];
}

const limitTexts = (tag: string, { goal }: Ranking): string[] =>
  goal.constraints
    .filter((constraint) => constraint.tag === tag)
    .map(({ value, bound }) => `limit ${bound === 'min' ? 'at least ' : ''}${formatValue(value, tag)}`);
