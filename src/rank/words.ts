import type { Constraint, Goal } from '../config/experiment.ts';
import type { Measurement } from '../measure/measurement.ts';
import { metric } from '../metric.ts';
import { instanceGroups } from '../model-config/config.ts';
import { isRate, type LoadPoint, levelOf } from '../space/load-point.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import { counted } from '../wording.ts';
import type { RankedEntry, Ranking } from './rank.ts';

/** So few loads say little of a configuration's best. */
const FEW = 3;

/** A number as people read it: whole from 1000 on, else three significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `p99 latency at most 10 ms`. */
export function describeConstraint({ tag, bound, value }: Constraint): string {
  const { label, unit } = metric(tag);
  return `${label} at ${bound === 'max' ? 'most' : 'least'} ${formatNumber(value)}${unit && ` ${unit}`}`;
}

/** What the objectives are, in words. */
export function describeObjectives({ objectives }: Pick<Goal, 'objectives'>): string {
  return objectives
    .map(({ tag }) => `${metric(tag).better === 'higher' ? 'highest' : 'lowest'} ${metric(tag).label}`)
    .join(' and ');
}

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
  return leaves.filter((text) => text !== '-').join(' ') || '-';
}

/** What parts a configuration from the default: `instance_group = 2:CPU, ...`; empty for the default. */
export const describeAssignment = (assignment: Readonly<Record<string, unknown>>): string =>
  Object.entries(assignment)
    .map(([path, value]) => `${path} = ${compactValue(path, value)}`)
    .join(', ');

/** The parameters whose values are not the same in all configurations but the default; all of them when none varies. */
export function varyingPaths(entries: readonly RankedEntry[]): string[] {
  const trials = entries.map((entry) => entry.trial).filter((trial) => !trial.isDefault);
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.assignment)))];
  const varying = paths.filter(
    (path) => new Set(trials.map((trial) => JSON.stringify(trial.assignment[path]))).size > 1,
  );
  return varying.length > 0 ? varying : paths;
}

/** What an imprecise point says about itself. */
function uncertainty({ intervals }: Measurement): string {
  const width = relativeHalfWidth(intervals['perf_throughput'] ?? [null, null]);
  const known =
    width === undefined ? 'is not known precisely' : `is known to ± ${(width * 100).toPrecision(2)} % only`;
  return `Its throughput ${known}: measure it longer (--time-limit) before you rely on it.`;
}

/** `with 4 requests in flight`, `at 200 requests a second`. */
const levelWords = (point: LoadPoint): string =>
  isRate(point)
    ? `at ${formatNumber(levelOf(point))} requests a second`
    : `with ${counted(levelOf(point), 'request')} in flight`;

/** The one sentence that answers the run: what to deploy, what it gives, how much better than the default. */
export function verdict(ranking: Ranking): string {
  const { winner, gain, ties } = ranking;
  if (!winner && ranking.entries.length > 0) {
    return `No configuration of ${ranking.model} can be named: at every point the load generator was the limit, not the server.`;
  }
  if (!winner) {
    return `Nothing could be measured for ${ranking.model}: see the causes below each configuration.`;
  }
  const { measurement, passes, checks } = winner.best;
  const { values, point } = measurement;
  const figures = `${formatNumber(values['perf_throughput'] ?? Number.NaN)} infer/s at p99 ${formatNumber(values['perf_latency_p99'] ?? Number.NaN)} ms`;
  const batch = point.batchSize > 1 ? ` and client batch ${point.batchSize}` : '';
  const confirmed = measurement.confirmed
    ? `, measured ${measurement.looks} times, again on a fresh server`
    : '';
  const at = `${levelWords(point)}${batch}${confirmed}`;
  if (!passes) {
    const missed = checks
      .filter((check) => !check.met)
      .map(
        ({ constraint, value }) =>
          `${describeConstraint(constraint)}, measured ${formatNumber(value ?? Number.NaN)}`,
      );
    return `No configuration meets the constraints. Nearest is ${winner.trial.name}: ${figures} ${at} (${missed.join('; ')}).`;
  }
  const uncertain = measurement.stable ? '' : ` ${uncertainty(measurement)}`;
  const others = ties.filter((entry) => entry !== ranking.preferredTo);
  const tie =
    others.length > 0
      ? ` It is within the noise of ${others.map((entry) => entry.trial.name).join(', ')}.`
      : '';
  const preferred = ranking.preferredTo
    ? ` It is preferred to ${ranking.preferredTo.trial.name}, which needs more and is better by less than the noise.`
    : '';
  if (winner.trial.isDefault) {
    const rivals = ranking.entries.length - 1;
    const rest = rivals > 0 ? `; none of ${counted(rivals, 'other')} is better` : ', the only one measured';
    return `Keep the default configuration of ${ranking.model}: ${figures} ${at}${rest}.${preferred}${tie}${uncertain}`;
  }
  if (ties.some((entry) => entry.trial.isDefault)) {
    return `Keep the default configuration of ${ranking.model}: the best, ${winner.trial.name} (${figures} ${at}${gainWords()}), leads by less than the noise.${uncertain}`;
  }
  return `Deploy ${winner.trial.name}: ${figures} ${at}${gainWords()}.${preferred}${tie}${uncertain}`;

  /** A search looks at the default at a few loads only; its best may be at another. */
  function looked(): string {
    const { search } = ranking;
    const points = ranking.default?.points ?? [];
    if (!search || search.points.seen >= search.points.all || points.length > FEW) return '';
    const levels = points.map(({ measurement: item }) => levelOf(item.point)).sort((a, b) => a - b);
    const list = levels.join(' and ');
    return isRate(point)
      ? ` (looked at with ${list} requests a second only)`
      : ` (looked at with ${list} in flight only)`;
  }

  function gainWords(): string {
    if (!gain) return ranking.default ? '' : ' (the default was not measured)';
    const noise = gain.plusMinus === undefined ? '' : ` (± ${formatNumber(gain.plusMinus)})`;
    const [only] = ranking.goal.objectives;
    const what =
      ranking.goal.objectives.length === 1 ? ` in ${metric(only!.tag).label}` : ' over the objectives';
    const caveat = ranking.default?.best.passes === false ? ', which breaks the constraints' : '';
    return `, ${formatNumber(Math.abs(gain.percent))} %${noise} ${gain.percent >= 0 ? 'better' : 'worse'} than the default${looked()}${what}${caveat}`;
  }
}
