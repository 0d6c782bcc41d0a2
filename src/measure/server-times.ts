import { sum } from 'simple-statistics';
import type { Composing, Figures } from '../record/measurement.ts';
import type { Counter, ModelStatistics } from '../server/triton.ts';
import { type Batch, ratioInterval } from '../statistics/batch-means.ts';
import type { Interval } from '../statistics/intervals.ts';

/** The server's statistics at a moment. */
export interface StatisticsAt {
  readonly atMs: number;
  /** Of the model that load is put on; undefined where they could not be read. */
  readonly statistics: readonly ModelStatistics[] | undefined;
  /** Of the models that may take part in answering; undefined where that is not asked for, or could not be read. */
  readonly others?: readonly ModelStatistics[] | undefined;
}

export const NO_FIGURES: Figures = { values: {}, intervals: {} };

type Stage = 'success' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output';

/** Metric tag -> what it is a ratio of. */
const STAGES: Readonly<Record<string, Stage>> = {
  perf_server_request: 'success',
  perf_server_queue: 'queue',
  perf_server_compute_input: 'compute_input',
  perf_server_compute_infer: 'compute_infer',
  perf_server_compute_output: 'compute_output',
};
const NS_IN_MS = 1e6;

/** How counters are read; undefined where a version does not have them. */
type Read = (statistics: ModelStatistics) => bigint | undefined;

/**
 * What the server did between the first and the last look at its statistics, by metric tag: mean milliseconds of a
 * successful request in each stage, counts, and the mean batch that was executed; with 95 % intervals by the scatter
 * between the looks. Nothing for what was not executed, and for counters that went backwards: somebody has loaded the
 * model anew meanwhile, or they are wrong. Nothing at all where a look is missing.
 */
export function serverTimes(looks: readonly StatisticsAt[]): Figures {
  if (looks.some(({ statistics }) => statistics === undefined)) return NO_FIGURES;
  const values: Record<string, number> = {};
  const intervals: Record<string, Interval> = {};
  const add = (tag: string, parts: readonly Batch[] | undefined, scale = 1): void => {
    const over = sum(parts?.map((part) => part.over) ?? []);
    if (!parts || over <= 0) return;
    const total = sum(parts.map((part) => part.sum));
    const [low, high] = ratioInterval(parts);
    values[tag] = (total / over) * scale;
    intervals[tag] = [low === null ? null : low * scale, high === null ? null : high * scale];
  };
  const deltas = (read: Read): number[] | undefined => deltasOf(looks, read);
  const ratio = (above: number[] | undefined, below: number[] | undefined): Batch[] | undefined =>
    above && below?.map((over, index) => ({ sum: above[index]!, over }));
  for (const [tag, stage] of Object.entries(STAGES)) {
    const part = (key: keyof Counter): number[] | undefined =>
      deltas(({ inference_stats }) => inference_stats[stage]?.[key]);
    add(tag, ratio(part('ns'), part('count')), 1 / NS_IN_MS);
  }
  const inferences = deltas((item) => item.inference_count);
  const executions = deltas((item) => item.execution_count);
  add('perf_executed_batch', ratio(inferences, executions));
  const times = looks.slice(1).map(({ atMs }, index) => atMs - looks[index]!.atMs);
  const totalMs = sum(times);
  for (const [tag, counts] of [
    ['perf_inference_count', inferences],
    ['perf_execution_count', executions],
  ] as const) {
    const total = sum(counts ?? []);
    if (total <= 0) continue;
    // As many as there would be in the same time once more.
    add(tag, ratio(counts, times), totalMs);
    values[tag] = total;
    intervals[tag] ??= [null, null];
  }
  return { values, intervals };
}

/**
 * What each of the other models did between the first and the last look, as far as it did anything.
 * @param by see `Composing`.
 */
export function composingTimes(looks: readonly StatisticsAt[], by: Composing['by']): Composing | undefined {
  if (looks.some(({ statistics, others }) => statistics === undefined || others === undefined))
    return undefined;
  const answered = (of: readonly StatisticsAt[]): number =>
    sum(deltasOf(of, ({ inference_stats }) => inference_stats.success?.count) ?? []);
  const requests = answered(looks);
  if (requests <= 0) return undefined;
  const names = new Set(looks.flatMap(({ others }) => others!.map(({ name }) => name)));
  const models = [...names].flatMap((model) => {
    const own = looks.map(({ atMs, others }) => ({
      atMs,
      statistics: others!.filter(({ name }) => name === model),
    }));
    const share = answered(own) / requests;
    return share > 0 ? [{ model, requests: share, ...serverTimes(own) }] : [];
  });
  return models.length > 0 ? { by, models } : undefined;
}

/**
 * How much a counter of all versions grew from look to look. A version that was not there before starts at zero;
 * undefined when the counter fell, or there are no two looks.
 */
function deltasOf(looks: readonly StatisticsAt[], read: Read): number[] | undefined {
  if (looks.length < 2) return undefined;
  const deltas: number[] = [];
  for (let index = 1; index < looks.length; index++) {
    const before = looks[index - 1]!.statistics!;
    let delta = 0n;
    for (const now of looks[index]!.statistics!) {
      const then = before.find((item) => item.version === now.version);
      const grown = (read(now) ?? 0n) - ((then && read(then)) ?? 0n);
      if (grown < 0n) return undefined;
      delta += grown;
    }
    deltas.push(Number(delta));
  }
  return deltas;
}

/** Whether the model's inferences were counted anew between two looks. */
export const fellBack = (looks: readonly StatisticsAt[]): boolean =>
  looks.every(({ statistics }) => statistics !== undefined) &&
  looks.length >= 2 &&
  deltasOf(looks, (item) => item.inference_count) === undefined;

/** The entries that have a value. */
export const defined = (values: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
