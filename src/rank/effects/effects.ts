import { mean } from 'simple-statistics';
import { sureOnes } from '../../statistics/holm.ts';
import { type Fit, ratioChance } from '../../statistics/least-squares.ts';
import { twoSidedQuantile } from '../../statistics/student.ts';
import { widerForBestOf } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import { type Additive, additiveModel, type Untold } from './additive.ts';
import { type Joint, mixedWith } from './joint.ts';
import { type Setting, settingsOf } from './settings.ts';
import { type Worth, type Worths, worthsOf } from './worth.ts';

/** What the settings of a model's configurations did to its objectives, by everything that was measured. */
export interface Effects extends Omit<Worths, 'worths'> {
  /** The configurations that tell it. */
  readonly worths: readonly Worth[];
  /** Those whose own effect is known, the largest share first. */
  readonly settings: readonly SettingEffect[];
  /** Those that are told only together with others, the largest share first. */
  readonly joint: readonly Joint[];
  readonly interactions: readonly Interaction[];
  /** What is left of the whole: the noise, and settings together in ways that are not sure or hardly matter. */
  readonly rest: number;
  readonly untold: readonly Untold[];
}

/** What one setting did by itself, all else alike. */
export interface SettingEffect extends Setting {
  /** Of all differences between configurations, 0 to 1. */
  readonly share: number;
  readonly means: readonly LevelMean[];
  /** From the worst level to the best. */
  readonly gain: LevelGain;
}

/** What configurations with a level are worth, the other settings alike. */
export interface LevelMean {
  readonly count: number;
  /** As `Worth.value`, with half the width of its 95 % interval. */
  readonly value: number;
  readonly half: number;
}

export interface LevelGain {
  readonly from: number;
  readonly to: number;
  /** Difference of `Worth.value`, and half the width of its 95 % interval, for the best and worst of so many levels. */
  readonly value: number;
  readonly half: number;
}

/** Two settings that do more, or less, together than each by itself. */
export interface Interaction {
  readonly paths: readonly [string, string];
  readonly share: number;
  /**
   * What a step of the second does at two levels of the first, where that differs most: differences of `Worth.value`.
   * Levels are told by their indices.
   */
  readonly steps: readonly {
    readonly at: number;
    readonly from: number;
    readonly to: number;
    readonly value: number;
  }[];
}

const NORMAL = 1.96;
/** Fewer configurations tell nothing of settings. */
const LEAST = 4;
/** Settings that explain less together, beyond what each does, are not worth a sentence. */
const LEAST_TOGETHER = 0.02;
/** So many residual degrees of freedom are needed to judge what settings do together. */
const LEAST_DEGREES = 2;

/** Page and findings ask for them; those of a search of thousands of configurations take a second. */
const known = new WeakMap<Ranking, { readonly effects: Effects | undefined }>();

/** What mattered; undefined where too few configurations can be compared, or no setting differs between them. */
export function effectsOf(ranking: Ranking): Effects | undefined {
  const found = known.get(ranking) ?? { effects: judged(ranking) };
  known.set(ranking, found);
  return found.effects;
}

