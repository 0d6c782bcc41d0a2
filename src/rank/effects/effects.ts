import { mean } from 'simple-statistics';
import { sureOnes } from '../../statistics/holm.ts';
import { ratioChance } from '../../statistics/least-squares.ts';
import { twoSidedQuantile } from '../../statistics/student.ts';
import { widerForBestOf } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import { type Additive, additiveModel, type Untold } from './additive.ts';
import { type Setting, settingsOf } from './settings.ts';
import { type Worth, type Worths, worthsOf } from './worth.ts';

/** What the settings of a model's configurations did to its objectives, by everything that was measured. */
export interface Effects extends Omit<Worths, 'worths'> {
  /** The configurations that tell it. */
  readonly worths: readonly Worth[];
  /** The largest share first. */
  readonly settings: readonly SettingEffect[];
  readonly interactions: readonly Interaction[];
  /** Share of what differs that none of these explains: the noise, and settings together in ways that are not sure. */
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

/** What mattered; undefined where too few configurations can be compared, or no setting differs between them. */
export function effectsOf(ranking: Ranking): Effects | undefined {
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
  const { told, left } = interactionsOf(model, variance, worths);
  const shares = sharesOf(model, variance);
  return {
    ...how,
    worths,
    leftOut: how.leftOut + all.length - worths.length,
    settings: model.settings
      .map((_, index) => ({ ...settingEffect(model, index, variance), share: shares[index]! }))
      .toSorted((a, b) => b.share - a.share),
    interactions: told,
    rest: Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0) - left),
    untold: model.untold,
  };
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

function settingEffect(model: Additive, index: number, noise: number): Omit<SettingEffect, 'share'> {
  const setting = model.settings[index]!;
  const { fit } = model;
  const spread = spreadOf(model, noise);
  const columns = model.columns[index]!;
  /** Which sum of coefficients is the effect of a level, with the mean of all or without. */
  const factorsOf = (level: number, withMean: boolean): number[] =>
    fit.coefficients.map((_, column) => {
      if (column === 0) return Number(withMean);
      const at = columns.indexOf(column);
      if (at < 0) return 0;
      return level === columns.length ? -1 : Number(at === level);
    });
  const told = (factors: readonly number[]) => ({
    value: factors.reduce((sum, factor, column) => sum + factor * fit.coefficients[column]!, 0),
    half: spread.quantile * Math.sqrt(spread.variance * fit.variance(factors)),
  });
  const means = setting.levels.map((_, level) => ({
    count: setting.of.filter((own) => own === level).length,
    ...told(factorsOf(level, true)),
  }));
  const order = means.map((_, level) => level).toSorted((a, b) => means[a]!.value - means[b]!.value);
  const [from, to] = [order[0]!, order.at(-1)!];
  const low = factorsOf(from, false);
  const gain = told(factorsOf(to, false).map((factor, column) => factor - low[column]!));
  const pairs = (setting.levels.length * (setting.levels.length - 1)) / 2;
  return { ...setting, means, gain: { from, to, ...gain, half: gain.half * widerForBestOf(pairs) } };
}

/**
 * How much of all differences each setting explains, less what it would by chance. Where settings were not tried evenly,
 * what two of them explain is divided: each by the mean of what it adds over all orders in which they may be taken
 * (Lindeman, Merenda and Gold 1980; Shapley's value), so that shares add up.
 */
function sharesOf(model: Additive, noise: number): number[] {
  const { settings, total, fitOf } = model;
  if (!(total > 0)) return settings.map(() => 0);
  const many = settings.length;
  const residuals = Array.from(
    { length: 2 ** many },
    (_, set) => fitOf(settings.map((__, index) => index).filter((index) => set & (1 << index))).residual,
  );
  const byChance = Math.max(
    noise,
    model.fit.degrees >= LEAST_DEGREES ? model.fit.residual / model.fit.degrees : 0,
  );
  return settings.map(({ levels }, index) => {
    let sum = 0;
    for (const [set, residual] of residuals.entries()) {
      if (set & (1 << index)) continue;
      const before = set.toString(2).replaceAll('0', '').length;
      sum += (residual - residuals[set | (1 << index)]!) / (many * choose(many - 1, before));
    }
    return Math.max(0, sum - (levels.length - 1) * byChance) / total;
  });
}

const choose = (of: number, many: number): number => {
  let found = 1;
  for (let index = 0; index < many; index++) found = (found * (of - index)) / (index + 1);
  return found;
};

/** Pairs of settings whose effects do not just add up, for sure (an F test of each pair, Holm's over all). */
function interactionsOf(
  model: Additive,
  noise: number,
  worths: readonly Worth[],
): { told: Interaction[]; left: number } {
  const { settings, total, fit, fitOf } = model;
  const indices = settings.map((_, index) => index);
  const pairs = indices.flatMap((a) => indices.slice(a + 1).map((b) => [a, b] as const));
  const tests = pairs.map((pair) => {
    const both = fitOf(indices, [pair]);
    const more = both.rank - fit.rank;
    if (more <= 0 || both.degrees < LEAST_DEGREES) return { pair, chance: 1 };
    const left = Math.max(both.residual / both.degrees, noise);
    return { pair, chance: ratioChance((fit.residual - both.residual) / more / left, more, both.degrees) };
  });
  const sure = sureOnes(tests.map(({ chance }) => ({ chance, weight: 1 })));
  const found = tests.filter((_, index) => sure[index]).toSorted((a, b) => a.chance - b.chance);
  const told: Interaction[] = [];
  const taken: (readonly [number, number])[] = [];
  let before = fit;
  for (const { pair } of found) {
    // What two pairs explain alike counts once.
    const after = fitOf(indices, [...taken, pair]);
    const byChance =
      (after.rank - before.rank) * Math.max(noise, after.residual / Math.max(1, after.degrees));
    const share = (before.residual - after.residual - byChance) / total;
    const steps = stepsOf(model, pair, worths);
    if (share < LEAST_TOGETHER || !steps) continue;
    told.push({ paths: [settings[pair[0]]!.path, settings[pair[1]]!.path], share, steps });
    taken.push(pair);
    before = after;
  }
  return {
    told: told.toSorted((a, b) => b.share - a.share),
    left: told.reduce((sum, { share }) => sum + share, 0),
  };
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

/** What the other settings of a configuration add, by the model. */
function othersAt({ settings, columns, fit }: Additive, without: readonly number[], row: number): number {
  let sum = 0;
  for (const [index, { of }] of settings.entries()) {
    if (without.includes(index)) continue;
    const own = columns[index]!.map((column) => fit.coefficients[column]!);
    sum += own[of[row]!] ?? -own.reduce((total, value) => total + value, 0);
  }
  return sum;
}
