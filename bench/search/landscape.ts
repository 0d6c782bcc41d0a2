import type { ModelPlan } from '../../src/config/experiment.ts';
import { buildValue } from '../../src/config/field-path.ts';
import { breaks, score } from '../../src/goal/score.ts';
import { mergeConfig } from '../../src/model-config/config.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { MODEL_CONFIG_TYPE } from '../../src/model-config/schema.ts';
import type { Goal } from '../../src/record/goal.ts';
import { atRate, batchSizeOf, inFlight, type LoadPoint, levelOf } from '../../src/record/load-point.ts';
import type { AutomaticSpace, Candidate, Space } from '../../src/space/space.ts';
import { meanOf, type Row } from './grid.ts';

type Values = Readonly<Record<string, number>>;

/** A recorded grid as a space to search in, with the truth about every point of it. */
export interface Landscape {
  readonly space: Space;
  readonly rows: readonly Row[];
  /** Every look that was recorded; where each point has one, the rows themselves. */
  readonly looks: readonly Row[];
  /** Points that brute force would measure. */
  readonly points: number;
  /** The row that answers for a point; undefined: it fails. */
  rowAt(candidate: Candidate, point: LoadPoint): Row | undefined;
  /** Values at a point; between recorded levels those of the next one up, or between both. */
  truth(candidate: Candidate, point: LoadPoint): Values | undefined;
  /** The configurations by instances and batch size, as a search over these two sees them. */
  readonly byDimensions: AutomaticSpace;
  /** The best row that keeps the limits; undefined: none does. */
  readonly optimum: Row | undefined;
}

const NO_BATCHING = /^(|-|no|none|off|false|disabled)$/i;

/** A recorded configuration: what is no field of config.pbtxt is a parameter of the backend. */
function configOf(row: Row, model: string): ModelConfig {
  const {
    instance_group: groups = '',
    max_batch_size: batch = '',
    dynamic_batching: batching = '',
    max_queue_delay_us: queueDelay = '',
    ...others
  } = row.settings;
  const parts = [...groups.matchAll(/(\d+):(\w+)/g)].map(([, count, kind]) => ({
    count: Number(count),
    kind: `KIND_${kind!.replace(/^KIND_/, '')}`,
  }));
  const batches = !NO_BATCHING.test(batching.trim());
  const delay = queueDelay === '' ? Number(batching) : Number(queueDelay);
  const fields = Object.entries(others).filter(([, value]) => value !== '');
  const assigned = fields.map(([name, value]) => {
    const segments = name.split('.');
    return MODEL_CONFIG_TYPE.fields.has(segments[0]!)
      ? { segments, value }
      : { segments: ['parameters', name, 'string_value'], value };
  });
  const config: ModelConfig = {
    name: model,
    ...(batch !== '' && { max_batch_size: Number(batch) }),
    ...(parts.length > 0 && { instance_group: parts }),
    ...(batches && {
      dynamic_batching: (Number.isNaN(delay)
        ? {}
        : { max_queue_delay_microseconds: String(delay) }) as ModelConfig,
    }),
  };
  return mergeConfig(config, buildValue(assigned) as ModelConfig);
}