function judged(ranking: Ranking): Effects | undefined {
  const { worths: all, ...how } = worthsOf(ranking);
  const worths = comparable(all);
  if (worths.length < LEAST) return undefined;
  const settings = settingsOf(worths.map(({ trial }) => trial));
  if (settings.length === 0) return undefined;
  const model = additiveModel(
    settings,
    worths.map(({ value }) => value),
  );
  const variance = mean(worths.map(({ noise }) => noise ** 2));
  const together = interactionsOf(model, variance, worths);
  const alone = model.settings.map((_, index) => varianceOf(model, index, variance));
  const total = sum(alone) + sum(together.told.map((item) => item.variance)) + together.rest;
  const shareOf = (part: number): number => (total > 0 ? part / total : 0);
  const each = model.settings
    .map((_, index) => ({ ...settingEffect(model, index, variance), share: shareOf(alone[index]!) }))
    .toSorted((a, b) => b.share - a.share);
  const groups = mixedWith(model, settings);
  const isMixed = ({ path }: { readonly path: string }): boolean =>
    groups.some((group) => group.includes(path));
  const found = {
    ...how,
    worths,
    leftOut: how.leftOut + all.length - worths.length,
    settings: each.filter((setting) => !isMixed(setting)),
    joint: groups
      .map((paths) => ({
        paths,
        share: sum(each.filter(({ path }) => paths.includes(path)).map(({ share }) => share)),
      }))
      .toSorted((a, b) => b.share - a.share),
    interactions: together.told
      .filter(({ paths }) => !paths.some((path) => isMixed({ path })))
      .map(({ variance: part, ...told }) => ({ ...told, share: shareOf(part) }))
      .filter(({ share }) => share >= LEAST_TOGETHER)
      .toSorted((a, b) => b.share - a.share),
    untold: model.untold.filter((item) => !isMixed(item)),
  };
  const told = sum([...found.settings, ...found.joint, ...found.interactions].map(({ share }) => share));
  return { ...found, rest: 1 - told };
}

/** The default may have values of its own that nothing else has: then it is no part of any comparison. */
function comparable(worths: readonly Worth[]): readonly Worth[] {
  const at = worths.findIndex(({ trial }) => trial.isDefault);
  if (at < 0) return worths;
  const isAlone = settingsOf(worths.map(({ trial }) => trial)).some(
    ({ of }) => of.filter((level) => level === of[at]).length === 1,
  );
  return isAlone ? worths.filter((_, index) => index !== at) : worths;
}

/** Variance of a configuration's worth beside the model: what the model leaves, and no less than the noise of the figures. */
function spreadOf(
  { fit }: Additive,
  variance: number,
): { readonly variance: number; readonly quantile: number } {
  const left = fit.degrees > 0 ? fit.residual / fit.degrees : 0;
  return left > variance
    ? { variance: left, quantile: twoSidedQuantile(fit.degrees) }
    : { variance, quantile: NORMAL };
}

/** Which sum of coefficients is the effect of a level, beside the mean of all. */
function factorsOf({ fit, columns }: Additive, index: number, level: number): number[] {
  const own = columns[index]!;
  return fit.coefficients.map((_, column) => {
    const at = own.indexOf(column);
    if (at < 0) return 0;
    return level === own.length ? -1 : Number(at === level);
  });
}

const effectBy = ({ coefficients }: Fit, factors: readonly number[]): number =>
  factors.reduce((sum, factor, column) => sum + factor * coefficients[column]!, 0);

function settingEffect(model: Additive, index: number, noise: number): Omit<SettingEffect, 'share'> {
  const setting = model.settings[index]!;
  const { fit } = model;
  const spread = spreadOf(model, noise);
  const told = (factors: readonly number[]) => ({
    value: effectBy(fit, factors),
    half: spread.quantile * Math.sqrt(spread.variance * fit.variance(factors)),
  });
  const means = setting.levels.map((_, level) => ({
    count: setting.of.filter((own) => own === level).length,
    ...told([1, ...factorsOf(model, index, level).slice(1)]),
  }));
  const order = means.map((_, level) => level).toSorted((a, b) => means[a]!.value - means[b]!.value);
  const [from, to] = [order[0]!, order.at(-1)!];
  const low = factorsOf(model, index, from);
  const gain = told(factorsOf(model, index, to).map((factor, column) => factor - low[column]!));
  const pairs = (setting.levels.length * (setting.levels.length - 1)) / 2;
  return { ...setting, means, gain: { from, to, ...gain, half: gain.half * widerForBestOf(pairs) } };
}

/**
 * The variance of a setting's effects over its levels, each counting the same, less what the noise alone makes of it: the
 * setting's part of the variance over all combinations of levels (functional analysis of variance, of an additive model:
 * Hooker 2007). A level that a search tried more often does not count more.
 */
function varianceOf(model: Additive, index: number, noise: number): number {
  const { variance } = spreadOf(model, noise);
  const { fit } = model;
  const levels = model.settings[index]!.levels.map((_, level) => {
    const factors = factorsOf(model, index, level);
    return effectBy(fit, factors) ** 2 - variance * fit.variance(factors);
  });
  return Math.max(0, mean(levels));
}

