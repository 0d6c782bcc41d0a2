import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf, levelText } from '../record/load-point.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import {
  betterText,
  chanceText,
  endedEarlyText,
  keepsText,
  luckText,
  overStartsText,
} from './belief-words.ts';
import { isInDoubt, LEAST_GAIN } from './decision.ts';
import { driftText } from './drift-words.ts';
import { gainText } from './gain-words.ts';
import { missesForSure, nearLimits } from './limit-noise.ts';
import { intervalsOf, type Noise } from './noise.ts';
import { gainOver, type Ranking } from './rank.ts';
import type { RankedEntry, RankedPoint } from './standings.ts';
import { unchecked, uncheckedAdvice, uncheckedBetter, uncheckedText } from './unchecked-words.ts';
import { describeConstraint, formatNumber, loadWords, namesOf, valueText } from './words.ts';

/** So few loads say little of a configuration's best. */
const FEW = 3;
/** A throughput that is known to this share of it is precise: what is asked for where nothing is said. */
const USUAL_PRECISION = 0.03;

/** The answer to the run in words: what to serve the model with, what that gives, how sure it is. */
export function verdict(ranking: Ranking): string {
  return sentences(endedEarlyText(ranking.search?.ended), decided(ranking));
}

/** What the verdict says that the headline does not; all of it where there is no headline. '' where nothing is left. */
export function besidesHeadline(ranking: Ranking): string {
  const { decision } = ranking;
  if (decision.kind === 'deploy')
    return sentences(whyDeploy(ranking).alone, ...besides(decision.entry, ranking));
  if (decision.kind === 'keep')
    return sentences(whyKeep(ranking, decision.entry).alone, ...besides(decision.entry, ranking));
  return decided(ranking);
}

function decided(ranking: Ranking): string {
  const { decision, leader } = ranking;
  switch (decision.kind) {
    case 'deploy':
      return sentences(
        `Deploy ${figuresOf(decision.entry, ranking)}${whyDeploy(ranking).joined}.`,
        ...besides(decision.entry, ranking),
      );
    case 'keep':
      return sentences(
        `Keep the default configuration of ${ranking.model}: ${figuresWithLoad(decision.entry, ranking)}${whyKeep(ranking, decision.entry).joined}`,
        ...besides(decision.entry, ranking),
      );
    case 'none':
      return leader
        ? sentences('No configuration meets the constraints.', nearestText(ranking, leader))
        : nothingOf(ranking);
    case 'unfinished':
      return sentences(whyUnfinished(ranking), soFar(ranking), tiedText(ranking), driftText(ranking));
  }
}

/** What comes nearest to the limits where nothing keeps them, as sentences of their own. */
export const nearestText = (ranking: Ranking, leader: RankedEntry): string =>
  sentences(
    `Nearest is ${figuresOf(leader, ranking)} (${missed(leader, ranking)}).`,
    missesForSure(leader.best)
      ? undefined
      : 'It may keep them within the noise: measure it longer (--time-limit).',
    driftText(ranking),
  );

/** A run that was stopped before anything was tried has no causes to show. */
function nothingOf({ model, unmeasured }: Ranking): string {
  if (unmeasured.length === 0) return `Nothing was measured for ${model}: no configuration was tried.`;
  const causes = new Set(unmeasured.map(({ end }) => end?.cause));
  const [cause] = causes;
  return causes.size === 1 && cause !== undefined
    ? `Nothing could be measured for ${model}: ${cause}.`
    : `Nothing could be measured for ${model}: see the cause of each configuration that failed.`;
}

/** What is told of a limit that is broken: `p99 latency at most 10 ms, measured 24`. */
const missed = ({ best: { checks } }: RankedEntry, { goal }: Ranking): string =>
  checks
    .filter((check) => check.verdict === 'missed')
    .map(
      ({ constraint, value }) =>
        `${describeConstraint(constraint, goal)}, measured ${valueText(value ?? Number.NaN, constraint.tag, goal)}`,
    )
    .join('; ');

