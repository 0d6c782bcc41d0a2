import { type Problem, problemsOf, type ToldMistake, toldMistakes } from '../ground/errors.ts';
import type { Comparison } from '../record/comparison.ts';
import type { Goal } from '../record/goal.ts';
import type { PointRecord, SearchRecord, Trial } from '../record/run.ts';
import type { TrialEvent } from '../trial/trial-event.ts';

/** How far a run is: points that are done and points still expected, over all models. */
export interface Progress {
  readonly done: number;
  readonly remaining: number;
  /** Points taken from the journal instead of being measured. */
  readonly reused: number;
}

/** What happens in a run, as plain data, without its time. */
export type Happening =
  | { readonly kind: 'run'; readonly models: readonly string[] }
  /** Something worth one line: an option without effect, points that are skipped, a journal that is resumed. */
  | { readonly kind: 'note'; readonly text: string }
  /** A mistake of the user's, or something that is missing on the machine: nothing is measured, or one model is not. */
  | ToldMistake
  | {
      readonly kind: 'model';
      readonly goal: Goal;
      /** Configurations there can be at most. */
      readonly configurations: number;
      /** Points of this model that are expected, as far as can be known. */
      readonly points: number;
      readonly progress: Progress;
    }
  /** A server is started for a configuration. */
  | {
      readonly kind: 'variant';
      readonly slot: string;
      readonly variant: string;
      /** What it is, in words. */
      readonly settings: string;
    }
  /** What a slot's trial is busy with. */
  | (TrialEvent & { readonly slot: string })
  | {
      readonly kind: 'point';
      readonly slot: string;
      readonly variant: string;
      readonly record: PointRecord;
      readonly progress: Progress;
    }
  /** A variant's server was stopped. */
  | { readonly kind: 'trial'; readonly slot: string; readonly trial: Trial }
  /** How the search over a model's space went. */
  | { readonly kind: 'search'; readonly record: SearchRecord }
  /** The run beside its baseline, when all models are through. */
  | { readonly kind: 'comparison'; readonly comparison: Comparison }
  | { readonly kind: 'end'; readonly interrupted: boolean };

/** An event of a run; `at` is ISO 8601. */
export type RunEvent = Happening & { readonly at: string };

/** Whoever wants to know what a run is doing; it must return at once. */
export type RunListener = (event: RunEvent) => void;

/** Tells all listeners; what one of them throws is thrown when the others have been told. */
export const tellAll =
  (listeners: readonly RunListener[]) =>
  (happening: Happening): void => {
    const event = { ...happening, at: new Date().toISOString() };
    const thrown: unknown[] = [];
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  };

/** Tells what is wrong where a mistake was thrown: each problem once, however often it is thrown on. */
export function mistakeTeller(emit: (happening: Happening) => void): (error: unknown) => void {
  const told = new WeakSet<Problem>();
  return (error) => {
    const lines = toldMistakes(error);
    for (const [index, problem] of problemsOf(error).entries()) {
      if (told.has(problem)) continue;
      told.add(problem);
      emit(lines[index]!);
    }
  };
}
