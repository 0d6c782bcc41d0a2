import type { Place, Problem } from '../ground/errors.ts';
import { COSTS } from '../record/goal.ts';
import type { LaunchSettings } from './experiment.ts';
import { type GivenOptions, placeIn } from './given-options.ts';
import type { OptionValues } from './options.ts';
import { isMapping } from './written.ts';
import type { Path } from './yaml.ts';

const KEYS = ['objectives', 'constraints'] as const;

/** Objectives and constraints on costs that lack a price, each where it stands. */
export function costProblems(given: GivenOptions, { gpus, mode }: LaunchSettings): Problem[] {
  const { values, modelsFromFile } = given;
  const models = values.profile_models ?? [];
  const noGpu = mode !== 'remote' && gpus.kind === 'ids' && gpus.ids.length === 0;
  const isOnCpu = (own?: boolean): boolean => noGpu || (own ?? values.cpu_only) === true;
  const global = KEYS.flatMap((key) => {
    // What models have of their own takes the place of the global ones.
    const judged = models.filter(({ settings }) => settings[key] === undefined);
    const onCpu = judged.length > 0 && judged.every(({ settings }) => isOnCpu(settings.cpu_only));
    return problemsOf(given, values[key], [key], onCpu);
  });
  const own = models.flatMap(({ settings, path }) =>
    KEYS.flatMap((key) =>
      problemsOf(
        given,
        settings[key],
        modelsFromFile ? ['profile_models', ...path, key] : undefined,
        isOnCpu(settings.cpu_only),
      ),
    ),
  );
  return [...global, ...own];
}

/** @param path where they stand; undefined: on the command line. */
function problemsOf(
  given: GivenOptions,
  list: OptionValues[(typeof KEYS)[number]],
  path: Path | undefined,
  onCpu: boolean,
): Problem[] {
  return (list ?? []).flatMap(({ tag }): Problem[] => {
    const hint = COSTS.some((cost) => cost === tag) ? lackOf(tag, given, onCpu) : undefined;
    if (hint === undefined) return [];
    return [{ message: `${tag} needs a price`, place: path && placeOfTag(given, path, tag), hint }];
  });
}

/** What to write so that a cost can be told; undefined: nothing is missing. A price that is wrong is told elsewhere. */
function lackOf(tag: string, { has }: GivenOptions, onCpu: boolean): string | undefined {
  const isPriced = has('cost_per_cpu_hour') || (!onCpu && has('cost_per_gpu_hour'));
  const price = onCpu
    ? 'cost_per_cpu_hour: PRICE, as it is served on the CPU'
    : 'cost_per_gpu_hour: PRICE, or for what is served on the CPU cost_per_cpu_hour: PRICE';
  const needsRate = tag === 'cost_per_month' && !has('cost_request_rate');
  const lacks = [
    ...(isPriced ? [] : [price]),
    ...(needsRate ? ['cost_request_rate: REQUESTS A SECOND'] : []),
  ];
  return lacks.length > 0 ? `write ${lacks.join(', and ')}` : undefined;
}

/** Where a metric stands in a list or mapping of the file. */
function placeOfTag({ source, placeOf }: GivenOptions, path: Path, tag: string): Place | undefined {
  const [option] = path;
  if (!source || placeOf(option as Parameters<typeof placeOf>[0]) === 'command line') return undefined;
  const value = path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined,
    source.data,
  );
  if (isMapping(value)) return placeIn(source, [...path, tag]);
  const index = Array.isArray(value) ? value.indexOf(tag) : -1;
  return placeIn(source, index < 0 ? path : [...path, index]);
}

/** A line where something is said of costs, and no price. */
export const costNotes = ({ cost_per_gpu_hour, cost_per_cpu_hour, ...values }: OptionValues): string[] =>
  cost_per_gpu_hour === undefined && cost_per_cpu_hour === undefined
    ? (['cost_currency', 'cost_request_rate'] as const)
        .filter((key) => values[key] !== undefined)
        .map((key) => `${key} has no effect without cost_per_gpu_hour or cost_per_cpu_hour`)
    : [];