/** What a client that was the limit leaves of a figure. */
const atLeast = (measurement: Measurement): string => (isClientBound(measurement) ? 'at least ' : '');

const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(' ');

/** `m_config_2: 101 infer/s at p99 74.9 ms with 4 requests in flight`. */
const figuresOf = (entry: RankedEntry, ranking: Ranking): string =>
  `${entry.trial.name}: ${figuresWithLoad(entry, ranking)}`;

const figuresWithLoad = ({ best: { measurement } }: RankedEntry, ranking: Ranking): string =>
  `${figuresAt(measurement, ranking)} ${loadWords(measurement.point)}${confirmedText(measurement)}`;

/** Throughput and p99 latency, and whatever else was to be optimised; where it is known what they are over starts, too. */
function figuresAt(measurement: Measurement, ranking: Ranking): string {
  const { perf_throughput: throughput, perf_latency_p99: p99 } = measurement.whole.values;
  const range = (tag: string): string => {
    const text = overStartsText(measurement, tag, ranking);
    return text === undefined ? '' : ` (${text})`;
  };
  const others = ranking.goal.objectives
    .filter(({ tag }) => !['perf_throughput', 'perf_latency_p99'].includes(tag))
    .flatMap(({ tag }) => {
      const { label } = metric(tag);
      const value = measurement.whole.values[tag];
      return value === undefined ? [] : [`, ${label} ${valueText(value, tag, ranking.goal)}${range(tag)}`];
    });
  return `${atLeast(measurement)}${formatNumber(throughput ?? Number.NaN)} infer/s${range('perf_throughput')} at p99 ${formatNumber(p99 ?? Number.NaN)} ms${range('perf_latency_p99')}${others.join('')}`;
}

/** `, measured 4 times, again on a fresh server`; '' of what was measured once. */
export const confirmedText = ({ confirmed, looks }: Measurement): string =>
  confirmed ? `, measured ${looks} times, again on a fresh server` : '';

/** A reason as the end of the sentence that names the configuration, and as one of its own. */
interface Reason {
  readonly joined: string;
  /** What a headline has not said already; '' where that is nothing. */
  readonly alone: string;
}

function whyDeploy(ranking: Ranking): Reason {
  const { decision, gain, default: base, unmeasured } = ranking;
  const because = (text: string): Reason => ({
    joined: `; the default ${text}`,
    alone: `The default ${text}.`,
  });
  switch (decision.reason) {
    case 'better':
      return {
        joined: `, ${overDefault(ranking)}`,
        alone: gain ? loadsOfDefault(ranking, 'sentence') : 'It could not be compared with the default.',
      };
    case 'default misses':
      return because(`breaks the constraints (${missed(base!, ranking)})`);
    case 'default failed':
      return because(`configuration failed${causeOf(unmeasured.find(({ isDefault }) => isDefault))}`);
    case 'default skipped':
      return because('configuration can take none of these loads');
    default:
      return { joined: '', alone: '' };
  }
}

const causeOf = (
  trial: { readonly end?: { readonly cause?: string | undefined } | undefined } | undefined,
) => (trial?.end?.cause ? ` (${trial.end.cause})` : '');

/** How much better the leader is than the default, in which metric, and at which loads the default was looked at. */
function overDefault(ranking: Ranking): string {
  const { gain, goal, leader } = ranking;
  if (!gain || !leader) return 'which could not be compared with the default';
  const [only] = goal.objectives;
  const what = goal.objectives.length === 1 ? `in ${metric(only!.tag).label}` : 'over the objectives';
  const least = isClientBound(leader.best.measurement) ? 'at least ' : '';
  return `${least}${gainText(gain)} than the default${loadsOfDefault(ranking)} ${what}`;
}

/**
 * A search looks at the default at a few loads only; its best may be at another.
 * @param as where it is said: in brackets behind the default, or as a sentence of its own.
 */
