import { mean, sum } from 'simple-statistics';
import { rarityOf, type Scatter, squaresOf } from './scatter.ts';

/** A measurement of another point than the sentinel. */
export interface Other {
  /** Which point: equal numbers are one and the same. */
  readonly point: number;
  /** Natural logarithm of how well it did. */
  readonly level: number;
  /** The last look at the sentinel that began before it ended, and the first that ended after it began, by their numbers. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

/** What looks say. */
interface Said {
  /** The state of the machine at each look. */
  readonly of: readonly number[];
  /** Logarithm of how well the sentinel does in each state. */
  readonly levels: readonly number[];
}

/** What did not change by more than this share of what the sentinel did, did not change with it. Not tuned. */
const LEAST_SHARE = 1 / 3;
/** ... as long as that is as sure as so many standard deviations. Not tuned. */
const SURE = 3;
/** A point that changed as the sentinel did, surely by so many standard deviations, is enough to say that the machine did. Not tuned. */
const SURE_OF_ONE = 2.5;
/** A change is denied by no fewer measurements in each of the states: a single one may be luck. */
const LEAST = 2;

/**
 * Whether other points that were measured in two states did the same in both, where the sentinel did not: then the machine
 * was the same, and the sentinel alone scatters. A single point that changed with the sentinel is enough to believe the change,
 * however many did not: what slows a GPU does not slow what waits for the CPU. Measurements before the first look and after
 * the last tell nothing, as it is not known in which state they were made.
 * @param known how far measurements of other points scatter.
 * @returns what that adds to the squares of the sentinel's scatter, for the largest such difference; undefined: there is none.
 */
export function denied({ of, levels }: Said, others: readonly Other[], known: Scatter): number | undefined {
  if (levels.length < 2) return undefined;
  const placed = others.flatMap((other) => {
    const [before, after] = [of[other.before ?? -1], of[other.after ?? -1]];
    return before === undefined || before !== after ? [] : [{ ...other, state: before }];
  });
  const points = [...Map.groupBy(placed, ({ point }) => point).values()];
  const pairs = levels.flatMap((_, b) => levels.slice(0, b).map((_, a) => [a, b] as const));
  const squares = pairs
    .filter(([a, b]) => isDenied(levels[b]! - levels[a]!, pairedIn(points, a, b), known))
    .map(([a, b]) => {
      const [m, n] = [a, b].map((state) => of.filter((which) => which === state).length);
      return (levels[b]! - levels[a]!) ** 2 / (1 / m! + 1 / n!);
    });
  return squares.length > 0 ? Math.max(...squares) : undefined;
}

/** One point's levels in one state and in another. */
type Paired = readonly [readonly number[], readonly number[]];

const pairedIn = (
  points: readonly (readonly { readonly level: number; readonly state: number }[])[],
  a: number,
  b: number,
): Paired[] =>
  points
    .map((own): Paired => {
      const [inA, inB] = [a, b].map((state) =>
        own.filter((item) => item.state === state).map(({ level }) => level),
      );
      return [inA!, inB!];
    })
    .filter(([inA, inB]) => inA.length > 0 && inB.length > 0);

/** @param by what the sentinel did better by. */
function isDenied(by: number, paired: readonly Paired[], known: Scatter): boolean {
  const least = [0, 1].map((side) => sum(paired.map((item) => item[side]!.length)));
  if (Math.min(...least) < LEAST) return false;
  const within = paired.flat();
  const degrees = known.degrees + sum(within.map((values) => values.length - 1));
  const variance = (known.squares + sum(within.map(squaresOf))) / degrees;
  const weights = paired.map(([a, b]) => 1 / (1 / a.length + 1 / b.length));
  const changes = paired.map(([a, b]) => mean(b) - mean(a));
  const isSure = (difference: number, weight: number, times: number): boolean =>
    rarityOf({ t: Math.abs(difference) / Math.sqrt(variance / weight), degrees }) > times;
  const isWith = changes.some(
    (change, index) => change * by > 0 && isSure(change, weights[index]!, SURE_OF_ONE),
  );
  if (isWith) return false;
  const weight = sum(weights);
  const own = sum(changes.map((change, index) => weights[index]! * change)) / weight;
  return own / by <= LEAST_SHARE && isSure(by - own, weight, SURE);
}
