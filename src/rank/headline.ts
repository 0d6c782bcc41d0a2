import { metric } from '../ground/metric.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import type { Ranking } from './rank.ts';
import { settingsText } from './settings-words.ts';
import type { RankedEntry } from './standings.ts';
import { formatNumber, formatValue, unitOf } from './words.ts';

/**
 * What was decided as one sentence in settings, with the gain over the default, the default's own figure and the limits;
 * undefined where nothing is named. What is behind it is in `verdict`.
 * @example 'Deploy 2 instances on GPU, dynamic batching: 267 infer/s (+74 % ± 12; default 153) at p99 61.0 ms, limit 150'
 */
export function headline(ranking: Ranking): string | undefined {
  const { decision } = ranking;
  if (decision.kind !== 'deploy' && decision.kind !== 'keep') return undefined;
  const { entry } = decision;
  const what = decision.kind === 'deploy' ? 'Deploy' : 'Keep the default:';
  return `${what} ${settingsText(entry.trial)}: ${figuresOf(entry, ranking)}`;
}

function figuresOf(entry: RankedEntry, ranking: Ranking): string {
  const { measurement } = entry.best;
  const { objectives } = ranking.goal;
  const others = objectives.filter(({ tag }) => !['perf_throughput', 'perf_latency_p99'].includes(tag));
  const aim = objectives.length === 1 ? objectives[0]!.tag : 'perf_throughput';
  const told = (tag: string, text: string): string =>
    `${text}${tag === aim ? gainText(entry, ranking) : ''}${limitText(tag, ranking)}`;
  const figure = (tag: string): string => formatValue(measurement.whole.values[tag] ?? Number.NaN, tag);
  return [
    `${told('perf_throughput', `${leastSign(measurement)}${figure('perf_throughput')} infer/s`)} at ${told('perf_latency_p99', `p99 ${figure('perf_latency_p99')} ms`)}`,
    ...others.map(({ tag }) => {
      const unit = unitOf(tag, ranking.goal);
      return told(tag, `${metric(tag).label} ${figure(tag)}${unit && ` ${unit}`}`);
    }),
  ].join(', ');
}

/** What the client set is the least that the server can do. */
const leastSign = (measurement: Measurement): string => (isClientBound(measurement) ? '≥ ' : '');

/** ` (+74 % ± 12; default 153)`; empty where the default stays, or was not measured. */
function gainText(entry: RankedEntry, { decision, gain, default: base, goal }: Ranking): string {
  if (!base || base === entry || decision.kind !== 'deploy') return '';
  const aim = goal.objectives.length === 1 ? goal.objectives[0]!.tag : 'perf_throughput';
  const old = base.best.measurement.whole.values[aim];
  const sign = gain && gain.percent >= 0 ? '+' : '';
  // With several objectives the gain is that over all of them.
  const over = goal.objectives.length === 1 ? '' : ' over the objectives';
  const parts = [
    ...(decision.reason === 'better' && gain
      ? [
          `${leastSign(entry.best.measurement)}${sign}${formatNumber(gain.percent)} % ± ${formatNumber(gain.plusMinus)}${over}`,
        ]
      : []),
    ...(old === undefined ? [] : [`default ${formatValue(old, aim)}`]),
  ];
  return parts.length > 0 ? ` (${parts.join('; ')})` : '';
}

const limitText = (tag: string, { goal }: Ranking): string =>
  goal.constraints
    .filter((constraint) => constraint.tag === tag)
    .map(({ value, bound }) => `, limit ${bound === 'min' ? 'at least ' : ''}${formatValue(value, tag)}`)
    .join('');
