import { metric } from '../../ground/metric.ts';
import { visible } from '../../ground/wording.ts';
import type { Goal } from '../../record/goal.ts';
import { formatNumber, shortNames } from '../words.ts';
import type { Untold } from './additive.ts';
import type { Effects, Interaction, SettingEffect } from './effects.ts';
import type { Joint } from './joint.ts';

/** From this factor on a difference is told as one. */
const MANY_TIMES = 3;

/** Shares as whole percents that come to 100 together (by the largest remainders). */
export function percentsOf(shares: readonly number[]): number[] {
  const exact = shares.map((share) => 100 * share);
  const found = exact.map(Math.floor);
  const lacking =
    Math.round(exact.reduce((sum, value) => sum + value, 0)) - found.reduce((sum, value) => sum + value, 0);
  const order = exact
    .map((_, index) => index)
    .toSorted((a, b) => exact[b]! - found[b]! - (exact[a]! - found[a]!));
  for (const index of order.slice(0, lacking)) found[index]!++;
  return found;
}

/** The settings as they are told, by their paths: the shortest ends that tell them apart. */
export function effectNames({
  settings,
  joint,
}: Pick<Effects, 'settings' | 'joint'>): ReadonlyMap<string, string> {
  const paths = [...settings.map(({ path }) => path), ...joint.flatMap((group) => group.paths)];
  const names = shortNames(paths);
  return new Map(paths.map((path, index) => [path, visible(names[index]!)]));
}

/** What settings that are told together stand under where single ones stand under their paths. */
export const togetherKey = ({ paths }: Pick<Interaction | Joint, 'paths'>): string => paths.join(' with ');

/** The shares as percents that come to 100 with the rest, by path of the setting or `togetherKey`. */
export function percentsBy({ settings, joint, interactions, rest }: Effects): ReadonlyMap<string, number> {
  const percents = percentsOf(
    [...settings, ...joint, ...interactions].map(({ share }) => share).concat(rest),
  );
  const keys = [...settings.map(({ path }) => path), ...[...joint, ...interactions].map(togetherKey)];
  return new Map(keys.map((key, index) => [key, percents[index]!]));
}

const isManyTimes = (value: number): boolean => Math.exp(value) >= MANY_TIMES;

/** `+34 %`, `−5 %`, `4.2 times`: a difference of logarithms. */
export function timesText(value: number): string {
  const factor = Math.exp(value);
  if (isManyTimes(value)) return `${formatNumber(factor)} times`;
  const percent = 100 * (factor - 1);
  return `${percent < 0 ? '−' : '+'}${formatNumber(Math.abs(percent))} %`;
}

/** What a difference of worth is a difference of: of one objective that itself, of several all of them. */
export function worthText({ objectives }: Pick<Goal, 'objectives'>): {
  readonly label: string;
  readonly sign: 1 | -1;
} {
  const [first, ...others] = objectives;
  if (!first || others.length > 0) return { label: 'the objectives, weighted', sign: 1 };
  const { label, better } = metric(first.tag);
  return { label, sign: better === 'higher' ? 1 : -1 };
}

/** What the best value of a setting brings over its worst: `2:CPU over 1:CPU: +75 % throughput (51 to 102)`. */
export function gainText({ levels, gain }: SettingEffect, goal: Pick<Goal, 'objectives'>): string {
  if (gain.value <= gain.half) return 'no difference beyond the noise';
  const { label, sign } = worthText(goal);
  const [low, high] = [gain.value - gain.half, gain.value + gain.half].map((end) => timesText(sign * end));
  const of = isManyTimes(sign * gain.value) ? `the ${label}` : label;
  return `${levels[gain.to]} over ${levels[gain.from]}: ${timesText(sign * gain.value)} ${of} (${low} to ${high})`;
}

/** What two settings do only together, in a sentence. */
export function interactionText(
  { paths, steps }: Interaction,
  { settings, joint }: Pick<Effects, 'settings' | 'joint'>,
  goal: Pick<Goal, 'objectives'>,
): string {
  const names = effectNames({ settings, joint });
  const [first, second] = [names.get(paths[0])!, names.get(paths[1])!];
  const [ofFirst, ofSecond] = paths.map((path) => settings.find((setting) => setting.path === path)!.levels);
  const { label, sign } = worthText(goal);
  const [step] = steps;
  const told = steps.map(({ at, value }) => `${timesText(sign * value)} where ${first} is ${ofFirst![at]}`);
  return `${second} from ${ofSecond![step!.from]} to ${ofSecond![step!.to]}: ${told.join(', and ')} (${label}).`;
}

const WHY: Readonly<Record<Untold['why'], string>> = {
  'changes with others': 'it was never changed without others',
  'too few configurations': 'too few configurations were tried',
  'too many settings': 'others explain more',
};

/** Why the effect of a setting is not told. */
export const untoldText = ({ why }: Untold): string => WHY[why];

/** What the effects were made out from, in a sentence. */
export function basisText({ settings, joint, worths, by, isLimited, leftOut, untold }: Effects): string {
  const within = isLimited ? ' that keeps the limits' : '';
  const how =
    by === 'best'
      ? `each at its best load${within}`
      : `what the load does being taken out${isLimited ? ', by points that keep the limits' : ''}, as not all were looked at with the same`;
  const without = leftOut > 0 ? `; ${leftOut} can't be compared` : '';
  const alike =
    settings.length === 0
      ? 'No setting can be judged with all others alike; the share is'
      : `Each setting ${joint.length > 0 ? 'that stands alone ' : ''}is judged with all others ${untold.length > 0 ? 'told here ' : ''}alike,`;
  return `From ${worths.length} configurations, ${how}${without}. ${alike} by an additive model of the logarithms.`;
}
