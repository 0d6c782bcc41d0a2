import type { Constraint, Criteria, Goal, Objective, Prices } from '../record/goal.ts';
import { withConstraint } from './objectives.ts';
import type { OptionValues } from './options.ts';
import type { ModelEntry } from './profile-models.ts';

/** What is looked for when nothing else is said. */
export const DEFAULT_OBJECTIVES: readonly Objective[] = [{ tag: 'perf_throughput', weight: 10 }];

/** What each listed model is judged by. */
export const goalsOf = (values: OptionValues): Goal[] =>
  (values.profile_models ?? []).map((entry) => goalOf(entry, values));

/** What a model is judged by. */
export const goalOf = ({ name, settings }: ModelEntry, values: OptionValues): Goal => ({
  models: [name],
  ...criteriaOf(settings, values),
});

/** A model's own objectives and constraints, else the global ones; the two short options hold for all. */
export const criteriaOf = (settings: ModelEntry['settings'], values: OptionValues): Criteria => ({
  objectives: settings.objectives ?? values.objectives ?? DEFAULT_OBJECTIVES,
  constraints: withShortOnes(settings.constraints ?? values.constraints ?? [], values),
  ...withPrices(values),
});

/**
 * The prices that hold: each as it is given now, else as it was.
 * @param usual those of before.
 */
export function withPrices(values: OptionValues, usual?: Prices): Pick<Criteria, 'prices'> {
  const { cost_per_gpu_hour, cost_per_cpu_hour, cost_currency, cost_request_rate } = values;
  const prices: Prices = {
    ...usual,
    ...(cost_per_gpu_hour !== undefined && { perGpuHour: cost_per_gpu_hour }),
    ...(cost_per_cpu_hour !== undefined && { perCpuHour: cost_per_cpu_hour }),
    ...(cost_currency !== undefined && { currency: cost_currency }),
    ...(cost_request_rate !== undefined && { requestRate: cost_request_rate }),
  };
  return Object.keys(prices).length > 0 ? { prices } : {};
}

/** What the configurations of a planned model are judged by. */
export const goalOfPlan = ({
  name,
  objectives,
  constraints,
  prices,
}: Criteria & { readonly name: string }): Goal => ({
  models: [name],
  objectives,
  constraints,
  ...(prices && { prices }),
});

/** A line where a limit is said twice: the stricter holds. */
export function goalNotes({ name, settings }: ModelEntry, values: OptionValues): string[] {
  const listed = settings.constraints ?? values.constraints ?? [];
  const twice = (
    key: 'latency_budget' | 'min_throughput',
    { tag, bound }: Omit<Constraint, 'value'>,
  ): string[] => {
    const short = values[key];
    const own = listed.find((item) => item.tag === tag && item.bound === bound)?.value;
    if (!short || own === undefined || own === short) return [];
    const holds = bound === 'max' ? Math.min(own, short) : Math.max(own, short);
    const [winner, loser] = holds === own ? ['constraints', key] : [key, 'constraints'];
    const other = holds === own ? short : own;
    return [
      `${name}: ${tag} is limited twice, and the stricter limit holds: ${bound} ${holds} (${winner}), not ${other} (${loser})`,
    ];
  };
  return [...twice('latency_budget', P99), ...twice('min_throughput', THROUGHPUT)];
}

const P99 = { tag: 'perf_latency_p99', bound: 'max' } as const;
const THROUGHPUT = { tag: 'perf_throughput', bound: 'min' } as const;

/** What configurations of different models are judged by; `usual` where nothing is said. */
export const overallGoal = (
  values: OptionValues,
  usual: Criteria = { objectives: DEFAULT_OBJECTIVES, constraints: [] },
): Criteria => ({
  objectives: values.objectives ?? usual.objectives,
  constraints: withShortOnes(values.constraints ?? withoutShortOnes(usual.constraints, values), values),
  ...withPrices(values, usual.prices),
});

/** What is said now takes the place of what is usual. */
const withoutShortOnes = (
  constraints: Criteria['constraints'],
  { latency_budget, min_throughput }: OptionValues,
): Criteria['constraints'] =>
  constraints.filter(
    ({ tag }) => !(latency_budget && tag === P99.tag) && !(min_throughput && tag === THROUGHPUT.tag),
  );

function withShortOnes(
  constraints: Criteria['constraints'],
  { latency_budget, min_throughput }: OptionValues,
): Criteria['constraints'] {
  let list = constraints;
  if (latency_budget) list = withConstraint(list, { ...P99, value: latency_budget });
  if (min_throughput) list = withConstraint(list, { ...THROUGHPUT, value: min_throughput });
  return list;
}