function loadsOfDefault(
  { search, default: base, sameLoad, leader }: Ranking,
  as: 'brackets' | 'sentence' = 'brackets',
): string {
  const points = (base?.points ?? []).map(({ measurement }) => measurement.point);
  const isFew = search !== undefined && search.points.seen < search.points.all && points.length <= FEW;
  if (!leader || points.length === 0 || (sameLoad && !isFew)) return '';
  const { point } = leader.best.measurement;
  const list = (values: readonly number[]): string =>
    [...new Set(values)].sort((a, b) => a - b).join(' and ');
  const unit = isRate(points[0]!) ? 'requests a second' : 'in flight';
  // Told where it tells the loads apart.
  const batch = (of: readonly LoadPoint[]): string =>
    points.every((other) => batchSizeOf(other) === batchSizeOf(point))
      ? ''
      : ` and client batch ${list(of.map(batchSizeOf))}`;
  const other = sameLoad ? '' : `, not with ${levelText(point)}${batch([point])}`;
  const looked = `looked at with ${list(points.map(levelOf))} ${unit}${batch(points)} only${other}`;
  return as === 'brackets' ? ` (${looked})` : `The default was ${looked}.`;
}

const assumedText = ({ decision, gain }: Ranking): string | undefined =>
  ['better', 'noise'].includes(decision.reason) && gain && gain.assumed.length > 0
    ? `For ${gain.assumed.map((tag) => metric(tag).label).join(' and ')}, recorded without an interval, ± 10 % is taken.`
    : undefined;

function whyKeep(ranking: Ranking, base: RankedEntry): Reason {
  const { decision, leader, entries, gain } = ranking;
  const rivals = entries.length - 1 - uncheckedBetter(ranking, base).length;
  const only = (text: string): Reason => ({
    joined: `, the only one ${text}.`,
    alone: `It is the only one ${text}.`,
  });
  const sentence = (alone: string): Reason => ({ joined: `. ${alone}`, alone });
  if (decision.kind !== 'keep' || decision.reason === 'only') return only('measured');
  if (decision.reason === 'best' && rivals === 0) return only('that is known to keep the constraints');
  if (decision.reason === 'best' || !leader) {
    const isMeasuredBetter = entries.some((entry) => measuredBetter(entry, ranking, base));
    const text = `of ${counted(rivals, 'other')} is better${isMeasuredBetter ? ' by more than the noise' : ''}.`;
    return { joined: `; none ${text}`, alone: `None ${text}` };
  }
  if (!gain)
    return sentence(
      `What the best of the others, ${figuresOf(leader, ranking)}, brings can't be told in percent.`,
    );
  const byChance =
    gain.low > 0 ? `which the best of ${rivals} may be by chance` : 'which is within the noise';
  const why = gain.low > 0 && gain.percent < LEAST_GAIN ? 'which is not worth a change' : byChance;
  return sentence(
    `The best of the others, ${figuresOf(leader, ranking)}, is ${overDefault(ranking)}, ${why}.`,
  );
}

/** Whether a configuration that keeps the limits has the better figures, however sure they are. */
const measuredBetter = (entry: RankedEntry, { goal, noise }: Ranking, base: RankedEntry): boolean =>
  entry !== base && entry.best.verdict === 'met' && (gainOver(entry, base, goal, noise)?.percent ?? 0) > 0;

