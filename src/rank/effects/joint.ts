import { LeastSquares } from '../../statistics/least-squares.ts';
import { type Additive, coded } from './additive.ts';
import type { Setting } from './settings.ts';

/** Settings whose effects can't be told from each other's, of which only what they do together is known. */
export interface Joint {
  readonly paths: readonly string[];
  /** Of all differences between configurations, 0 to 1. */
  readonly share: number;
}

/** A setting that takes on this share of what another one does, which is not fitted, is not told apart from it. */
const MIXED = 0.1;

/**
 * Groups of settings that are not told apart: those that no effect was fitted for, each with the fitted ones that would take on
 * its effect (the bias of a variable that is left out: its regression on those that are not).
 */
export function mixedWith(model: Additive, all: readonly Setting[]): (readonly string[])[] {
  let groups: Set<string>[] = [];
  for (const { path, why } of model.untold) {
    const left = all.find((setting) => setting.path === path);
    if (!left || why === 'too many settings') continue;
    const mixed = model.settings.filter((_, index) => takesOn(model, index, left));
    if (mixed.length === 0) continue;
    const group = new Set([...mixed.map((setting) => setting.path), path]);
    const [met, others] = [
      groups.filter((other) => !other.isDisjointFrom(group)),
      groups.filter((other) => other.isDisjointFrom(group)),
    ];
    groups = [...others, met.reduce((union, other) => other.union(union), group)];
  }
  return groups.map((group) => [...group]);
}

/** Whether a fitted setting would take on some of what one that is not fitted does. */
function takesOn({ settings, columns }: Additive, index: number, left: Setting): boolean {
  const rows = left.of.map((_, row) => [
    1,
    ...settings.flatMap(({ of, levels }) => coded(of[row]!, levels.length)),
  ]);
  const all = rows[0]!.map((_, column) => column);
  return left.levels.some((_, level) => {
    const { coefficients } = new LeastSquares(
      rows,
      left.of.map((own) => Number(own === level)),
    ).fit(all);
    const own = columns[index]!.map((column) => coefficients[column]!);
    const last = own.reduce((sum, value) => sum - value, 0);
    return [...own, last].some((value) => Math.abs(value) > MIXED);
  });
}
