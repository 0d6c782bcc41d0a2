/** A part of a file that nobody has checked yet. */
export type Unchecked = Readonly<Record<string, unknown>>;

export const isUnchecked = (value: unknown): value is Unchecked =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a point whose variant is not in the journal; such points are left out. */
const NOBODY = 'unknown';

/**
 * Makes the lines of a journal what this version writes, one after the other. Version 1 knew one model: it stood beside its
 * variant, and a point, which had figures of its own, did not name it. Its sessions have no name, and do not say what they
 * took over. Whatever stands in a line, nothing is thrown: what makes no sense is found by whoever checks the outcome.
 */
export class JournalUpgrade {
  /** By the key of a variant. */
  readonly #models = new Map<unknown, unknown>();

  /** @param line JSON; what is of this version stays as it is. */
  line(line: unknown): unknown {
    if (!isUnchecked(line)) return line;
    switch (line['kind']) {
      case 'session':
        return line['schemaVersion'] === 1 ? sessionOf(line) : line;
      case 'variant':
        if (!('model' in line)) return line;
        this.#models.set(line['key'], line['model']);
        return variantOf(line);
      case 'point':
        return {
          ...line,
          record: pointRecordOf(line['record'], this.#models.get(line['variant']) ?? NOBODY),
        };
      case 'search':
        return 'model' in line ? searchOf(line) : line;
      default:
        return line;
    }
  }
}

/** A session of version 1, which judged each model by name. */
export const sessionOf = (old: Unchecked): Unchecked => ({
  ...old,
  id: old['startedAt'],
  takesAll: true,
  goals: each(old['goals'], (goal) => namedModels(goal, 'name')),
});

/** A variant of version 1, which had one model. */
export function variantOf(old: Unchecked): Unchecked {
  const { model, assignment, config, configText, diff, ...rest } = old;
  return { ...rest, models: [{ name: model, role: 'measured', assignment, config, configText, diff }] };
}

/** A search's record of version 1. */
export const searchOf = (old: Unchecked): Unchecked => namedModels(old, 'model');

/** A point's record of version 1; `model` is that of its variant. */
export function pointRecordOf(old: unknown, model: unknown): unknown {
  if (!isUnchecked(old)) return old;
  return {
    ...old,
    ...('point' in old && { point: pointOf(old['point'], model) }),
    ...('points' in old && { points: each(old['points'], (point) => pointOf(point, model)) }),
    ...('measurement' in old && { measurement: measurementOf(old['measurement'], model) }),
  };
}

function measurementOf(old: unknown, model: unknown): unknown {
  if (!isUnchecked(old) || 'whole' in old) return old;
  const { values, intervals, ...rest } = old;
  return { ...rest, point: pointOf(old['point'], model), whole: { values, intervals } };
}

/** A load on a model; version 1 gave requests in flight or a request rate. */
export function pointOf(old: unknown, model: unknown): unknown {
  if (!isUnchecked(old) || 'streams' in old) return old;
  const { batchSize, concurrency, requestRate } = old;
  const closed = concurrency !== undefined && { kind: 'concurrency', inFlight: concurrency };
  const open = requestRate !== undefined && { kind: 'rate', perSecond: requestRate };
  // One that gives both, or neither, is no load.
  const load = closed && open ? undefined : closed || open || undefined;
  return { streams: [{ model, load, batchSize }] };
}

function namedModels(old: Unchecked, field: string): Unchecked {
  const { [field]: model, ...rest } = old;
  return { ...rest, models: [model] };
}

const each = (value: unknown, change: (item: Unchecked) => unknown): unknown =>
  Array.isArray(value) ? value.map((item) => (isUnchecked(item) ? change(item) : item)) : value;