function whyUnfinished(ranking: Ranking): string {
  const { decision, model, entries, leader, default: base, missing, goesOn } = ranking;
  if (decision.kind !== 'unfinished') return '';
  switch (decision.reason) {
    case 'interrupted':
      return goesOn === undefined
        ? `Nothing is decided for ${model}: the run did not come to its end, and another has begun since.`
        : `Nothing is decided for ${model} yet: the run did not come to its end; ${goesOn} goes on from here.`;
    case 'client':
      return `No configuration of ${model} can be named: at ${entries.every(({ points }) => points.every(({ measurement }) => isClientBound(measurement))) ? 'every point' : 'points that are to be compared'} the load generator was the limit, not the server.`;
    case 'no default':
      return `Nothing can be decided for ${model}: its default configuration was not measured, so that there is nothing to compare with.`;
    case 'too close':
      if (isInDoubt(ranking)) return inDoubt(ranking);
      return `Nothing can be decided for ${model}: the default breaks the constraints by less than the noise (${missed(base!, ranking)}), and nothing is better by more; measure it longer (--time-limit).`;
    case 'constraints unknown':
      return `Nothing can be promised for ${model}: ${unchecked(leader!.best.checks, ranking)}; ${uncheckedAdvice(leader!.best.checks, missing)}.`;
    case 'other load':
      return `Nothing can be decided for ${model}: what is better than the default is so ${loadWords(leader!.best.measurement.point)}, which the default was not looked at with; give the search more measurements or time.`;
    case 'default unknown':
      return `Nothing can be decided for ${model}: whether the default keeps the constraints is not known (${unchecked(base!.best.checks, ranking)}), and nothing is better by more than the noise; ${uncheckedAdvice(base!.best.checks, missing)}.`;
  }
}

/** The search itself doubts that its best keeps the limits. */
function inDoubt(ranking: Ranking): string {
  const { model, leader, belief } = ranking;
  const { trial, best } = leader!;
  const measured = best.verdict === 'missed' ? `; ${missed(leader!, ranking)}` : '';
  return `Nothing can be promised for ${model}: whether ${trial.name} keeps the limits ${loadWords(best.measurement.point)} can't be told from the noise (it does with a chance of ${chanceText(belief!.keeps)}${measured}); measure it longer (--time-limit).`;
}

/** The best that is known where nothing is decided. */
function soFar(ranking: Ranking): string | undefined {
  const { leader, decision } = ranking;
  if (!leader) return undefined;
  if (decision.reason === 'constraints unknown') {
    const gain = ranking.gain ? `, ${overDefault(ranking)}` : '';
    return sentences(
      `By what was measured the best is ${figuresOf(leader, ranking)}${gain}.`,
      leader.best.measurement.stable ? undefined : uncertainty(leader.best.measurement, 'Its', ranking.noise),
    );
  }
  const but =
    leader.best.verdict !== 'missed' || isInDoubt(ranking)
      ? ''
      : `, which breaks the constraints (${missed(leader, ranking)})`;
  return `The best so far is ${figuresOf(leader, ranking)}${but}.`;
}

/** Everything behind the sentence that names a configuration. */
const besides = (entry: RankedEntry, ranking: Ranking): (string | undefined)[] => [
  ...remarksOn(entry, ranking),
  driftText(ranking),
];

/** What a reader should know of the configuration that is named. */
function remarksOn(entry: RankedEntry, ranking: Ranking): (string | undefined)[] {
  const { preferredTo, leader, entries, belief, noise } = ranking;
  const { best } = entry;
  const hidden = entries.filter((other) => other !== entry && isClientBound(other.best.measurement));
  const leads = entry === leader;
  return [
    notAlone(entry),
    leads ? keepsText(ranking) : undefined,
    assumedText(ranking),
    moreLoad(entry, ranking),
    leads && preferredTo
      ? `It is preferred to ${preferredTo.trial.name}, which needs more and is better by less than the noise.`
      : undefined,
    leads ? tiedText(ranking) : undefined,
    leads ? luckText(ranking) : undefined,
    uncheckedText(entry, ranking),
    // What the search says of the limits knows more than the interval of one measurement.
    leads && belief ? undefined : nearLimit(best, ranking),
    hidden.length > 0
      ? `Of ${namesOf(hidden)} only the least is known: there the load generator was the limit.`
      : undefined,
    // Where another was spoken of last, it is said whose.
    best.measurement.stable || noise.believed?.measurement === best.measurement
      ? undefined
      : uncertainty(best.measurement, leads ? 'Its' : `The default's`, noise),
    // Of a default that is kept as it is at least as good as the leader the same holds.
    betterText(ranking, ranking.decision.reason === 'noise' ? leader?.trial.name : undefined),
  ];
}

