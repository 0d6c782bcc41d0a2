import { type Check, score } from '../goal/score.ts';
import { metric } from '../ground/metric.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import type { BeliefRecord, UsedBudget } from '../record/run.ts';
import { wasLookedAt } from './rank.ts';
import type { RankedEntry, Standings } from './standings.ts';
import { describeAssignment, formatValue, loadWords, namesOf } from './words.ts';

/** Of a smaller chance nothing is told but that it is smaller. */
export const LEAST_CHANCE = 0.01;
/** A smaller gain is not told as a number: less than 0.1 %. */
const LEAST_WORTH = 0.001;

/** `97 %`, `less than 1 %`: probabilities are known no better. */
export function chanceText(chance: number): string {
  if (chance < LEAST_CHANCE) return 'less than 1 %';
  if (chance > 1 - LEAST_CHANCE) return 'more than 99 %';
  return `${Math.round(100 * chance)} %`;
}

/** `7,610 to 8,190 over starts`, of what the search believes of this metric at this point; undefined: of it, nothing. */
export function overStartsText(
  measurement: Measurement,
  tag: string,
  { noise: { believed } }: Pick<Standings, 'noise'>,
): string | undefined {
  if (believed?.measurement !== measurement || believed.tag !== tag) return undefined;
  const [low, high] = believed.interval;
  const value = measurement.whole.values[tag] ?? Number.NaN;
  const expected = value < low || value > high ? 'expected ' : '';
  return `${formatValue(low, tag)} to ${formatValue(high, tag)} ${expected}over starts`;
}

/** How sure it is that the leader keeps the limits; undefined where there are none, or the search does not say. */
export function keepsText({ belief, goal: { constraints }, leader }: Standings): string | undefined {
  if (!belief || !leader || constraints.length === 0) return undefined;
  const kept = `It keeps the ${constraints.length === 1 ? 'limit' : 'limits'} with a chance of ${chanceText(belief.keeps)}`;
  const beyond = leader.best.checks.filter((check) => check.believed !== undefined);
  return beyond.length === 0
    ? `${kept}.`
    : `${kept}, though ${beyond.map(beyondText).join(' and ')}: that is within the noise.`;
}

/** `p99 latency measured 20.4 ms (limit 20.0)`. */
const beyondText = ({ constraint, value }: Check): string => {
  const { tag } = constraint;
  const { label, unit } = metric(tag);
  return `${label} measured ${formatValue(value ?? Number.NaN, tag)}${unit && ` ${unit}`} (limit ${formatValue(constraint.value, tag)})`;
};

/**
 * What may be better than the leader, and what more time would bring.
 * @param than the leader's name, where another is named.
 */
export function betterText(standings: Standings, than?: string): string | undefined {
  const { belief } = standings;
  if (!belief) return undefined;
  const { chance } = belief.better;
  const what = likeliest(standings);
  const better = `something ${what?.isTried === false ? 'untried' : 'else'} is better${than ? ` than ${than}` : ''} by more than 5 %`;
  const which = what && chance >= LEAST_CHANCE ? `, likeliest ${what.text}` : '';
  return `There is a chance of ${chanceText(chance)} that ${better}${which}${moreText(belief.more)}.`;
}

/** What is the likeliest to be better, and whether that was looked at. */
export function likeliest(
  standings: Standings,
): { readonly text: string; readonly short: string; readonly isTried: boolean } | undefined {
  const { belief, entries, unmeasured } = standings;
  const { variant, point, assignment = {} } = belief?.better ?? {};
  if (!belief || variant === undefined) return undefined;
  const trials = [...entries.map(({ trial }) => trial), ...unmeasured];
  const trial = trials.find(({ name }) => name === variant);
  const load = point ? ` ${loadWords(point)}` : '';
  const same = `the same${load}`;
  if (variant === belief.variant) return { text: same, short: same, isTried: isTried(trial, point) };
  // A configuration that was never tried stands in no table: what it is is said.
  const what = describeAssignment(assignment);
  const about = trial || what === '' ? '' : ` (${what})`;
  const names = { text: `${variant}${about}${load}`, short: `${variant}${load}` };
  return { ...names, isTried: isTried(trial, point) };
}

const isTried = (trial: RankedEntry['trial'] | undefined, point: LoadPoint | undefined): boolean =>
  trial !== undefined && (point === undefined || wasLookedAt(trial, point));

/** `; ten more minutes of search are expected to gain 0.4 % (--patience thorough looks for it)`. */
function moreText(more: BeliefRecord['more']): string {
  if (!more) return '';
  const { minutes, gain, by } = more;
  const time =
    minutes === 1
      ? 'one more minute of search is'
      : `${minutes === 10 ? 'ten' : minutes.toLocaleString('en-US')} more minutes of search are`;
  if (gain < LEAST_WORTH) return `; ${time} expected to gain less than 0.1 %`;
  const percent = `${Number((100 * gain).toPrecision(2))} %`;
  return `; ${time} expected to gain ${percent}${by ? ` (${by} looks for it)` : ''}`;
}

/** That a search ended for a budget that the user gave, before it was done; undefined: it did not. */
export function endedEarlyText(ended: UsedBudget | undefined): string | undefined {
  if (!ended) return undefined;
  const { most, of, option, shared } = ended;
  const what = most === 1 ? `one ${of.slice(0, -1)}` : `${most.toLocaleString('en-US')} ${of}`;
  return `The search was ended early, by ${shared ? 'its share of the' : 'the'} ${what} that --${option.replaceAll('_', '-')} allows.`;
}

/** Configurations that measured better than the leader by more than the noise, and why they do not lead. */
export function luckText({ belief, leader, entries, goal, ties }: Standings): string | undefined {
  if (!leader) return undefined;
  const lucky = entries.filter((entry) => {
    const { verdict, measurement } = entry.best;
    if (entry === leader || ties.includes(entry) || measurement.drifted) return false;
    if (verdict !== leader.best.verdict || isClientBound(measurement)) return false;
    return score(measurement.whole, leader.best.measurement.whole, goal.objectives) > 0;
  });
  if (lucky.length === 0) return undefined;
  return belief
    ? `What ${namesOf(lucky)} measured is better; the search, which knows how much looks differ, expects less of ${lucky.length === 1 ? 'it' : 'them'}.`
    : `What ${namesOf(lucky)} measured once is better; ${leader.trial.name} was measured again, and the best of many single looks is too high.`;
}
