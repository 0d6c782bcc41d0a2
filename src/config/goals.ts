import type { Goal, Objective } from './experiment.ts';
import { withConstraint } from './objectives.ts';
import type { OptionValues } from './options.ts';
import type { ModelEntry } from './profile-models.ts';

/** What is looked for when nothing else is said. */
export const DEFAULT_OBJECTIVES: readonly Objective[] = [{ tag: 'perf_throughput', weight: 10 }];

/** What each listed model is judged by. */
export const goalsOf = (values: OptionValues): Goal[] =>
  (values.profile_models ?? []).map((entry) => goalOf(entry, values));

/** A model's own objectives and constraints, else the global ones; the two short options hold for all. */
export const goalOf = ({ name, settings }: ModelEntry, values: OptionValues): Goal => ({
  name,
  objectives: settings.objectives ?? values.objectives ?? DEFAULT_OBJECTIVES,
  constraints: withShortOnes(settings.constraints ?? values.constraints ?? [], values),
});

/** What configurations of different models are judged by; `usual` where nothing is said. */
export const overallGoal = (
  values: OptionValues,
  usual: Omit<Goal, 'name'> = { objectives: DEFAULT_OBJECTIVES, constraints: [] },
): Omit<Goal, 'name'> => ({
  objectives: values.objectives ?? usual.objectives,
  constraints: withShortOnes(values.constraints ?? usual.constraints, values),
});

function withShortOnes(
  constraints: Goal['constraints'],
  { latency_budget, min_throughput }: OptionValues,
): Goal['constraints'] {
  let list = constraints;
  if (latency_budget)
    list = withConstraint(list, { tag: 'perf_latency_p99', bound: 'max', value: latency_budget });
  if (min_throughput)
    list = withConstraint(list, { tag: 'perf_throughput', bound: 'min', value: min_throughput });
  return list;
}
