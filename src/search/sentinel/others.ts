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

/**
 * Whether other points that were measured in two states did the same in both, where the sentinel did not: then the machine
 * was the same, and the sentinel alone scatters.
 * @param known how far measurements of other points scatter.
 * @returns what that adds to the squares of the sentinel's scatter, for the largest such difference; undefined: there is none.
 */
export function denied({ of, levels }: Said, others: readonly Other[], known: Scatter): number | undefined {
  if (levels.length < 2) return undefined;
  const placed = others.flatMap((other) => {
    const [before, after] = [of[other.before ?? -1], of[other.after ?? -1]];
    const isClear = before === undefined || after === undefined || before === after;
    const state = isClear ? (before ?? after) : undefined;
    return state === undefined ? [] : [{ ...other, state }];
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
  if (paired.length === 0) return false;
  const weights = paired.map(([a, b]) => 1 / (1 / a.length + 1 / b.length));
  const weight = sum(weights);
  const own = sum(paired.map(([a, b], index) => weights[index]! * (mean(b) - mean(a)))) / weight;
  if (own / by > LEAST_SHARE) return false;
  const within = paired.flat();
  const degrees = known.degrees + sum(within.map((values) => values.length - 1));
  const variance = (known.squares + sum(within.map(squaresOf))) / degrees;
  return rarityOf({ t: Math.abs(by - own) / Math.sqrt(variance / weight), degrees }) > SURE;
}
