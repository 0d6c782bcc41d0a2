import { derived } from '../goal/costs.ts';
import { userError } from '../ground/errors.ts';
import { counted } from '../ground/wording.ts';
import { CONFIGURATION } from '../record/fingerprints.ts';
import type { Prices } from '../record/goal.ts';
import { loadedName, measurementsOf, type Run, type Trial } from '../record/run.ts';
import type { Earlier } from '../search/search.ts';
import { configKey } from '../space/space.ts';
import { journalPath, readJournal } from './journal.ts';

/**
 * What earlier runs measured of a model: those of other checkpoint directories, and what this journal holds of before
 * something about the model, the server or the machine changed. What was measured as things are now is not among it.
 * @param current key of the default configuration as things are now.
 * @param directories checkpoint directories of other runs.
 * @param prices those that hold now.
 * @throws UserError for a directory without a journal.
 */
export function earlierOf(
  model: string,
  run: Run,
  current: string,
  directories: readonly string[],
  prices?: Prices,
): Earlier[] {
  const now = run.trials.find(({ key }) => key === current);
  const own = run.trials.filter((trial) => now && isOfBefore(trial, now));
  const others = directories.flatMap((directory) => {
    const { history } = readJournal(journalPath(directory));
    if (history.variants.length > 0) return history.whole().trials;
    throw userError(
      `--warm-start: nothing is recorded in ${journalPath(directory)}`,
      'name the checkpoint directory of an earlier tma profile',
    );
  });
  return [...others, ...own]
    .filter((trial) => loadedName(trial) === model)
    .flatMap((trial) =>
      measurementsOf(trial).map((measurement) => ({
        candidateKey: trial.isDefault ? undefined : configKey(trial.models[0].config, model),
        point: measurement.point,
        values: derived(measurement, trial, prices).whole.values,
      })),
    );
}

/** Whether something else than the configuration is not as it is now. */
function isOfBefore({ parts }: Trial, { parts: now }: Trial): boolean {
  if (!parts || !now) return false;
  return [...new Set([...Object.keys(parts), ...Object.keys(now)])].some(
    (name) => name !== CONFIGURATION && parts[name] !== now[name],
  );
}

/** A line where something is known from before. */
export const earlierNotes = (model: string, earlier: readonly Earlier[]): string[] =>
  earlier.length > 0
    ? [`${model}: ${counted(earlier.length, 'point')} of earlier runs tell where to look first`]
    : [];
