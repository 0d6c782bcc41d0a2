import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { inFlight, type LoadPoint } from '../record/load-point.ts';
import type { AutomaticSpace, Candidate } from '../space/space.ts';
import { type Coordinate, steps } from './neighbourhood.ts';

/**
 * The grid that the quick search climbs: exponents of the batch size and instances less one, or instances less one alone.
 * It has no upper end: what lies beyond the limits of the space is as the last within.
 */
export class QuickGrid {
  readonly #automatic: AutomaticSpace;
  readonly #dimensions: number;
  readonly #model: string;

  constructor(model: string, automatic: AutomaticSpace) {
    this.#model = model;
    this.#automatic = automatic;
    this.#dimensions = automatic.batchSizes.length > 0 ? 2 : 1;
  }

  get start(): Coordinate {
    return Array.from({ length: this.#dimensions }, () => 0);
  }

  /** How many places there are within the limits, each batch size and instance count counting twice. */
  get size(): number {
    const { batchSizes, instanceCounts } = this.#automatic;
    return 2 * Math.max(1, batchSizes.length) * instanceCounts.length;
  }

  candidateAt(at: Coordinate): Candidate {
    const [batch, count] = this.#settingsOf(at);
    return this.#automatic.propose(count, batch);
  }

  /** Client batch 1, and twice what the configuration takes at once. */
  loadAt(at: Coordinate): LoadPoint {
    const [batch, count] = this.#settingsOf(at);
    return inFlight(this.#model, 2 * count * (batch ?? 1));
  }

  /** Every place within the limits, the nearest to the start first. */
  places(): Coordinate[] {
    const { instanceCounts, batchSizes } = this.#automatic;
    const range = (length: number): number[] => [...Array(length).keys()];
    const rows = range(instanceCounts.at(-1) ?? 1).map((count) => [count]);
    const exponents = range(Math.ceil(Math.log2(batchSizes.at(-1) ?? 1)) + 1);
    const all =
      this.#dimensions === 1 ? rows : exponents.flatMap((batch) => rows.map((row) => [batch, ...row]));
    return all.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
  }

  /** One step in one dimension. */
  adjacent(home: Coordinate): Coordinate[] {
    return [...home.keys()].flatMap((dimension) =>
      [-1, 1]
        .map((step) => home.map((value, index) => (index === dimension ? value + step : value)))
        .filter(isInside),
    );
  }

  /** Steps within the radius: by their lengths in each dimension, the last one growing first. */
  neighbours(home: Coordinate): Coordinate[] {
    return steps(this.#dimensions)
      .map((step) => home.map((value, index) => value + step[index]!))
      .filter((at) => isInside(at) && String(at) !== String(home));
  }

  #settingsOf(at: Coordinate): [batch: number | undefined, count: number] {
    const { instanceCounts, batchSizes } = this.#automatic;
    const [first, second] = at as [number, number?];
    const atLeast = (list: readonly number[], value: number): number =>
      list.find((item) => item >= value) ?? list.at(-1)!;
    return second === undefined
      ? [undefined, atLeast(instanceCounts, first + 1)]
      : [atLeast(batchSizes, 2 ** first), atLeast(instanceCounts, second + 1)];
  }
}

/** Twice what a configuration takes at once, as the quick search loads the default. */
export function loadOf({ models: [{ name, config }] }: Candidate): LoadPoint {
  const instances = instanceGroups(config).reduce((sum, { count }) => sum + count, 0);
  return inFlight(name, 2 * Math.max(1, instances) * Math.max(1, maxBatchSize(config)));
}

const isInside = (at: Coordinate): boolean => at.every((value) => value >= 0);