/** @param looks the rows of a grid; of several of one point the truth is the mean of their logarithms. */
export function landscapeOf(
  looks: readonly Row[],
  goal: Pick<Goal, 'objectives' | 'constraints'>,
  { interpolate = false } = {},
): Landscape {
  const rows = meanOf(looks);
  const model = rows[0]!.model;
  const byVariant = Map.groupBy(rows, ({ variant }) => variant);
  const isDefault = (name: string): boolean => name.endsWith('_config_default');
  const names = [...byVariant.keys()].sort((a, b) => Number(isDefault(b)) - Number(isDefault(a)));
  const candidates = names.map((name): Candidate => {
    const [first] = byVariant.get(name)!;
    const config = configOf(first!, model);
    return {
      models: [{ name: model, assignment: { ...first!.settings }, config, role: 'measured' }],
      name,
      isDefault: isDefault(name),
      key: name,
    };
  });
  const levels = [...new Set(rows.map(({ level }) => level))].sort((a, b) => a - b);
  const batches = [...new Set(rows.map(({ batchSize }) => batchSize))].sort((a, b) => a - b);
  const isRate = rows.every((row) => row.isRate);
  const pointAt = (level: number, batchSize: number): LoadPoint =>
    isRate ? atRate(model, level, batchSize) : inFlight(model, level, batchSize);
  const plan = {
    name: model,
    ...goal,
    concurrency: isRate ? [] : levels,
    requestRates: isRate ? levels : [],
    batchSizes: batches,
    search: { mode: 'auto', seed: 0 },
    // Between recorded loads there is something to see only when they are interpolated.
    ...(interpolate && { refine: { steps: 5, configurations: 3 } }),
  } as unknown as ModelPlan;
  const points = batches.flatMap((batch) => levels.map((level) => pointAt(level, batch)));
  const legal = new Map(
    candidates.map((item) => {
      const most = Math.max(1, Number(item.models[0].config['max_batch_size'] ?? 1));
      return [item, points.filter(({ streams: [{ batchSize }] }) => batchSize <= most)] as const;
    }),
  );
  const find = (candidate: Candidate, level: number, batchSize: number): Row | undefined =>
    byVariant
      .get(candidate.name)
      ?.find(
        (row) =>
          row.level === level && row.batchSize === batchSize && row.values['perf_throughput'] !== undefined,
      );
  const rowAt = (candidate: Candidate, point: LoadPoint): Row | undefined => {
    const level = levels.find((item) => item >= levelOf(point)) ?? levels.at(-1)!;
    return find(candidate, level, batchSizeOf(point));
  };
  const truth = (candidate: Candidate, point: LoadPoint): Values | undefined => {
    const above = rowAt(candidate, point);
    const lower = levels.findLast((item) => item <= levelOf(point));
    const below = lower === undefined ? undefined : find(candidate, lower, batchSizeOf(point));
    if (!interpolate || !above || !below || above === below) return above?.values;
    const share = (levelOf(point) - below.level) / (above.level - below.level);
    return Object.fromEntries(
      Object.entries(above.values).map(([tag, value]) => [
        tag,
        (below.values[tag] ?? value) * (1 - share) + value * share,
      ]),
    );
  };
  const holding = rows.filter(
    ({ values }) => values['perf_throughput'] !== undefined && !breaks({ values }, goal.constraints),
  );
  const space: Space = {
    plan,
    candidates,
    groups: [candidates.slice(1)],
    automatic: undefined,
    most: candidates.length,
    loads: legal.get(candidates[0]!) ?? [],
    pointsOf: (item) => legal.get(item) ?? [],
    whole: () => space,
    skipped: [],
    duplicates: 0,
  };
  return {
    rows,
    looks,
    points: [...legal.values()].reduce((sum, list) => sum + list.length, 0),
    rowAt,
    truth,
    optimum: holding.toSorted((a, b) => -score(a, b, goal.objectives))[0],
    byDimensions: dimensionsOf(candidates),
    space,
  };
}

/** Combinations that were not recorded are candidates that fail. */
function dimensionsOf(candidates: readonly Candidate[]): AutomaticSpace {
  const listed = candidates.filter(({ isDefault }) => !isDefault);
  const countOf = ({ models: [{ config }] }: Candidate): number =>
    ((config['instance_group'] ?? []) as { count?: number }[]).reduce((sum, { count = 1 }) => sum + count, 0);
  const batchOf = ({ models: [{ config }] }: Candidate): number => Number(config['max_batch_size'] ?? 0);
  const sorted = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const missing: Candidate = { ...candidates[0]!, name: 'not recorded', isDefault: false };
  return {
    instanceCounts: sorted(listed.map(countOf)),
    batchSizes: sorted(listed.map(batchOf)),
    propose: (count, batch) =>
      listed.find((item) => countOf(item) === count && (batch === undefined || batchOf(item) === batch)) ??
      missing,
  };
}
