/** Model Analyzer's constant: how far a neighbourhood reaches. */
const RADIUS = 3;

/** A place in the grid that the quick search climbs: exponent of the batch size and instances less one, or these alone. */
export type Coordinate = readonly number[];

/**
 * All steps within the radius, in Model Analyzer's order: lengths upwards, the last dimension changing fastest, each
 * with its signs; the sign that a dimension had last is the one it begins with next.
 */
export function steps(dimensions: number): Coordinate[] {
  const found: Coordinate[] = [];
  const signs = Array.from({ length: dimensions }, () => 1);
  const withSigns = (lengths: readonly number[], index: number): void => {
    const last = index + 1 === dimensions;
    const visit = (): void => {
      if (last) found.push(lengths.map((length, at) => length * signs[at]! + 0));
      else withSigns(lengths, index + 1);
    };
    visit();
    if (lengths[index] === 0) return;
    signs[index] = -signs[index]!;
    visit();
  };
  const grow = (lengths: readonly number[]): void => {
    if (lengths.length === dimensions) {
      if (Math.hypot(...lengths) <= RADIUS) withSigns(lengths, 0);
      return;
    }
    for (let length = 0; length <= RADIUS; length++) {
      signs[lengths.length] = 1;
      grow([...lengths, length]);
    }
  };
  grow([]);
  return found;
}

/** How far two places are apart. */
export const distance = (a: Coordinate, b: Coordinate): number =>
  Math.hypot(...a.map((value, index) => value - b[index]!));
