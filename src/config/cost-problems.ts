import type { Place, Problem } from '../ground/errors.ts';
import { COSTS, type Prices } from '../record/goal.ts';
import type { LaunchSettings, ModelPlan } from './experiment.ts';
import { type GivenOptions, placeIn } from './given-options.ts';
import type { OptionValues } from './options.ts';
import { isMapping } from './written.ts';
import type { Path } from './yaml.ts';

const KEYS = ['objectives', 'constraints'] as const;

/** Which prices there are, and whether there is a load for a month. */
interface Known {
  readonly ofGpu: boolean;
  readonly ofCpu: boolean;
  readonly rate: boolean;
}

/** Objectives and constraints on costs that lack a price, each where it stands; what is wrong with a price is told elsewhere. */
export function costProblems(given: GivenOptions, { gpus, mode }: LaunchSettings): Problem[] {
  const noGpu = mode !== 'remote' && gpus.kind === 'ids' && gpus.ids.length === 0;
  const known = {
    ofGpu: given.has('cost_per_gpu_hour'),
    ofCpu: given.has('cost_per_cpu_hour'),
    rate: given.has('cost_request_rate'),
  };
  const isOnCpu = (own?: boolean): boolean => noGpu || (own ?? given.values.cpu_only) === true;
  return problemsOf(given, known, isOnCpu);
}

/** The same for a report, of what is given now. @param prices those of the run among them. */
export const reportedCostProblems = (
  given: GivenOptions,
  { perGpuHour, perCpuHour, requestRate }: Prices = {},
): Problem[] =>
  problemsOf(
    given,
    { ofGpu: perGpuHour !== undefined, ofCpu: perCpuHour !== undefined, rate: requestRate !== undefined },
    () => false,
  );

function problemsOf(
  given: GivenOptions,
  known: Known,
  isOnCpu: (own: boolean | undefined) => boolean,
): Problem[] {
  const { values, modelsFromFile } = given;
  const models = values.profile_models ?? [];
  return KEYS.flatMap((key) => {
    // What models have of their own takes the place of the global ones.
    const judged = models.filter(({ settings }) => settings[key] === undefined);
    const onCpu = judged.length > 0 && judged.every(({ settings }) => isOnCpu(settings.cpu_only));
    return [
      ...lacking(given, values[key], [key], (tag) => lackOf(tag, known, onCpu)),
      ...models.flatMap(({ settings, path }) =>
        lacking(given, settings[key], modelsFromFile ? ['profile_models', ...path, key] : undefined, (tag) =>
          lackOf(tag, known, isOnCpu(settings.cpu_only)),
        ),
      ),
    ];
  });
}

/** @param path where they stand; undefined: on the command line. */
const lacking = (
  given: GivenOptions,
  list: OptionValues[(typeof KEYS)[number]],
  path: Path | undefined,
  lack: (tag: string) => string | undefined,
): Problem[] =>
  (list ?? []).flatMap(({ tag }): Problem[] => {
    const hint = lack(tag);
    if (hint === undefined) return [];
    return [{ message: `${tag} needs a price`, place: path && placeOfTag(given, path, tag), hint }];
  });

/** What to write so that a cost can be told; undefined: nothing is missing, or it is no cost. */
function lackOf(tag: string, { ofGpu, ofCpu, rate }: Known, onCpu: boolean): string | undefined {
  if (!COSTS.some((cost) => cost === tag)) return undefined;
  const isPriced = ofCpu || (!onCpu && ofGpu);
  const price = onCpu
    ? 'cost_per_cpu_hour: PRICE, as it is served on the CPU'
    : 'cost_per_gpu_hour: PRICE, or for what is served on the CPU cost_per_cpu_hour: PRICE';
  const needsRate = tag === 'cost_per_month' && !rate;
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

/** Lines where something is said of costs without a price, and where the costs of a month are not those of the same work. */
export function costNotes(values: OptionValues, models: readonly ModelPlan[]): string[] {
  const isPriced = values.cost_per_gpu_hour !== undefined || values.cost_per_cpu_hour !== undefined;
  const vain = isPriced
    ? []
    : (['cost_currency', 'cost_request_rate'] as const).filter((key) => values[key] !== undefined);
  const mixed = models.filter(
    ({ objectives, constraints, batchSizes }) =>
      batchSizes.length > 1 && [...objectives, ...constraints].some(({ tag }) => tag === 'cost_per_month'),
  );
  return [
    ...vain.map((key) => `${key} has no effect without cost_per_gpu_hour or cost_per_cpu_hour`),
    ...mixed.map(
      ({ name, batchSizes }) =>
        `${name}: cost_per_month is of requests of the batch size at hand, so that batch sizes ${batchSizes.join(', ')} are not the same work; cost_per_million_inferences compares them`,
    ),
  ];
}
