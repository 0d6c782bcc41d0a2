import type { Path } from './yaml.ts';

/** A field, and the values that are tried for it. */
export interface Sweep {
  readonly segments: Path;
  readonly values: readonly unknown[];
}

/** In how many ways one value of each sweep can be chosen. */
export const sizeOfProduct = (sweeps: readonly Pick<Sweep, 'values'>[]): number =>
  sweeps.reduce((product, { values }) => product * values.length, 1);

/** Every choice of one value per sweep, in order, the last sweep changing fastest. */
export function* combinations(
  sweeps: readonly Sweep[],
): Generator<readonly { segments: Path; value: unknown }[], void, undefined> {
  const size = sizeOfProduct(sweeps);
  for (let index = 0; index < size; index++) {
    let rest = index;
    const choice = sweeps.toReversed().map(({ segments, values }) => {
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return { segments, value };
    });
    yield choice.reverse();
  }
}
