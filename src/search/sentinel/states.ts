import { mean, median } from 'simple-statistics';

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

// The four numbers below were set by test/search/sentinel/states.test.ts, which states the rates that follow from them.

/** What one look differs from the next by, before any repeat is seen, and how many repeats that counts as. */
const USUAL = 0.045;
const USUAL_WEIGHT = 4;
/**
 * So many standard deviations of a difference make another state of two looks or more, more where there are many looks
 * among which the largest difference was chosen; so many one of a single look; and so many a doubt about the last one.
 */
const SHIFT = 3.3;
const SHIFT_OF_MANY = 0.6;
const SHIFT_OF_ONE = 5.5;
const DOUBT = 2.4;
/** A difference by less is none, whatever the noise. */
const LEAST = Math.log(1.03);
/** No repeat tells of more noise than this: a shift may lie between two looks. */
const MOST = 0.2;

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
  const told = looks.flatMap(({ deviation }) => deviation ?? []);
  const noise = Math.max(
    noiseOf(values, repeats),
    told.length > 0 ? Math.hypot(...told) / Math.sqrt(told.length) : 0,
  );
  const parts = values.length > 0 ? divided({ from: 0, to: values.length }, values, noise) : [];
  const of: number[] = [];
  const members: number[][] = [];
  for (const { from, to } of parts) {
    const own = values.slice(from, to);
    const alike = members.findIndex((others) => !differ(own, others, noise));
    const state = alike < 0 ? members.push([]) - 1 : alike;
    members[state]!.push(...own);
    for (let at = from; at < to; at++) of.push(state);
  }
  const last = parts.at(-1);
  const before = last ? values.slice(last.from, -1) : [];
  const doubtful =
    before.length > 0 &&
    Math.abs(apart(before, values.slice(-1), noise)) > DOUBT &&
    !isSmall(before, values.slice(-1));
  return { of, levels: members.map(mean), doubtful, noise };
}

/** Looks from one to before another. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** Divides looks, in two or with a part taken out of their middle, until no difference is left that chance does not explain. */
function divided(part: Part, values: readonly number[], noise: number): Part[] {
  const { from, to } = part;
  let best: { readonly inner: Part; readonly z: number } | undefined;
  for (let start = from; start < to; start++) {
    for (let end = start + 1; end <= to; end++) {
      const isAll = start === from && end === to;
      const last = end === to ? start : end;
      if (isAll || !isTold({ from: last, to }, values, noise)) continue;
      const inner = values.slice(start, end);
      const rest = [...values.slice(from, start), ...values.slice(end, to)];
      const z = Math.abs(apart(inner, rest, noise));
      const isOne = end - start === 1 && start > from;
      const enough = isOne ? SHIFT_OF_ONE : SHIFT + SHIFT_OF_MANY * Math.log(values.length / 3);
      if (z > enough && !isSmall(inner, rest) && z > (best?.z ?? 0))
        best = { inner: { from: start, to: end }, z };
    }
  }
  if (!best) return [part];
  const { inner } = best;
  return [{ from, to: inner.from }, inner, { from: inner.to, to }]
    .filter((piece) => piece.to > piece.from)
    .flatMap((piece) => divided(piece, values, noise));
}

/** Whether a part at the end is more than one look that is off: what that one is the next look tells. */
function isTold({ from, to }: Part, values: readonly number[], noise: number): boolean {
  if (to - from < 2) return false;
  const [others, last] = [values.slice(from, to - 1), values.slice(to - 1, to)];
  return Math.abs(apart(others, last, noise)) <= DOUBT || isSmall(others, last);
}

/** How many standard deviations of their difference two means lie apart. */
const apart = (a: readonly number[], b: readonly number[], noise: number): number =>
  (mean(a) - mean(b)) / (noise * Math.sqrt(1 / a.length + 1 / b.length));

const isSmall = (a: readonly number[], b: readonly number[]): boolean => Math.abs(mean(a) - mean(b)) < LEAST;

const differ = (a: readonly number[], b: readonly number[], noise: number): boolean =>
  !isSmall(a, b) && Math.abs(apart(a, b, noise)) > DOUBT;

/**
 * Learned from repeats and from neighbouring looks, of which the median does not mind that the machine changed between
 * some of them.
 */
function noiseOf(values: readonly number[], repeats: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - values[index]!));
  const capped = repeats.map((difference) => Math.min(MOST, Math.abs(difference)));
  const typical = steps.length >= 3 ? Math.min(MOST, median(steps) / 0.6745) : 0;
  const weight = steps.length >= 3 ? steps.length / 2 : 0;
  const sum =
    USUAL_WEIGHT * USUAL ** 2 +
    capped.reduce((total, difference) => total + difference ** 2 / 2, 0) +
    (weight * typical ** 2) / 2;
  return Math.sqrt(sum / (USUAL_WEIGHT + capped.length + weight));
}
