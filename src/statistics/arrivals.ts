import { randomSource } from './random-source.ts';

/** When requests of an open loop are due. */
export type Arrivals =
  | { readonly kind: 'constant' | 'poisson'; readonly rate: number; readonly seed: number }
  /** Gaps in ms, in turn, again and again. */
  | { readonly kind: 'intervals'; readonly gapsMs: readonly number[] }
  /** Times in ms from the start, ascending, once. */
  | { readonly kind: 'trace'; readonly timesMs: readonly number[] };

/** Due times in ms from the start, ascending; undefined when there are no more. */
export type Schedule = () => number | undefined;

/**
 * The due times of one of several threads that share the arrivals: every `of`-th, beginning with `index`. The same
 * seed gives the same times.
 */
export function scheduleOf(arrivals: Arrivals, index = 0, of = 1): Schedule {
  const all = allTimes(arrivals);
  for (let skipped = 0; skipped < index; skipped++) all();
  let first = true;
  return () => {
    if (!first) for (let skipped = 1; skipped < of; skipped++) all();
    first = false;
    return all();
  };
}

function allTimes(arrivals: Arrivals): Schedule {
  let count = 0;
  let now = 0;
  switch (arrivals.kind) {
    case 'constant':
      // From the count, as a sum of gaps would lose precision with time.
      return () => (count++ * 1000) / arrivals.rate;
    case 'poisson': {
      const random = randomSource(arrivals.seed);
      return () => {
        now += (-Math.log(1 - random()) * 1000) / arrivals.rate;
        return now;
      };
    }
    case 'intervals':
      return () => {
        now += arrivals.gapsMs[count++ % arrivals.gapsMs.length]!;
        return now;
      };
    case 'trace':
      return () => arrivals.timesMs[count++];
  }
}

/** Requests a second that the arrivals ask for, in the long run; a trace of one request counts as one a second. */
export function meanRate(arrivals: Arrivals): number {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return arrivals.rate;
    case 'intervals':
      return (1000 * arrivals.gapsMs.length) / arrivals.gapsMs.reduce((sum, gap) => sum + gap, 0);
    case 'trace': {
      const { timesMs } = arrivals;
      const spanMs = Math.max(1, timesMs.at(-1)! - timesMs[0]!);
      return timesMs.length < 2 ? 1 : ((timesMs.length - 1) * 1000) / spanMs;
    }
  }
}