/** What the noise does not tell from the first of the ranking; what that is preferred to is told by itself. */
function tiedText(ranking: Ranking): string | undefined {
  const { preferredTo, ties, leader } = ranking;
  const others = ties.filter((other) => other !== preferredTo && other !== leader);
  return others.length > 0
    ? sentences(
        `Tied with ${namesOf(others)}: what was measured can't tell them apart.`,
        sooner(others, ranking),
      )
    : undefined;
}

const P99 = 'perf_latency_p99';

/** The quickest of those that are tied, where it is quicker than the leader for sure and nobody asked for that. */
function sooner(others: readonly RankedEntry[], { leader, goal, noise }: Ranking): string | undefined {
  if (!leader || goal.objectives.some(({ tag }) => tag.startsWith('perf_latency'))) return undefined;
  const p99Of = ({ best: { measurement } }: RankedEntry): number => measurement.whole.values[P99] ?? Infinity;
  const [first] = others.toSorted((a, b) => p99Of(a) - p99Of(b));
  const [, high = null] = first ? (intervalsOf(first.best.measurement, noise)[P99] ?? []) : [];
  const [low = null] = intervalsOf(leader.best.measurement, noise)[P99] ?? [];
  if (!first || high === null || low === null || high >= low) return undefined;
  return `Of these ${first.trial.name} answers sooner: p99 ${formatNumber(p99Of(first))} ms instead of ${formatNumber(p99Of(leader))}.`;
}

/** Its config.pbtxt alone does not serve as it was measured. */
const notAlone = ({ trial: { composing } }: RankedEntry): string | undefined =>
  composing &&
  `The models that it is made of (${composing.join(', ')}) were measured with configurations of their own: its config.pbtxt alone is not what was measured, and nothing is written to results/best.`;

/** More load brought no more than the noise. */
function moreLoad({ alike: [more] }: RankedEntry, ranking: Ranking): string | undefined {
  if (!more) return undefined;
  return `More load brings no more than the noise: ${figuresAt(more.measurement, ranking)} ${loadWords(more.measurement.point)}.`;
}

/** Limits that are kept by less than the noise. */
function nearLimit(point: RankedPoint, { noise, goal }: Ranking): string | undefined {
  const near = nearLimits(point, noise).map(({ check: { constraint, value }, end, beyond }) => {
    const { tag, bound } = constraint;
    const doubt =
      end === undefined
        ? `and ${formatNumber(100 * (beyond ?? 0))} % of the requests, too few to be sure, were beyond it`
        : `${bound === 'max' ? 'up' : 'down'} to ${valueText(end, tag, goal)} within its interval`;
    return `${describeConstraint(constraint, goal)}, measured ${valueText(value ?? Number.NaN, tag, goal)}, ${doubt}`;
  });
  return near.length > 0 ? `It may break a limit: ${near.join('; ')}.` : undefined;
}

/**
 * What a point that did not become as steady as was asked says about itself. Its throughput may be known well all the
 * same: then it is something else, such as a latency, that is not.
 */
function uncertainty(measurement: Measurement, whose: string, noise: Noise): string {
  const width = relativeHalfWidth(intervalsOf(measurement, noise)['perf_throughput'] ?? [null, null]);
  const longer = 'measure it longer (--time-limit) before you rely on it';
  if (width === undefined) return `${whose} throughput is not known precisely: ${longer}.`;
  const percent = `± ${Number((width * 100).toPrecision(2))} %`;
  return width > USUAL_PRECISION
    ? `${whose} throughput is known to ${percent} only: ${longer}.`
    : `${whose} throughput is known to ${percent}, but it was not as steady as was asked: ${longer}.`;
}
