import { mean } from 'simple-statistics';
import { type Fit, LeastSquares } from '../../statistics/least-squares.ts';
import type { Setting } from './settings.ts';

/** Settings that are fitted together; the pairs of more take too many fits. */
const MOST_SETTINGS = 8;

/** A setting whose effect can't be told, and why. */
export interface Untold {
  readonly path: string;
  readonly why: 'changes with others' | 'too few configurations' | 'too many settings';
}

/**
 * A model of values by settings: one effect of each level of each setting, added up, the effects of a setting coming to
 * zero over its levels. Fitted by least squares it compares like with like where some levels were tried more often than
 * others: the mean of a level is that over all levels of the other settings, each counting the same (population marginal
 * means: Searle, Speed and Milliken 1980).
 */
export interface Additive {
  /** Those that are told apart, what explains most by itself first. */
  readonly settings: readonly Setting[];
  readonly untold: readonly Untold[];
  readonly fit: Fit;
  /** What the columns of a setting are, as indices; column 0 is the mean of all. */
  readonly columns: readonly (readonly number[])[];
  /** Fits any of the settings, by their indices, and of these pairs the effects that they have only together. */
  fitOf(settings: readonly number[], pairs?: readonly (readonly [number, number])[]): Fit;
}

export function additiveModel(settings: readonly Setting[], values: readonly number[]): Additive {
  const middle = mean([...values]);
  const alone = settings.map((setting) => explainedBy(setting, values, middle));
  const sorted = settings.map((_, index) => index).sort((a, b) => alone[b]! - alone[a]!);
  const { kept, untold } = toldApart(
    sorted.map((index) => settings[index]!),
    values,
  );
  const blocks = kept.map(({ of, levels }) => of.map((level) => coded(level, levels.length)));
  const columns: number[][] = [];
  let width = 1;
  for (const { levels } of kept) {
    columns.push(Array.from({ length: levels.length - 1 }, (_, index) => width + index));
    width += levels.length - 1;
  }
  const main = new LeastSquares(
    values.map((_, row) => [1, ...blocks.flatMap((block) => block[row]!)]),
    values,
  );
  const fitOf = (chosen: readonly number[], pairs: readonly (readonly [number, number])[] = []): Fit => {
    const own = [0, ...chosen.flatMap((index) => columns[index]!)];
    if (pairs.length === 0) return main.fit(own);
    const rows = values.map((_, row) => [
      1,
      ...chosen.flatMap((index) => blocks[index]![row]!),
      ...pairs.flatMap(([a, b]) => blocks[a]![row]!.flatMap((x) => blocks[b]![row]!.map((y) => x * y))),
    ]);
    return new LeastSquares(rows, values).fit(rows[0]!.map((_, index) => index));
  };
  return { settings: kept, untold, fit: fitOf(kept.map((_, index) => index)), columns, fitOf };
}

/** The columns of a level: 1 in its own; -1 in all of them for the last level, whose effect is what lacks to zero. */
export const coded = (level: number, levels: number): number[] =>
  Array.from({ length: levels - 1 }, (_, index) => (level === levels - 1 ? -1 : Number(level === index)));

/** The sum of squares between the levels of one setting. */
function explainedBy({ of }: Setting, values: readonly number[], middle: number): number {
  const groups = Map.groupBy(
    values.map((value, index) => ({ value, level: of[index]! })),
    ({ level }) => level,
  );
  return [...groups.values()].reduce(
    (sum, group) => sum + group.length * (mean(group.map(({ value }) => value)) - middle) ** 2,
    0,
  );
}

/** The settings whose levels are no sum of levels of those before them, and that leave something to judge them by. */
function toldApart(
  settings: readonly Setting[],
  values: readonly number[],
): { kept: Setting[]; untold: Untold[] } {
  const kept: Setting[] = [];
  const untold: Untold[] = [];
  let rank = 1;
  for (const setting of settings) {
    const { path, levels } = setting;
    if (kept.length === MOST_SETTINGS) {
      untold.push({ path, why: 'too many settings' });
      continue;
    }
    const tried = [...kept, setting];
    const rows = values.map((_, row) => [
      1,
      ...tried.flatMap(({ of, levels: all }) => coded(of[row]!, all.length)),
    ]);
    const fit = new LeastSquares(rows, values).fit(rows[0]!.map((_, index) => index));
    if (fit.rank < rank + levels.length - 1) {
      const isFull = values.length < rank + levels.length - 1;
      untold.push({ path, why: isFull ? 'too few configurations' : 'changes with others' });
    } else if (fit.degrees < 1 && kept.length > 0) {
      untold.push({ path, why: 'too few configurations' });
    } else {
      kept.push(setting);
      rank = fit.rank;
    }
  }
  return { kept, untold };
}
