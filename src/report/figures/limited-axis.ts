import { metric } from '../../ground/metric.ts';
import { formatValue, unitOf } from '../../rank/words.ts';
import type { Constraint, Criteria } from '../../record/goal.ts';

/** From a largest value of so many times the smallest on, an axis is logarithmic: else most points lie in one corner. */
const WIDE_SPAN = 20;
/** A smallest value below this share of the largest starts the axis at zero. */
const NEAR_ZERO = 0.4;
/** Room beyond the outermost values, as a share of what lies between them. */
const ROOM = 0.06;
/** A limit that is farther from the values than this share of what lies between them is told at the edge. */
const FAR = 0.35;

/** So few points have room for their intervals. */
const FEW = 4;

/** A limit on what an axis shows. */
export interface AxisLimit {
  readonly value: number;
  readonly bound: 'min' | 'max';
  /** `below` and `above`: so far from what was measured that it lies beyond the edge. */
  readonly at: 'inside' | 'below' | 'above';
  /** `at most 150 ms` */
  readonly text: string;
}

/** An axis that is as long as what was measured, whatever is asked for. */
export interface LimitedAxis {
  readonly tag: string;
  /** `p99 latency (ms)` */
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly scale: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly limits: readonly AxisLimit[];
}

/**
 * The axis of a metric.
 * @param values that it must hold; at least one.
 * @param reach ends of intervals, which widen the axis by a quarter at most at each end, of few points by as much as it is.
 */
export function limitedAxis(
  tag: string,
  values: readonly number[],
  criteria: Pick<Criteria, 'constraints' | 'prices'>,
  reach: readonly number[] = [],
): LimitedAxis {
  const { label, better } = metric(tag);
  const unit = unitOf(tag, criteria);
  const scale =
    Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= WIDE_SPAN ? 'log' : 'linear';
  // A share of the axis is a difference of what it is divided by evenly.
  const [to, from] =
    scale === 'log' ? [Math.log, Math.exp] : [(value: number) => value, (value: number) => value];
  const [least, largest] = [to(Math.min(...values)), to(Math.max(...values))];
  let [low, high] = [least, largest];
  // A single value, or equal ones, have an axis around them.
  const span = largest - least || Math.abs(largest) * 0.2 || 1;
  // Of few points the intervals are most of what there is to see.
  const most = values.length <= FEW ? span : span / 4;
  for (const end of reach) {
    if (scale === 'log' && end <= 0) continue;
    low = Math.min(low, Math.max(to(end), least - most));
    high = Math.max(high, Math.min(to(end), largest + most));
  }
  const shown = Math.max(span, high - low);
  const placed = criteria.constraints
    .filter((constraint) => constraint.tag === tag)
    .map((constraint) => ({ constraint, at: placeOf(constraint, low, high, shown, to) }));
  for (const { constraint, at } of placed) {
    if (at !== 'inside') continue;
    low = Math.min(low, to(constraint.value));
    high = Math.max(high, to(constraint.value));
  }
  const isFromZero = scale === 'linear' && low >= 0 && low <= NEAR_ZERO * high;
  return {
    tag,
    label: unit === '' ? label : `${label} (${unit})`,
    better,
    scale,
    domain: [isFromZero ? 0 : from(low - ROOM * span), from(high + ROOM * span)],
    limits: placed.map(({ constraint: { value, bound }, at }) => ({
      value,
      bound,
      at,
      text: `at ${bound === 'max' ? 'most' : 'least'} ${formatValue(value, tag)}${unit && ` ${unit}`}`,
    })),
  };
}

function placeOf(
  { value }: Constraint,
  low: number,
  high: number,
  span: number,
  to: (value: number) => number,
): AxisLimit['at'] {
  if (to(value) > high + FAR * span) return 'above';
  // The logarithm of a limit of zero is far below everything.
  return to(value) < low - FAR * span ? 'below' : 'inside';
}

/** Which part of an axis keeps its limits; undefined where none does. */
export function allowedPart({ domain, limits }: LimitedAxis): readonly [number, number] | undefined {
  let [low, high] = domain;
  for (const { value, bound } of limits) {
    if (bound === 'max') high = Math.min(high, value);
    else low = Math.max(low, value);
  }
  return low < high ? [low, high] : undefined;
}

/** How far along an axis a value lies, 0 to 1. */
export function shareOf({ scale, domain: [low, high] }: LimitedAxis, value: number): number {
  if (scale === 'log') return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

/** What lies so far along an axis. */
export function valueAt({ scale, domain: [low, high] }: LimitedAxis, share: number): number {
  return scale === 'log' ? low * (high / low) ** share : low + share * (high - low);
}
