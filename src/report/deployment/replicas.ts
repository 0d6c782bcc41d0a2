import type { Capacity } from './capacity.ts';

/** How many replicas carry a rate of inferences. */
export interface Replicas {
  /** Inferences a second that all of them carry together. */
  readonly requestRate: number;
  /** Share of the rate that they carry beyond it: 0.2 for 20 %. */
  readonly headroom: number;
  readonly needed: number;
  /** Share of what a replica can carry that it does at that rate, 0 to 1. */
  readonly used: number;
}

/** What is rounded up is not rounded up for an error of the last digit. */
const ROUNDING = 1e-9;

/** The least number of replicas that carry a rate and the headroom above it. */
export function replicasFor(
  requestRate: number,
  headroom: number,
  { inferencesPerSecond }: Pick<Capacity, 'inferencesPerSecond'>,
): Replicas | undefined {
  if (!(inferencesPerSecond > 0)) return undefined;
  const needed = Math.max(1, Math.ceil((requestRate * (1 + headroom)) / inferencesPerSecond - ROUNDING));
  return { requestRate, headroom, needed, used: requestRate / (needed * inferencesPerSecond) };
}
