import { instanceGroups, maxBatchSize } from '../../model-config/config.ts';
import type { ModelConfig } from '../../model-config/model-config.ts';
import { batchSizeOf, type LoadPoint, levelOf } from '../../record/load-point.ts';
import type { Candidate } from '../../space/space.ts';

/** Coordinates of a point, in steps; see `placesOf`. */
export interface Place {
  /** One coordinate for each field that is not the same in all configurations, and the batch that is executed. */
  readonly configuration: readonly number[];
  /** Load, client batch, and load against what the configuration can take at once: logarithms to base 2. */
  readonly load: readonly [level: number, batch: number, relative: number];
}

/** A field with many values is no longer than this, in steps, from its first to its last. Tuned with `npm run bench:search`. */
const MOST_STEPS = 7;
const KINDS = 'kinds of instances';
/** A max_batch_size twice as large is so much of a step by itself. Tuned with `npm run bench:search`. */
const ALLOWED = 0.25;

/**
 * Where each point of these configurations lies. The values of a number are as far apart as their ranks (powers of two
 * as their exponents); anything else is either the same or one step away.
 */
export function placesOf(candidates: readonly Candidate[]): {
  place(candidate: Candidate, point: LoadPoint): Place;
  /** The coordinates of a configuration alone. */
  settings(candidate: Candidate): readonly number[];
} {
  const leaves = new Map(candidates.map((item) => [item, leavesOf(item.models[0].config)]));
  const paths = [...new Set([...leaves.values()].flatMap((fields) => [...fields.keys()]))];
  const axes = paths.flatMap((path) => {
    const values = candidates.map((item) => leaves.get(item)!.get(path));
    // Where the kind is left to the server it takes the one that the others name.
    const known =
      path === KINDS ? values.map((value) => value ?? values.find((other) => other !== undefined)) : values;
    return axesOf(known).map((axis) => ({ path, values: axis }));
  });
  const settings = new Map(
    candidates.map((item, index) => [item, axes.map(({ values }) => values[index]!)] as const),
  );
  const place = (candidate: Candidate, point: LoadPoint): Place => {
    const load = Math.log2(Math.max(1, levelOf(point)));
    const batch = Math.log2(batchSizeOf(point));
    const capacity = Math.log2(capacityOf(candidate.models[0].config));
    const instances = Math.log2(instancesOf(candidate.models[0].config));
    // A batch is made of what waits for an instance, up to what is allowed.
    const executed = Math.max(batch, Math.min(capacity, load + batch) - instances);
    // What a larger batch allows is in the executed batch; that it is allowed matters little itself.
    // Where the server makes no batches it does nothing: what comes as one is executed as one.
    const allowed = makesBatches(candidate.models[0].config) ? ALLOWED : 0;
    const own = settings
      .get(candidate)!
      .map((value, axis) => (axes[axis]!.path === 'max_batch_size' ? value * allowed : value));
    return { configuration: [...own, executed], load: [load, batch, load + batch - capacity] };
  };
  return { place, settings: (candidate) => settings.get(candidate)! };
}

/** Inferences that a configuration executes at once. */
export function capacityOf(config: ModelConfig): number {
  return instancesOf(config) * (makesBatches(config) ? Math.max(1, maxBatchSize(config)) : 1);
}

/** Whether the server makes batches of several requests. */
const makesBatches = (config: ModelConfig): boolean =>
  'dynamic_batching' in config || 'sequence_batching' in config;

export const instancesOf = (config: ModelConfig): number =>
  Math.max(
    1,
    instanceGroups(config).reduce((sum, { count }) => sum + count, 0),
  );

/** The coordinates of one field in every configuration; [] when it is the same in all. */
function axesOf(values: readonly unknown[]): number[][] {
  const different = new Set(values.filter((value) => value !== undefined).map(String));
  if (values.includes(undefined) && typeof values.find((value) => value !== undefined) !== 'number')
    different.add('undefined');
  if (different.size < 2 && !values.some((value) => typeof value === 'number')) return [];
  const numbers = values.map((value) => (typeof value === 'number' ? value : undefined));
  const known = numbers.filter((value) => value !== undefined);
  // Where a field is absent the server has its least value: no delay, one instance.
  if (known.length > 0 && values.every((value) => value === undefined || typeof value === 'number')) {
    const least = Math.min(...known);
    const filled = numbers.map((value) => value ?? least);
    const sorted = [...new Set(filled)].sort((a, b) => a - b);
    const step = Math.min(1, MOST_STEPS / Math.max(1, sorted.length - 1));
    return sorted.length > 1 ? [filled.map((value) => sorted.indexOf(value) * step)] : [];
  }
  if (different.size === 2) return [values.map((value) => (String(value) === String(values[0]) ? 0 : 1))];
  return [...different].map((name) => values.map((value) => (String(value) === name ? Math.SQRT1_2 : 0)));
}

/** Every field of a configuration by its path; numbers as numbers, an empty message as `{}`. */
function leavesOf(config: ModelConfig): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (path: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(`${path}[${index}]`, item);
    } else if (typeof value === 'object' && value !== null) {
      // Whether a message is there at all is a setting of its own: dynamic_batching {}.
      if (path !== '') leaves.set(path, '{}');
      for (const [key, item] of Object.entries(value)) visit(path === '' ? key : `${path}.${key}`, item);
    } else {
      // 64-bit integers are texts; one that a number can't hold is another than its neighbour all the same.
      const isNumber = typeof value !== 'boolean' && String(Number(value)) === String(value);
      leaves.set(path, isNumber && value !== 'NaN' ? Number(value) : value);
    }
  };
  const { name: _, instance_group: __, ...others } = config;
  visit('', others);
  // How many instances of which kind; one where nothing is said, of the kind that the server takes.
  const groups = instanceGroups(config).filter(({ kind }) => kind !== 'AUTO');
  leaves.set('instances', groups.reduce((sum, { count }) => sum + count, 0) || 1);
  if (groups.length > 0) leaves.set(KINDS, groups.map(({ kind }) => kind).join());
  return leaves;
}
