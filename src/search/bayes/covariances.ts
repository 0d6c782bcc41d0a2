import { matern52 } from '../../statistics/gaussian-process.ts';
import type { Place } from './encoding.ts';

/** Length scales in steps, and standard deviations of the parts that a value is made of. */
export interface Shape {
  readonly configuration: number;
  readonly load: number;
  /** What each field of the configuration does by itself. */
  readonly each: number;
  /** What the load does by itself, and the load against what the configuration can take. */
  readonly common: number;
  readonly relative: number;
  /** What only all of them together do. */
  readonly both: number;
  /** What a place has to itself; configurations that cannot differ are one place. */
  readonly own: number;
}

/** How alike places are, part by part. */
interface Alike {
  readonly each: Float64Array;
  readonly load: Float64Array;
  readonly relative: Float64Array;
  readonly together: Float64Array;
}

/** Covariances between the points of a space; what was once worked out for a point is kept. */
export class Covariances {
  readonly #places: readonly Place[];
  /** By length scales, then by the number of the point. */
  readonly #kept = new Map<string, Map<number, Alike>>();

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  /** How many points there are. */
  get size(): number {
    return this.#places.length;
  }

  /** With one point, for every point of the space by its number. */
  with(point: number, shape: Shape): Float64Array {
    const alike = this.#alike(point, shape);
    const variances = variancesOf(shape);
    const result = new Float64Array(this.#places.length);
    for (let other = 0; other < result.length; other++) result[other] = shared(alike, other, variances);
    return result;
  }

  /** Between these points, by their numbers: the lower triangle, row after row. */
  among(points: readonly number[], shape: Shape): readonly Float64Array[] {
    const variances = variancesOf(shape);
    return points.map((point, row) => {
      const alike = this.#alike(point, shape);
      const result = new Float64Array(row + 1);
      for (let other = 0; other <= row; other++) result[other] = shared(alike, points[other]!, variances);
      return result;
    });
  }

  #alike(point: number, shape: Shape): Alike {
    const key = `${shape.configuration} ${shape.load}`;
    const ofScales = this.#kept.get(key) ?? new Map<number, Alike>();
    this.#kept.set(key, ofScales);
    const kept = ofScales.get(point);
    if (kept) return kept;
    const size = this.#places.length;
    const made = {
      each: new Float64Array(size),
      load: new Float64Array(size),
      relative: new Float64Array(size),
      together: new Float64Array(size),
    };
    const here = this.#places[point]!;
    for (const [index, there] of this.#places.entries()) {
      let apart = 0;
      let each = 0;
      for (const [axis, value] of here.configuration.entries()) {
        const distance = (value - there.configuration[axis]!) / shape.configuration;
        apart += distance * distance;
        each += matern52(Math.abs(distance));
      }
      const [level, batch, relative] = here.load.map(
        (value, axis) => (value - there.load[axis]!) / shape.load,
      ) as [number, number, number];
      made.each[index] = each / Math.max(1, here.configuration.length);
      made.load[index] = matern52(Math.hypot(level, batch));
      made.relative[index] = matern52(Math.hypot(relative, batch));
      made.together[index] = matern52(Math.sqrt(apart + level * level + batch * batch));
    }
    ofScales.set(point, made);
    return made;
  }
}

/** Variances of the parts that a value is made of. */
const variancesOf = ({ each, common, relative, both, own }: Shape) => ({
  each: each ** 2,
  common: common ** 2,
  relative: relative ** 2,
  both: both ** 2,
  own: own ** 2,
});

/** What a point has in common with another, by the other's number. */
const shared = (
  { each, load, relative, together }: Alike,
  other: number,
  variances: ReturnType<typeof variancesOf>,
): number =>
  variances.each * each[other]! +
  variances.common * load[other]! +
  variances.relative * relative[other]! +
  variances.both * together[other]! +
  (together[other] === 1 ? variances.own : 0);

/** Variance of a value before anything was seen, everywhere the same. */
export function priorVariance(shape: Shape): number {
  const { each, common, relative, both, own } = variancesOf(shape);
  return each + common + relative + both + own;
}