interface Together extends Omit<Interaction, 'share'> {
  readonly variance: number;
}

/**
 * Pairs of settings whose effects do not just add up, for sure (an F test of each pair, Holm's over all), and the variance
 * that is left beside them.
 */
function interactionsOf(
  model: Additive,
  noise: number,
  worths: readonly Worth[],
): { told: Together[]; rest: number } {
  const { settings, fit, fitOf } = model;
  const indices = settings.map((_, index) => index);
  const tests = pairsOf(settings.length).map((pair) => {
    const both = fitOf(indices, [pair]);
    const more = both.rank - fit.rank;
    if (more <= 0 || both.degrees < LEAST_DEGREES) return { pair, chance: 1 };
    const left = Math.max(both.residual / both.degrees, noise);
    return { pair, chance: ratioChance((fit.residual - both.residual) / more / left, more, both.degrees) };
  });
  const sure = sureOnes(tests.map(({ chance }) => ({ chance, weight: 1 })));
  const found = tests.filter((_, index) => sure[index]).toSorted((a, b) => a.chance - b.chance);
  const told: Together[] = [];
  const taken: (readonly [number, number])[] = [];
  let before = fit;
  for (const { pair } of found) {
    // What two pairs explain alike counts once.
    const after = fitOf(indices, [...taken, pair]);
    const steps = stepsOf(model, pair, worths);
    if (after.degrees < LEAST_DEGREES || !steps) continue;
    const byChance = (after.rank - before.rank) * Math.max(noise, after.residual / after.degrees);
    const variance = Math.max(0, before.residual - after.residual - byChance) / worths.length;
    told.push({ paths: [settings[pair[0]]!.path, settings[pair[1]]!.path], variance, steps });
    taken.push(pair);
    before = after;
  }
  return { told, rest: before.degrees > 0 ? before.residual / before.degrees : noise };
}

/** Where a step of the second setting does most different things at two levels of the first, by what was measured there. */
function stepsOf(
  model: Additive,
  [a, b]: readonly [number, number],
  worths: readonly Worth[],
): Interaction['steps'] | undefined {
  const [first, second] = [model.settings[a]!, model.settings[b]!];
  const cell = (level: number, other: number): number | undefined => {
    const own = worths.flatMap(({ value }, row) =>
      first.of[row] === level && second.of[row] === other ? [value - othersAt(model, [a, b], row)] : [],
    );
    return own.length > 0 ? mean(own) : undefined;
  };
  const cells = first.levels.map((_, level) => second.levels.map((__, other) => cell(level, other)));
  let best: { apart: number; steps: Interaction['steps'] } | undefined;
  for (const [low, high] of pairsOf(first.levels.length)) {
    for (const [from, to] of pairsOf(second.levels.length)) {
      const values = [low, high].map((level) => ({
        at: level,
        start: cells[level]![from],
        end: cells[level]![to],
      }));
      if (values.some(({ start, end }) => start === undefined || end === undefined)) continue;
      const steps = values.map(({ at, start, end }) => ({ at, from, to, value: end! - start! }));
      const apart = Math.abs(steps[0]!.value - steps[1]!.value);
      if (!best || apart > best.apart) best = { apart, steps };
    }
  }
  return best?.steps;
}

const pairsOf = (many: number): (readonly [number, number])[] =>
  Array.from({ length: many }, (_, a) => a).flatMap((a) =>
    Array.from({ length: many - a - 1 }, (_, more) => [a, a + 1 + more] as const),
  );

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What the other settings of a configuration add, by the model. */
function othersAt({ settings, columns, fit }: Additive, without: readonly number[], row: number): number {
  return sum(
    settings.map(({ of }, index) => {
      if (without.includes(index)) return 0;
      const own = columns[index]!.map((column) => fit.coefficients[column]!);
      return own[of[row]!] ?? -sum(own);
    }),
  );
}
