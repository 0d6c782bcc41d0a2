import type { Choice } from '../../record/comparison.ts';
import type { Ranking } from '../rank.ts';
import type { RankedEntry } from '../standings.ts';
import { verdict } from '../verdict.ts';

/** What a run decided for, or else the first of its ranking; undefined: nothing was measured. */
export const chosen = ({ winner, leader }: Ranking): RankedEntry | undefined => winner ?? leader;

/** What a run came to for a model, as it is told. */
export function choiceOf(ranking: Ranking): Choice | null {
  const entry = chosen(ranking);
  if (!entry) return null;
  return {
    variant: entry.trial.name,
    point: entry.best.measurement.point,
    isDecided: ranking.winner !== undefined,
    isDefault: entry.trial.isDefault,
    decision: ranking.decision.kind,
    reason: ranking.decision.reason,
    sentence: verdict(ranking),
    configText: entry.trial.models.map(({ configText }) => configText).join('\n'),
  };
}
