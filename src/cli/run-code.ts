import type { Comparison, Ranking, Run } from '../index.ts';
import { EXIT } from './process.ts';

/** Nobody keeps the limits, or whether the best does was not measured: a failure for those only who asked for it. */
export const isUnmet = ({ decision: { reason } }: Pick<Ranking, 'decision'>): boolean =>
  reason === 'constraints' || reason === 'constraints unknown';

/** The exit code of a run that went through: by what was decided for each model. */
export function codeOfRun(
  { trials }: Pick<Run, 'trials'>,
  rankings: readonly Pick<Ranking, 'winner' | 'decision'>[],
  { failOnUnmetConstraints }: { readonly failOnUnmetConstraints: boolean },
): number {
  if (trials.some(({ end }) => end?.kind === 'bug of tma')) return EXIT.bug;
  if (rankings.some((ranking) => !ranking.winner && !isUnmet(ranking))) return EXIT.nothing;
  return failOnUnmetConstraints && rankings.some(isUnmet) ? EXIT.unmet : EXIT.done;
}

/** The conditions of a comparison for which a command ends with code 6. */
export const failedGates = ({ gates }: Comparison, failOnUnknown: boolean): Comparison['gates'] =>
  gates.filter(({ state }) => state === 'failed' || (failOnUnknown && state === 'unknown'));
