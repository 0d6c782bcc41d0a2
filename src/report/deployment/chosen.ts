import { userError } from '../../ground/errors.ts';
import { suggestion } from '../../ground/wording.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';

/** What of one model is handed over. */
export interface Chosen {
  readonly ranking: Ranking;
  /** undefined: nothing was decided. */
  readonly entry: RankedEntry | undefined;
  /** best: what was decided; named: what the user asked for. */
  readonly by: 'best' | 'named';
  /** Whether its config.pbtxt is to be written: of a default that is kept the user has it. */
  readonly isChange: boolean;
}

export interface Choice {
  /** Names of models; undefined: all. */
  readonly models?: readonly string[] | undefined;
  /** Names of configurations; undefined: what was decided for each model. */
  readonly variants?: readonly string[] | undefined;
}

/**
 * What is handed over of each model: what was decided, or the configurations that are named.
 * @throws UserError for a name that is not there, or was not measured, or two configurations of one model.
 */
export function chosenOf(rankings: readonly Ranking[], { models, variants }: Choice): Chosen[] {
  const wanted = models === undefined ? rankings : models.map((model) => rankingOf(model, rankings));
  if (variants === undefined) {
    return [...new Set(wanted)].map((ranking) => ({
      ranking,
      entry: ranking.winner,
      by: 'best',
      isChange: ranking.decision.kind === 'deploy',
    }));
  }
  const chosen = [...new Set(variants)].map((name): Chosen => {
    const ranking = ofVariant(name, wanted);
    const entry = ranking.entries.find(({ trial }) => trial.name === name);
    return { ranking, entry, by: 'named', isChange: true };
  });
  for (const { ranking } of chosen) {
    const same = chosen.filter((other) => other.ranking === ranking);
    if (same.length > 1)
      throw userError(
        `--variant: ${same.map(({ entry }) => entry!.trial.name).join(' and ')} are both of ${ranking.model}`,
        'name one configuration of each model',
      );
  }
  return chosen;
}

function rankingOf(model: string, rankings: readonly Ranking[]): Ranking {
  const found = rankings.find((ranking) => ranking.model === model);
  if (found) return found;
  throw userError(
    `--model: "${model}" was not profiled`,
    suggestion(
      model,
      rankings.map((ranking) => ranking.model),
    ),
  );
}

/** The ranking that a measured configuration is in. */
function ofVariant(name: string, rankings: readonly Ranking[]): Ranking {
  const measured = rankings.find(({ entries }) => entries.some(({ trial }) => trial.name === name));
  if (measured) return measured;
  const trial = rankings.flatMap(({ unmeasured }) => unmeasured).find((other) => other.name === name);
  if (trial)
    throw userError(
      `--variant: ${name} was not measured${trial.end?.cause === undefined ? '' : `: ${trial.end.cause}`}`,
      'name a configuration that was',
    );
  const names = rankings.flatMap(({ entries }) => entries.map((entry) => entry.trial.name));
  throw userError(
    `--variant: "${name}" was not profiled`,
    names.length > 0 ? suggestion(name, names) : 'nothing was measured',
  );
}
