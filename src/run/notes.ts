import type { ModelPlan } from '../config/experiment.ts';
import { counted, whenText } from '../ground/wording.ts';
import { guessesOf } from '../load/check-inputs.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { Run } from '../record/run.ts';
import { looksAtAll, mostOf, type SearchedSpace, sizeOf } from '../search/search-for.ts';
import type { Shift } from '../search/sentinel/course.ts';
import type { Drift } from '../search/sentinel/sentinel.ts';
import { isDefaultAgain, isEnsemble, leavesOutPreferences, type SkippedPoints } from '../space/space.ts';
import type { Checkpoint } from '../store/model-analyzer.ts';
import { changedLoad } from './changes.ts';
import { type Generator, pointKey } from './key.ts';

/** What is worth a line before a model starts. */
export function notesOf(space: SearchedSpace, config: ModelConfig): string[] {
  const notes = [...guessesOf(config, space.plan.load), ...skipNotes(space.skipped)];
  for (const candidate of space.candidates) {
    if (isDefaultAgain(candidate) && looksAtAll(space))
      notes.push(`${candidate.name} is the default configuration again: what is between the two is noise`);
  }
  if (space.duplicates > 0) {
    notes.push(`${counted(space.duplicates, 'combination')} left out: the configuration is listed already`);
  }
  if (leavesOutPreferences(space)) {
    notes.push(
      `${space.plan.name}: a preferred_batch_size above the max_batch_size that is tried is left out`,
    );
  }
  const { choice } = space;
  if (isEnsemble(config)) {
    notes.push(
      `${space.plan.name} is an ensemble: it is measured as it is, neither its own configuration nor its members' are varied in this version`,
    );
  }
  if (!looksAtAll(space) && choice !== 'quick') {
    const all = counted(sizeOf(space), 'point');
    const most = mostOf(space);
    const how =
      most === undefined ? 'as long as that is worth its time' : `in up to ${counted(most, 'measurement')}`;
    notes.push(
      `${space.plan.name}: ${all}; ${choice} looks for the best of them ${how} (run_config_search_mode: brute measures them all)`,
    );
  } else if (space.automatic && choice === 'brute') {
    const { instanceCounts, batchSizes } = space.automatic;
    const upTo = (list: readonly number[]): string => `${list[0]} to ${list.at(-1)}`;
    const sizes = batchSizes.length > 0 ? `, with max_batch_size ${upTo(batchSizes)}` : '';
    notes.push(
      `${space.plan.name} has no model_config_parameters: ${upTo(instanceCounts)} instances are tried${sizes}, as long as throughput grows`,
    );
  } else if (space.plan.parameters.length === 0 && choice !== 'quick' && !isEnsemble(config)) {
    notes.push(
      `${space.plan.name} has no model_config_parameters: its default configuration alone is measured`,
    );
  }
  return notes;
}

/** A line for each reason that points are skipped; those that differ in their last number only are one. */
export const skipNotes = (skipped: readonly SkippedPoints[]): string[] =>
  [...Map.groupBy(skipped, ({ reason }) => reason.replace(LAST_NUMBER, ''))].map(([start, items]) => {
    const points = items.reduce((sum, item) => sum + item.points.length, 0);
    const configurations = new Set(items.map(({ candidate }) => candidate.name));
    const where =
      configurations.size > 1 ? counted(configurations.size, 'configuration') : [...configurations][0];
    const numbers = [...new Set(items.map(({ reason }) => reason.slice(start.length)))];
    return `skipped: ${start}${numbers.join(', ')} (${counted(points, 'point')} of ${where})`;
  });

const LAST_NUMBER = /\d+$/;

/** Why what the journal has of a model is not taken. */
export function changeNotes(
  { name, load: settings }: ModelPlan,
  changed: ReadonlySet<string>,
  run: Run,
  generator: Generator,
): string[] {
  // An earlier session's load may be back: what it measured is taken.
  const known = run.trials.some(({ models: [{ name: model }], key, points }) =>
    points.some(
      (record) =>
        record.state === 'measured' &&
        model === name &&
        record.key === pointKey(key, record.measurement.point, settings, generator),
    ),
  );
  const load = known ? [] : changedLoad(run, name);
  const since = (what: string, parts: readonly string[]): string =>
    `${name} is measured again: ${what} changed since the journal's last session (${parts.join(', ')})`;
  return [
    ...(changed.size > 0 ? [since('what is served', [...changed])] : []),
    ...(load.length > 0 ? [since('its load', load)] : []),
  ];
}

/** What is worth a line about a checkpoint of Model Analyzer's. */
export const checkpointNotes = (checkpoint: Checkpoint | undefined): readonly string[] =>
  checkpoint
    ? [
        `what Model Analyzer measured is taken over from ${checkpoint.file}: name another --checkpoint-directory to measure anew`,
        ...checkpoint.warnings,
      ]
    : [];

/** What was last known of the machine: how often it had changed, and how much was not measured in one state. */
export interface SeenDrift {
  readonly shifts: number;
  readonly drifted: number;
}

/**
 * A line for a machine that is found to have changed while it was measured, or beside which other programs came or went;
 * undefined: nothing of it is new.
 */
export function driftNote(
  { shifts, drifted }: Pick<Drift, 'shifts' | 'drifted'>,
  seen: SeenDrift,
): string | undefined {
  if (shifts.length > seen.shifts) return shiftNote(shifts.at(-1)!);
  if (seen.shifts > 0 && shifts.length === 0)
    return 'by what was measured since, the machine did not change: one configuration scatters';
  // What the sentinel does not feel is no shift; it is measured again all the same.
  return shifts.length === 0 && drifted.size > 0 && seen.drifted === 0
    ? `other programs had much more of this machine's CPU at some points than at others: what matters is measured again`
    : undefined;
}

function shiftNote({ by, fromMs, untilMs }: Shift): string {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString().slice(11, 19));
  const percent = Math.round(Math.abs(by) * 100);
  // Other programs came or went, and the sentinel does not feel it.
  const how = percent === 0 ? 'changed' : `became ${percent} % ${by < 0 ? 'slower' : 'faster'}`;
  return `the machine ${how} ${whenText(from!, until!)}: what matters is measured again`;
}
