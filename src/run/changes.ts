import { CONFIGURATION, differentParts } from '../record/fingerprints.ts';
import { loadedName, type Run, type VariantRecord, type WithModels } from '../record/run.ts';

/**
 * What is no longer as it was when a variant was measured before; [] for one that is known as it is, or was never
 * measured. The default is looked for by what it is, any other by its configuration: numbers go to others when
 * perf.yaml changes.
 */
export function changedParts(
  { trials }: Run,
  { key, models, isDefault, parts = {} }: Pick<VariantRecord, 'key' | 'isDefault' | 'parts'> & WithModels,
): string[] {
  if (trials.some((trial) => trial.key === key)) return [];
  const before = trials.findLast(
    (trial) =>
      loadedName(trial) === loadedName({ models }) &&
      trial.state === 'measured' &&
      trial.parts !== undefined &&
      (isDefault ? trial.isDefault : trial.parts[CONFIGURATION] === parts[CONFIGURATION]),
  );
  return before?.parts ? differentParts(before.parts, parts) : [];
}

/** What about a model's load is no longer as it was in the session before the last; [] where there was none. */
export function changedLoad({ sessions }: Run, model: string): string[] {
  const [now, before] = [sessions.at(-1), sessions.slice(0, -1).findLast(({ load }) => load?.[model])];
  const [after, old] = [now?.load?.[model], before?.load?.[model]];
  return after && old ? differentParts(old, after) : [];
}
