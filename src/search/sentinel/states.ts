import { mean, median, rootMeanSquare, sumNthPowerDeviations } from 'simple-statistics';

/** A look at the sentinel: how well it did then. */
export interface Look {
  /** Natural logarithm of how well: of a throughput, or of one over a latency. */
  readonly level: number;
  /** Standard deviation of it as the look itself tells: looks differ by more, but by no less; absent: it does not tell. */
  readonly deviation?: number;
  /** When it began and ended, ms since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

/** What looks at one and the same point say of the machine. */
export interface States {
  /** The state of the machine at each look; equal numbers are one and the same state. */
  readonly of: readonly number[];
  /** Logarithm of how well the sentinel does in each state. */
  readonly levels: readonly number[];
  /** The last look is off by so much that another is to say whether that was chance. */
  readonly doubtful: boolean;
  /** Standard deviation of one look's logarithm, by which this was told. */
  readonly noise: number;
}

// The numbers below were set by test/search/sentinel/states.test.ts, which states the rates that follow from them.

/** Standard deviation of a look's logarithm before anything is seen of it, or more where looks say so ... */
const USUAL = 0.04;
/** ... and how many degrees of freedom that counts as: fewer where looks say nothing of how sure they are. */
const USUAL_DEGREES = 6;
const UNTOLD_DEGREES = 2;
/** A look knows how far its own requests scatter; starts of a server are taken to scatter as much again. */
const WITH_STARTS = Math.SQRT2;
/**
 * A difference of two parts that is as rare as so many standard deviations makes another state of two looks or more, more
 * where there are many looks among which the largest difference was chosen; and one as rare as this is a doubt about the last.
 */
const SHIFT = 2.7;
const SHIFT_OF_MANY = 0.7;
const DOUBT = 2.4;
/** So many standard deviations make a single look a state: noise with heavy tails is rarely so far off. */
const SHIFT_OF_ONE = 9;
/** A difference by less is none, whatever the noise. */
const LEAST = Math.log(1.03);
/** A repeat that differs by more than this, and by more than so many times the usual one, holds a shift as well as noise. */
const MOST = 0.2;
const MOST_TIMES = 3;

/**
 * Finds out where the machine changed between looks at one point: the looks are divided where the parts differ most, as long
 * as they differ by more than their noise allows, and parts that are alike are one state (a machine that is as it was
 * before). One look alone at the end never is a state of its own: it is a doubt that the next look decides.
 * @param looks in order of their time.
 * @param repeats differences of the logarithms of two measurements of some other point that were made soon after each
 * other: what chance does.
 */
export function statesOf(looks: readonly Look[], repeats: readonly number[] = []): States {
  const values = looks.map(({ level }) => level);
  const known = knownOf(looks, repeats);
  const { parts, doubtful } = partsOf(values, known);
  const of: number[] = [];
  const members: number[][] = [];
  for (const { from, to } of parts) {
    // What is in doubt tells of no state.
    const own = values.slice(from, doubtful && to === values.length ? to - 1 : to);
    const alike = members.findIndex((others) => !differ(own, others, known));
    const state = alike < 0 ? members.push([]) - 1 : alike;
    members[state]!.push(...own);
    for (let at = from; at < to; at++) of.push(state);
  }
  return { of, levels: members.map(mean), doubtful, noise: noiseOf(values, known) };
}

/** Looks from one to before another. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** All looks, divided; a last one that is off by so much that the next is to say what it is belongs to the part before it. */
function partsOf(values: readonly number[], known: Known): { parts: readonly Part[]; doubtful: boolean } {
  if (values.length === 0) return { parts: [], doubtful: false };
  const count = values.length - 1;
  const before = count > 0 ? divided({ from: 0, to: count }, values.slice(0, -1), known) : [];
  const last = before.at(-1);
  if (!last || !differ(values.slice(last.from, last.to), values.slice(-1), known))
    return { parts: divided({ from: 0, to: count + 1 }, values, known), doubtful: false };
  return { parts: [...before.slice(0, -1), { from: last.from, to: count + 1 }], doubtful: true };
}

/** Divides looks, in two or with a part taken out of their middle, until no difference is left that chance does not explain. */
function divided(part: Part, values: readonly number[], known: Known): Part[] {
  const { from, to } = part;
  const ofMany = SHIFT + SHIFT_OF_MANY * Math.log(values.length / 3);
  let best: { readonly inner: Part; readonly times: number } | undefined;
  for (let start = from; start < to; start++) {
    for (let end = start + 1; end <= to; end++) {
      const isAll = start === from && end === to;
      const last = end === to ? start : end;
      if (isAll || !isTold({ from: last, to }, values, known)) continue;
      const inner = values.slice(start, end);
      const rest = [...values.slice(from, start), ...values.slice(end, to)];
      const isOne = end - start === 1 && start > from;
      const difference = differenceOf(inner, rest, known);
      const times = isOne ? difference.t / SHIFT_OF_ONE : rarityOf(difference) / ofMany;
      if (times > (best?.times ?? 1) && !isSmall(inner, rest))
        best = { inner: { from: start, to: end }, times };
    }
  }
  if (!best) return [part];
  const { inner } = best;
  return [{ from, to: inner.from }, inner, { from: inner.to, to }]
    .filter((piece) => piece.to > piece.from)
    .flatMap((piece) => divided(piece, values, known));
}

/** Whether a part at the end is more than one look that is off: what that one is the next look tells. */
const isTold = ({ from, to }: Part, values: readonly number[], known: Known): boolean =>
  to - from >= 2 && !differ(values.slice(from, to - 1), values.slice(to - 1, to), known);

/** Student's t of the difference of two means. */
interface Difference {
  readonly t: number;
  readonly degrees: number;
}

/** How far looks scatter is learned from the two parts themselves, too. */
function differenceOf(a: readonly number[], b: readonly number[], known: Known): Difference {
  const degrees = known.degrees + a.length + b.length - 2;
  const variance = (known.squares + squaresOf(a) + squaresOf(b)) / degrees;
  const t = Math.abs(mean(a) - mean(b)) / Math.sqrt(variance * (1 / a.length + 1 / b.length));
  return { t, degrees };
}

/** How many standard deviations of a normal distribution are as rare: Wallace's approximation, without its factor close to 1. */
const rarityOf = ({ t, degrees }: Difference): number => Math.sqrt(degrees * Math.log1p(t ** 2 / degrees));

const apart = (a: readonly number[], b: readonly number[], known: Known): number =>
  rarityOf(differenceOf(a, b, known));

const isSmall = (a: readonly number[], b: readonly number[]): boolean => Math.abs(mean(a) - mean(b)) < LEAST;

const differ = (a: readonly number[], b: readonly number[], known: Known): boolean =>
  !isSmall(a, b) && apart(a, b, known) > DOUBT;

const squaresOf = (values: readonly number[]): number => sumNthPowerDeviations(values, 2);

/** What is known of the noise without the looks' levels: a sum of squares, and the degrees of freedom that it is worth. */
interface Known {
  readonly squares: number;
  readonly degrees: number;
}

function knownOf(looks: readonly Look[], repeats: readonly number[]): Known {
  const told = looks.flatMap(({ deviation }) => deviation ?? []);
  const isTelling = told.length > 0;
  const usual = Math.max(USUAL, isTelling ? WITH_STARTS * rootMeanSquare(told) : 0);
  const degrees = isTelling ? USUAL_DEGREES : UNTOLD_DEGREES;
  const sizes = repeats.map(Math.abs);
  const most = Math.max(MOST, sizes.length > 0 ? MOST_TIMES * median(sizes) : 0);
  const ofRepeats = sizes.reduce((sum, size) => sum + Math.min(most, size) ** 2 / 2, 0);
  return { squares: degrees * usual ** 2 + ofRepeats, degrees: degrees + sizes.length };
}

/** Of one look: from neighbouring ones, too, of which the median does not mind that the machine changed between some. */
function noiseOf(values: readonly number[], { squares, degrees }: Known): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - values[index]!));
  if (steps.length < 3) return Math.sqrt(squares / degrees);
  const weight = steps.length / 2;
  const typical = Math.min(MOST, median(steps) / 0.6745);
  return Math.sqrt((squares + (weight * typical ** 2) / 2) / (degrees + weight));
}
