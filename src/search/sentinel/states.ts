import { mean } from 'simple-statistics';
import { denied, type Other } from './others.ts';
import { deviationOf, differenceOf, rarityOf, type Scatter, scatterOf, withSquare } from './scatter.ts';

/** A look at the sentinel: how well it did then. */
export interface Look {
  /** Natural logarithm of how well: of a throughput, or of one over a latency. */
  readonly level: number;
  /** Standard deviation of it as the look itself tells: looks differ by more, but by no less; absent: it does not tell. */
  readonly deviation?: number;
  /** It was made right after the one before it, as that was in doubt: what they differ by is chance, not the machine. */
  readonly isAtOnce?: boolean;
}

/** What looks at one and the same point say of the machine. */
export interface States {
  /** The state of the machine at each look; equal numbers are one and the same state. */
  readonly of: readonly number[];
  /** Logarithm of how well the sentinel does in each state. */
  readonly levels: readonly number[];
  /** The last look is off by so much that another is to say whether that was chance. */
  readonly doubtful: boolean;
  /** Standard deviation of one measurement's logarithm, of the sentinel or, where that scatters by itself, of other points. */
  readonly noise: number;
}

// The numbers below were set by test/search/sentinel/states.test.ts, which states the rates that follow from them.

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
/** So often other points may deny a change: each time the scatter that is known grows, and less is taken for a change. */
const MOST_DENIALS = 20;

/**
 * Finds out where the machine changed between looks at one point: the looks are divided where the parts differ most, as long
 * as they differ by more than their noise allows, and parts that are alike are one state (a machine that is as it was
 * before). One look alone at the end never is a state of its own: it is a doubt that the next look decides. What other points
 * deny is no change: this point scatters by more than was known of it, and is judged by that.
 * @param looks in order of their time.
 * @param repeats differences of the logarithms of two measurements of some other point that were made soon after each
 * other: what chance does.
 * @param others all measurements of other points.
 */
export function statesOf(
  looks: readonly Look[],
  repeats: readonly number[] = [],
  others: readonly Other[] = [],
): States {
  const told = looks.flatMap(({ deviation }) => deviation ?? []);
  const ofOthers = scatterOf(told, repeats);
  let known = ofOthers;
  for (let denials = 0; ; denials++) {
    const states = statesBy(looks, known);
    const squares = denials < MOST_DENIALS ? denied(states, others, ofOthers) : undefined;
    if (squares === undefined)
      return denials === 0 ? states : { ...states, noise: Math.sqrt(ofOthers.squares / ofOthers.degrees) };
    // What repeats of others tell is not true of this point.
    if (denials === 0) known = scatterOf(told, []);
    known = withSquare(known, squares);
  }
}

function statesBy(looks: readonly Look[], known: Scatter): States {
  const values = looks.map(({ level }) => level);
  const { parts, doubtful } = partsOf(looks, known);
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
  return { of, levels: members.map(mean), doubtful, noise: deviationOf(members, known) };
}

/** Looks from one to before another. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** All looks, divided; a last one that is off by so much that the next is to say what it is belongs to the part before it. */
function partsOf(looks: readonly Look[], known: Scatter): { parts: readonly Part[]; doubtful: boolean } {
  if (looks.length === 0) return { parts: [], doubtful: false };
  const values = looks.map(({ level }) => level);
  const count = looks.length - 1;
  const before = count > 0 ? divided({ from: 0, to: count }, looks.slice(0, -1), known) : [];
  const last = before.at(-1);
  if (!last || !differ(values.slice(last.from, last.to), values.slice(-1), known))
    return { parts: divided({ from: 0, to: count + 1 }, looks, known), doubtful: false };
  return { parts: [...before.slice(0, -1), { from: last.from, to: count + 1 }], doubtful: true };
}

/**
 * Divides looks, in two or with a part taken out of their middle, until no difference is left that chance does not explain;
 * never before one that was made at once after another.
 */
function divided(part: Part, looks: readonly Look[], known: Scatter): Part[] {
  const { from, to } = part;
  const values = looks.map(({ level }) => level);
  const isWithin = (at: number): boolean => at > from && at < to && looks[at]!.isAtOnce === true;
  const ofMany = SHIFT + SHIFT_OF_MANY * Math.log(values.length / 3);
  let best: { readonly inner: Part; readonly times: number } | undefined;
  for (let start = from; start < to; start++) {
    for (let end = start + 1; end <= to; end++) {
      const isAll = start === from && end === to;
      const last = end === to ? start : end;
      if (isAll || isWithin(start) || isWithin(end) || !isTold({ from: last, to }, values, known)) continue;
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
    .flatMap((piece) => divided(piece, looks, known));
}

/** Whether a part at the end is more than one look that is off: what that one is the next look tells. */
const isTold = ({ from, to }: Part, values: readonly number[], known: Scatter): boolean =>
  to - from >= 2 && !differ(values.slice(from, to - 1), values.slice(to - 1, to), known);

const apart = (a: readonly number[], b: readonly number[], known: Scatter): number =>
  rarityOf(differenceOf(a, b, known));

const isSmall = (a: readonly number[], b: readonly number[]): boolean => Math.abs(mean(a) - mean(b)) < LEAST;

const differ = (a: readonly number[], b: readonly number[], known: Scatter): boolean =>
  !isSmall(a, b) && apart(a, b, known) > DOUBT;
