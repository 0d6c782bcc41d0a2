import type { Difference, Side } from '../../record/comparison.ts';
import { measurementsOf, type Run } from '../../record/run.ts';

/** What a machine is, and what measured on it: where one of them is another, figures differ for that alone. */
const MACHINE: ReadonlySet<string> = new Set(['measured by', 'GPUs', 'CPU', 'CPU cores', 'load generator']);

/** What a change for the worse may come from as well as from the model. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'GPU driver',
  'operating system',
  'launch mode',
  'server version',
  'tma',
]);

/** What makes a difference of two runs no, or not surely, one of the model, in words; absent where nothing known does. */
export interface NotAlike {
  readonly machine?: string;
  readonly programs?: string;
}

/** @param changed everything that differs between the two, as it is told. */
export function notAlikeIn(changed: readonly Difference[]): NotAlike {
  const [machine, programs] = [MACHINE, PROGRAMS].map((names) =>
    changed
      .filter(({ what }) => names.has(what))
      .map(({ what, base, new: next }) => `${what} ${base} -> ${next}`)
      .join(', '),
  );
  return { ...(machine && { machine }), ...(programs && { programs }) };
}

/** What a run was measured by and on, as far as it says more than its environment. */
interface Source {
  readonly run: Run;
  readonly side: Pick<Side, 'kind'>;
}

/** Whether Model Analyzer measured one of the two and tma the other; where both are Model Analyzer's, whether their GPUs are. */
export function sourceChanges(base: Source, next: Source): Difference[] {
  const [before, after] = [base, next].map(({ side }) =>
    side.kind === 'Model Analyzer' ? 'Model Analyzer' : 'tma',
  ) as [string, string];
  if (before !== after) return [{ what: 'measured by', base: before, new: after }];
  if (before === 'tma') return [];
  const [old, now] = [gpusOf(base.run), gpusOf(next.run)];
  return old === now ? [] : [{ what: 'GPUs', base: old, new: now }];
}

/** The GPUs that figures were measured of, by UUID: a checkpoint of Model Analyzer's does not say what they are. */
const gpusOf = ({ trials }: Run): string =>
  [...new Set(trials.flatMap(measurementsOf).flatMap(({ gpus }) => Object.keys(gpus)))].sort().join(', ') ||
  'none';
