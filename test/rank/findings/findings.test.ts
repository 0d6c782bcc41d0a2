import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/rank/findings/finding.ts';
import { findingsOf, RULES } from '../../../src/rank/findings/findings-of.ts';
import { rank } from '../../../src/rank/rank.ts';
import type { Goal } from '../../../src/record/goal.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import type { Measurement } from '../../../src/record/measurement.ts';
import type { Run, Trial } from '../../../src/record/run.ts';
import { whatMatteredView } from '../../../src/report/what-mattered-view.ts';
import { measurement, run, trial } from '../../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };

/** A look at one load: each value is known to 1 %, or to `noise`. */
function look(
  load: number,
  values: Readonly<Record<string, number>>,
  { noise = 0.01, ...changes }: Partial<Measurement> & { readonly noise?: number } = {},
): Measurement {
  const all = { perf_latency_p99: 20, ...values };
  return measurement({}, load, {
    values: all,
    intervals: Object.fromEntries(
      Object.entries(all).map(([tag, value]) => [tag, [value * (1 - noise), value * (1 + noise)]]),
    ),
    ...changes,
  });
}

interface Settings {
  readonly count?: number;
  readonly kind?: string;
  readonly batch?: number;
  /** undefined: without dynamic_batching. */
  readonly delay?: number;
  readonly changes?: Parameters<typeof trial>[2];
}

/** A configuration with these settings; they are its assignment, too. */
function made(name: string, points: readonly Measurement[], settings: Settings = {}): Trial {
  const { count = 1, kind = 'KIND_GPU', batch = 8, delay, changes = {} } = settings;
  const config = {
    name: 'm',
    max_batch_size: batch,
    instance_group: [{ kind, count }],
    ...(delay !== undefined && { dynamic_batching: { max_queue_delay_microseconds: String(delay) } }),
  };
  return trial(name, points, {
    config,
    assignment: name.endsWith('_default')
      ? {}
      : { max_batch_size: batch, instance_group: config.instance_group, delay: delay ?? null },
    end: {
      effective: config,
      warnings: [],
      steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 },
    },
    ...changes,
  });
}

const found = (recorded: Run, rule: string, by: Goal = goal): Finding | undefined =>
  findingsOf(recorded, rank(recorded, by)).find((finding) => finding.rule === rule);
const textOf = (rule: string, ...trials: readonly Trial[]): string | undefined =>
  found(run(...trials), rule)?.text;
/** A default that is far behind, so that the other configuration is the one that is shown. */
const base = made('m_config_default', [look(1, { perf_throughput: 10 })], { count: 1, batch: 1 });

const client = (busy = 0.97) => ({
  client: { engine: 'e', busy },
  bottleneck: { who: 'client' as const, reasons: ['its busiest thread worked 97 % of the time'] },
});

describe('client-bound', () => {
  const at = (...changes: readonly Partial<Measurement>[]) =>
    made(
      'm_config_0',
      changes.map((change, index) => look(index + 1, { perf_throughput: 100 + 50 * index }, change)),
    );

  test('speaks of the best', () => {
    const finding = found(run(base, at({}, client())), 'client-bound');
    expect(finding?.text).toBe(
      'The load generator was the limit of m_config_0 with 2 requests in flight (its busiest thread worked 97 % of the time): the server can do 150 infer/s at least, how much more is not known.',
    );
    expect(finding).toMatchObject({
      kind: 'doubt',
      worth: 1,
      evidence: [{ variant: 'm_config_0', values: { perf_throughput: 150, client_busy: 0.97 } }],
    });
  });

  test('speaks of others', () => {
    expect(textOf('client-bound', base, at(client(), {}))).toMatch(/^At 1 of 3 points the load generator/);
  });

  test('is silent of one unstable look, and where nothing says who was the limit', () => {
    expect(textOf('client-bound', base, at({}, { ...client(), stable: false }))).toBeUndefined();
    expect(textOf('client-bound', base, at({}, {}))).toBeUndefined();
  });
});

describe('host-tail', () => {
  const stalls = (leftOut: number, longestMs: number) => ({
    counted: 6,
    stalls: { windows: 3, leftOut, longestMs },
  });
  const at = (change: Partial<Measurement>, values = {}) =>
    made('m_config_0', [look(4, { perf_throughput: 100, ...values }, change)]);

  test('speaks where stalls are in the p99', () => {
    expect(textOf('host-tail', base, at(stalls(0, 18)))).toBe(
      "The p99 of m_config_0 with 4 requests in flight (20.0 ms) is in part the host's, not the server's: the host stood still for up to 18.0 ms in 3 of 6 windows.",
    );
  });

  test('is silent where they are left out, short beside the p99, of one unstable look, or not recorded', () => {
    expect(textOf('host-tail', base, at(stalls(3, 18)))).toBeUndefined();
    expect(textOf('host-tail', base, at(stalls(0, 3)))).toBeUndefined();
    expect(textOf('host-tail', base, at({ ...stalls(0, 18), stable: false }))).toBeUndefined();
    expect(textOf('host-tail', base, at({}))).toBeUndefined();
  });
});

describe('held-back-gpu', () => {
  const at = (change: Partial<Measurement>) =>
    made('m_config_0', [look(4, { perf_throughput: 100 }, change)]);
  const state = (...throttled: string[]) => ({
    gpuStates: { 'GPU-1': { throttled, smClockMHz: [1200, 1980] as const } },
  });

  test('speaks of what held it back and of its clocks', () => {
    expect(textOf('held-back-gpu', base, at(state('power cap')))).toBe(
      'The GPU was held back at 1 of 2 points (power cap, SM clock 1,200 to 1,980 MHz), the best among them: cooler, or with locked clocks, the figures differ.',
    );
  });

  test('is silent where nothing did, of one unstable look, and without a driver', () => {
    expect(textOf('held-back-gpu', base, at(state()))).toBeUndefined();
    expect(textOf('held-back-gpu', base, at({ ...state('power cap'), stable: false }))).toBeUndefined();
    expect(textOf('held-back-gpu', base, at({}))).toBeUndefined();
  });
});

describe('shared-gpu', () => {
  const at = (change: Partial<Measurement>) =>
    made('m_config_0', [look(4, { perf_throughput: 100 }, change)]);
  const sharers = (...names: string[]) => ({
    gpuSharers: names.map((name, index) => ({ uuid: 'GPU-1', pid: index + 1, name })),
  });

  test('names who used it', () => {
    expect(textOf('shared-gpu', base, at(sharers('train.py')))).toBe(
      'At 1 of 2 points another process (train.py) used the GPU, too: the figures are not those of the server alone.',
    );
    expect(textOf('shared-gpu', base, at(sharers('a', 'b')))).toContain('other processes (a, b)');
  });

  test('is silent where nobody did, of one unstable look, and where it was not recorded', () => {
    expect(textOf('shared-gpu', base, at(sharers()))).toBeUndefined();
    expect(textOf('shared-gpu', base, at({ ...sharers('x'), stable: false }))).toBeUndefined();
    expect(textOf('shared-gpu', base, at({}))).toBeUndefined();
  });
});

describe('queue-bound', () => {
  const at = (values: object, noise = 0.01, changes = {}) =>
    made('m_config_0', [look(64, { perf_throughput: 100, ...values }, { noise, ...changes })], {
      count: 2,
      delay: 200,
    });
  const times = { perf_server_queue: 12.3, perf_server_request: 17.3 };

  test('speaks with the times and the settings', () => {
    expect(textOf('queue-bound', base, at(times))).toBe(
      'Requests wait longer than they are worked on: of the 17.3 ms that m_config_0 takes in the server with 64 requests in flight, 12.3 ms are queue (instance_group has 2, max_batch_size is 8, max_queue_delay_microseconds is 200).',
    );
  });

  test('is silent within the noise, of one unstable look, and without statistics', () => {
    expect(textOf('queue-bound', base, at(times, 0.4))).toBeUndefined();
    expect(textOf('queue-bound', base, at(times, 0.01, { stable: false }))).toBeUndefined();
    expect(textOf('queue-bound', base, at({ perf_server_queue: 12.3 }))).toBeUndefined();
    expect(textOf('queue-bound', base, at({ perf_server_request: 17.3 }))).toBeUndefined();
  });
});

describe('shorter-queue', () => {
  const at = (name: string, queue: number, request: number, noise = 0.01, changes = {}) =>
    made(
      name,
      [
        look(
          8,
          {
            perf_throughput: name.endsWith('default') ? 100 : 170,
            perf_server_queue: queue,
            perf_server_request: request,
          },
          { noise, ...changes },
        ),
      ],
      { count: name.endsWith('default') ? 1 : 2 },
    );
  const slow = at('m_config_default', 46.3, 53);

  test('speaks of where the gain comes from, at the load that was decided for', () => {
    expect(textOf('shorter-queue', slow, at('m_config_0', 4.5, 33))).toBe(
      'The gain comes from the queue: with 8 requests in flight a request waits there for 46.3 of the 53.0 ms that the default takes in the server, and for 4.50 of 33.0 ms with m_config_0.',
    );
  });

  test('is silent where the time is saved elsewhere, within the noise, and without statistics', () => {
    expect(textOf('shorter-queue', slow, at('m_config_0', 42, 33))).toBeUndefined();
    expect(textOf('shorter-queue', slow, at('m_config_0', 4.5, 60))).toBeUndefined();
    expect(
      textOf('shorter-queue', at('m_config_default', 46.3, 53, 0.9), at('m_config_0', 4.5, 33)),
    ).toBeUndefined();
    const plain = made('m_config_0', [look(8, { perf_throughput: 170 })], { count: 2 });
    expect(textOf('shorter-queue', slow, plain)).toBeUndefined();
  });

  test('is silent where the default was not looked at with that load', () => {
    const other = made('m_config_default', [
      look(4, { perf_throughput: 100, perf_server_queue: 46, perf_server_request: 53 }),
    ]);
    expect(textOf('shorter-queue', other, at('m_config_0', 4.5, 33))).toBeUndefined();
  });
});

describe('idle-gpu', () => {
  const at = (
    utilization: readonly (number | undefined)[],
    changes: Partial<Measurement> = {},
    kind = 'KIND_GPU',
  ) =>
    made(
      'm_config_0',
      utilization.map((percent, index) =>
        look(
          2 ** index,
          { perf_throughput: 100 + 20 * index, ...(percent !== undefined && { gpu_utilization: percent }) },
          changes,
        ),
      ),
      { kind },
    );

  test('speaks of the best, and of what it is at most', () => {
    expect(textOf('idle-gpu', base, at([30, 47, 41]))).toBe(
      'The GPU works for 41.0 % of the time where m_config_0 serves with 4 requests in flight, and under no load for more than 47.0 %: it is not what limits the throughput.',
    );
  });

  test('is silent where some load keeps it busy, and where one reading may be off', () => {
    expect(textOf('idle-gpu', base, at([30, 80, 41]))).toBeUndefined();
    expect(textOf('idle-gpu', base, at([41], { noise: 0.6 } as object))).toBeUndefined();
    expect(textOf('idle-gpu', base, at([41], { stable: false }))).toBeUndefined();
  });

  test('is silent without a GPU, on the CPU, and beside other processes', () => {
    expect(textOf('idle-gpu', base, at([undefined, undefined]))).toBeUndefined();
    expect(textOf('idle-gpu', base, at([0, 0, 0], {}, 'KIND_CPU'))).toBeUndefined();
    const gpuSharers = [{ uuid: 'GPU-1', pid: 1, name: 'x' }];
    expect(textOf('idle-gpu', base, at([30, 47, 41], { gpuSharers }))).toBeUndefined();
  });
});

describe('unfilled-batches', () => {
  const at = (executed: number | undefined, settings: Settings = {}, noise = 0.01, load = 64, changes = {}) =>
    made(
      'm_config_0',
      [
        look(
          load,
          { perf_throughput: 100, ...(executed !== undefined && { perf_executed_batch: executed }) },
          { noise, ...changes },
        ),
      ],
      { batch: 16, delay: 0, ...settings },
    );

  test('speaks with the batch, the size and the delay', () => {
    expect(textOf('unfilled-batches', base, at(1.3))).toBe(
      'Batches never fill: m_config_0 executes 1.3 inferences at a time on average, of max_batch_size 16, even with 64 requests in flight (max_queue_delay_microseconds is 0).',
    );
  });

  test('is silent where batches fill, within the noise, and of one unstable look', () => {
    expect(textOf('unfilled-batches', base, at(12))).toBeUndefined();
    expect(textOf('unfilled-batches', base, at(7, {}, 0.3))).toBeUndefined();
    expect(textOf('unfilled-batches', base, at(1.3, {}, 0.01, 64, { stable: false }))).toBeUndefined();
  });

  test('is silent where no load could fill them, without batcher, and without statistics', () => {
    expect(textOf('unfilled-batches', base, at(1.3, {}, 0.01, 8))).toBeUndefined();
    expect(textOf('unfilled-batches', base, at(1.3, { count: 8 }))).toBeUndefined();
    expect(textOf('unfilled-batches', base, at(1.3, { delay: undefined } as Settings))).toBeUndefined();
    expect(textOf('unfilled-batches', base, at(undefined))).toBeUndefined();
  });
});

describe('no-batcher', () => {
  const at = (executed: number | undefined, changes = {}, settings: Settings = {}) =>
    made(
      'm_config_0',
      [
        look(
          32,
          { perf_throughput: 100, ...(executed !== undefined && { perf_executed_batch: executed }) },
          changes,
        ),
      ],
      settings,
    );

  test('speaks where requests could be joined', () => {
    expect(textOf('no-batcher', base, at(1))).toBe(
      'Requests are not joined to batches: without dynamic_batching m_config_0 executes 1.0 inferences at a time with 32 requests in flight, though max_batch_size is 8. Try dynamic_batching.',
    );
  });

  test('is silent where a batcher is tried, of one unstable look, and where what the server runs is not known', () => {
    expect(textOf('no-batcher', base, at(1, {}, { delay: 0 }))).toBeUndefined();
    expect(textOf('no-batcher', base, at(1, { stable: false }))).toBeUndefined();
    expect(textOf('no-batcher', base, at(undefined))).toBeUndefined();
    expect(textOf('no-batcher', base, at(1, {}, { batch: 0 }))).toBeUndefined();
  });
});

/** Configurations with 1, 2, 3 ... instances, of these throughputs, and of so many MB each. */
const byCount = (
  throughputs: readonly number[],
  { noise = 0.01, megabytes = [] as readonly number[], changes = {} as Partial<Measurement> } = {},
): Trial[] =>
  throughputs.map((perf_throughput, index) =>
    made(
      `m_config_${index}`,
      [
        look(
          32,
          {
            perf_throughput,
            ...(megabytes[index] !== undefined && { gpu_used_memory: megabytes[index] }),
          },
          { noise, ...changes },
        ),
      ],
      { count: index + 1 },
    ),
  );

describe('idle-instances', () => {
  const megabytes = [3000, 4900, 6800, 8700];

  test('says from where on more gain nothing, and what they cost', () => {
    const finding = found(run(base, ...byCount([500, 900, 1200, 1190], { megabytes })), 'idle-instances');
    expect(finding?.text).toMatch(
      /^4 instances instead of 3 \(instance_group\) gain nothing, and cost 1\.9 GB of GPU memory: throughput 1,190 infer\/s instead of 1,200, at most [\d.]+ % better within the noise\.$/,
    );
    expect(finding?.evidence.map(({ values }) => values['gpu_used_memory'])).toEqual([6800, 8700]);
  });

  test('is silent where more gain, or may within the noise', () => {
    expect(textOf('idle-instances', base, ...byCount([500, 900, 1200, 1500], { megabytes }))).toBeUndefined();
    expect(
      textOf('idle-instances', base, ...byCount([500, 900, 1200, 1190], { megabytes, noise: 0.08 })),
    ).toBeUndefined();
  });

  test('without memory figures it says nothing of a cost; without intervals nothing at all', () => {
    expect(textOf('idle-instances', base, ...byCount([500, 900, 1200, 1190]))).toMatch(/gain nothing: /);
    expect(
      textOf(
        'idle-instances',
        base,
        ...byCount([500, 900, 1200, 1190], { changes: { intervals: {} } as object }),
      ),
    ).toBeUndefined();
    const changes = { stable: false };
    expect(textOf('idle-instances', base, ...byCount([500, 900, 1200, 1190], { changes }))).toBeUndefined();
  });

  test('is silent where the larger one was looked at with little load only, and where something else differs', () => {
    const few = made('m_config_0', [look(2, { perf_throughput: 800 }), look(32, { perf_throughput: 1200 })], {
      count: 3,
    });
    const more = made('m_config_1', [look(2, { perf_throughput: 810 })], { count: 4 });
    expect(textOf('idle-instances', base, few, more)).toBeUndefined();
    const other = made('m_config_1', [look(32, { perf_throughput: 1200 })], { count: 4, batch: 4 });
    expect(textOf('idle-instances', base, few, other)).toBeUndefined();
  });

  test('works between what a search happened to measure', () => {
    const some = byCount([500, 900, 1200, 1190], { megabytes });
    expect(textOf('idle-instances', base, some[0]!, some[2]!, some[3]!)).toMatch(
      /^4 instances instead of 3 /,
    );
  });
});

describe('idle-batch-size', () => {
  const at = (sizes: readonly (readonly [number, number])[], noise = 0.01) =>
    sizes.map(([batch, perf_throughput], index) =>
      made(`m_config_${index}`, [look(32, { perf_throughput }, { noise })], { batch }),
    );

  test('says from where on a larger one gains nothing', () => {
    expect(
      textOf(
        'idle-batch-size',
        base,
        ...at([
          [2, 600],
          [4, 1200],
          [8, 1195],
        ]),
      ),
    ).toMatch(/^A max_batch_size above 4 gains nothing: with 8 throughput 1,195 infer\/s instead of 1,200/);
  });

  test('is silent where it gains, within the noise, and of models that take no batches', () => {
    expect(
      textOf(
        'idle-batch-size',
        base,
        ...at([
          [2, 600],
          [4, 1200],
          [8, 1500],
        ]),
      ),
    ).toBeUndefined();
    expect(
      textOf(
        'idle-batch-size',
        base,
        ...at(
          [
            [2, 600],
            [4, 1200],
            [8, 1195],
          ],
          0.08,
        ),
      ),
    ).toBeUndefined();
    expect(textOf('idle-batch-size', base, ...at([[0, 1200]]))).toBeUndefined();
  });
});

describe('queue-delay', () => {
  const at = (
    delays: readonly (readonly [delay: number, throughput: number, p50?: number])[],
    noise = 0.005,
  ) =>
    delays.map(([delay, perf_throughput, perf_latency_p50], index) =>
      made(
        `m_config_${index}`,
        [
          look(
            8,
            { perf_throughput, ...(perf_latency_p50 !== undefined && { perf_latency_p50 }) },
            { noise },
          ),
        ],
        { delay },
      ),
    );

  test('says from where on it only adds latency', () => {
    expect(
      textOf(
        'queue-delay',
        base,
        ...at([
          [0, 900, 8],
          [200, 1200, 8.3],
          [1000, 1190, 9.5],
        ]),
      ),
    ).toMatch(
      /^A queue delay above 200 us only adds latency: with max_queue_delay_microseconds 1,000 instead of 200 the median latency with 8 requests in flight is 9\.50 ms instead of 8\.30; throughput 1,190/,
    );
    expect(
      textOf(
        'queue-delay',
        base,
        ...at([
          [0, 1200, 8],
          [200, 1190, 9.5],
        ]),
      ),
    ).toMatch(/^A queue delay only adds latency/);
  });

  test('is silent where it gains, or the latency is the same within the noise', () => {
    expect(
      textOf(
        'queue-delay',
        base,
        ...at([
          [0, 900, 8],
          [200, 1200, 8.3],
        ]),
      ),
    ).toBeUndefined();
    expect(
      textOf(
        'queue-delay',
        base,
        ...at(
          [
            [0, 1200, 8],
            [200, 1190, 8.1],
          ],
          0.02,
        ),
      ),
    ).toBeUndefined();
    expect(
      textOf(
        'queue-delay',
        base,
        ...at(
          [
            [0, 1200, 8],
            [200, 1190, 9.5],
          ],
          0.1,
        ),
      ),
    ).toBeUndefined();
  });

  test('is silent without the latency', () => {
    expect(
      textOf(
        'queue-delay',
        base,
        ...at([
          [0, 1200],
          [200, 1190],
        ]),
      ),
    ).toBeUndefined();
  });
});

describe('look-further', () => {
  const at = (throughputs: readonly number[], changes: Partial<Measurement> & { noise?: number } = {}) =>
    made(
      'm_config_0',
      throughputs.map((perf_throughput, index) => look(2 ** index, { perf_throughput }, changes)),
    );

  test('speaks with how much the last step brought', () => {
    expect(textOf('look-further', base, at([100, 200, 360]))).toBe(
      'Throughput still grows at the largest load: m_config_0 does 360 infer/s with 4 requests in flight, 80.0 % (± 2.55) more than with 2. Look further (concurrency above 4).',
    );
  });

  test('is silent where it does not grow for sure, of unstable looks, and where more was looked at', () => {
    expect(textOf('look-further', base, at([100, 200, 204]))).toBeUndefined();
    expect(textOf('look-further', base, at([100, 200, 260], { noise: 0.2 }))).toBeUndefined();
    expect(textOf('look-further', base, at([100, 200, 360], { stable: false }))).toBeUndefined();
    const other = made('m_config_1', [look(16, { perf_throughput: 50 })], { count: 2 });
    expect(textOf('look-further', base, at([100, 200, 360]), other)).toBeUndefined();
  });

  test('is silent without intervals, and where throughput is not looked for', () => {
    expect(textOf('look-further', base, at([100, 200, 360], { intervals: {} } as object))).toBeUndefined();
    const byLatency: Goal = { ...goal, objectives: [{ tag: 'perf_latency_p99', weight: 1 }] };
    expect(found(run(base, at([100, 200, 360])), 'look-further', byLatency)).toBeUndefined();
  });

  test('of request rates: the largest one that is still taken', () => {
    const rated = (sent: number, more: Partial<Measurement> = {}) =>
      made(
        'm_config_0',
        [200, 400].map((rate) => ({
          ...look(1, { perf_throughput: rate, perf_send_rate: rate === 400 ? sent : rate }, more),
          point: atRate('m', rate),
          client: { engine: 'e', asked: rate },
        })),
      );
    expect(textOf('look-further', rated(400))).toBe(
      'm_config_0 takes the largest request rate that was tried, 400 requests a second: what it can take is more. Look further (request_rate above 400).',
    );
    expect(textOf('look-further', rated(380))).toBeUndefined();
    expect(textOf('look-further', rated(400, { stable: false }))).toBeUndefined();
  });
});

describe('saturated', () => {
  const at = (
    steps: readonly (readonly [throughput: number, p50?: number])[],
    changes: Partial<Measurement> & { noise?: number } = {},
  ) =>
    made(
      'm_config_0',
      steps.map(([perf_throughput, perf_latency_p50], index) =>
        look(
          2 ** (index + 3),
          { perf_throughput, ...(perf_latency_p50 !== undefined && { perf_latency_p50 }) },
          changes,
        ),
      ),
    );

  test('says from where on more load only adds latency', () => {
    expect(
      textOf(
        'saturated',
        base,
        at([
          [900, 9],
          [1200, 13],
          [1205, 26],
        ]),
      ),
    ).toBe(
      'More than 16 requests in flight only add latency: m_config_0 does 1,205 infer/s with 32 requests in flight instead of 1,200, at a median latency of 26.0 ms instead of 13.0.',
    );
  });

  test('is silent where more load may bring something, of unstable looks, and without the latency', () => {
    expect(
      textOf(
        'saturated',
        base,
        at(
          [
            [900, 9],
            [1200, 13],
            [1205, 26],
          ],
          { noise: 0.06 },
        ),
      ),
    ).toBeUndefined();
    expect(
      textOf(
        'saturated',
        base,
        at(
          [
            [1200, 13],
            [1205, 26],
          ],
          { stable: false },
        ),
      ),
    ).toBeUndefined();
    expect(textOf('saturated', base, at([[1200], [1205]]))).toBeUndefined();
  });
});

describe('edge-of-range', () => {
  test('speaks of the setting that is at its end and still gains', () => {
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 1200]))).toMatch(
      /^The best has the most instances that were tried \(instance_group: 3\), and still gains 33\.3 % \(± [\d.]+\) over 2, all else alike: try more\.$/,
    );
    const sizes = [
      made('m_config_0', [look(32, { perf_throughput: 800 })], { batch: 8 }),
      made('m_config_1', [look(32, { perf_throughput: 1200 })], { batch: 16 }),
    ];
    expect(textOf('edge-of-range', base, ...sizes)).toContain(
      'the largest max_batch_size that was tried (16)',
    );
  });

  test('is silent where the gain is noise, of one unstable look, and where more was tried', () => {
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 930]))).toBeUndefined();
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 1200], { noise: 0.25 }))).toBeUndefined();
    const changes = { stable: false };
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 1200], { changes }))).toBeUndefined();
    const failed = made('m_config_9', [], { count: 5 });
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 1200]), failed)).toBeUndefined();
  });

  test('is silent without intervals', () => {
    const changes = { intervals: {} } as object;
    expect(textOf('edge-of-range', base, ...byCount([500, 900, 1200], { changes }))).toBeUndefined();
  });

  test('says nothing of more instances on cores that are used up, by whomever', () => {
    const onCores = (cpu_utilization: number, changes: Partial<Measurement> = {}, kind = 'KIND_CPU') =>
      textOf(
        'edge-of-range',
        base,
        ...[500, 1200].map((perf_throughput, index) =>
          made(`m_config_${index}`, [look(32, { perf_throughput, cpu_utilization }, changes)], {
            count: index + 1,
            kind,
          }),
        ),
      );
    // Of the 200 % of two cores.
    expect(onCores(120)).toContain('try more');
    expect(onCores(185)).toBeUndefined();
    expect(onCores(185, {}, 'KIND_GPU')).toContain('try more');
    // The load generator takes 500 us for each of 1,200 requests, then other programs three tenths of the machine.
    expect(onCores(120, { client: { engine: 'e', cpuUs: 500 } })).toBeUndefined();
    expect(onCores(120, { othersShare: 0.3 })).toBeUndefined();
    expect(onCores(120, { othersShare: 0.1 })).toContain('try more');
  });
});

describe('memory-left', () => {
  const at = (counts: readonly number[], free: number | undefined, changes: Partial<Measurement> = {}) =>
    counts.map((count, index) => {
      const gpus = {
        'GPU-1': {
          gpu_used_memory: 1000 + 1900 * count,
          ...(free !== undefined && { gpu_free_memory: free }),
        },
      };
      const values = { perf_throughput: 400 * count, gpu_used_memory: 1000 + 1900 * count };
      return made(`m_config_${index}`, [look(32, values, { gpus, ...changes })], { count });
    });

  test('counts by what one instance takes', () => {
    expect(textOf('memory-left', base, ...at([1, 3], 10_200))).toBe(
      'GPU memory is left for 5 more instances (instance_group) of m_config_1: one takes 1.9 GB, and 10.2 GB are free under load.',
    );
  });

  test('is silent where it does not suffice, where more gain nothing, and of unstable looks', () => {
    expect(textOf('memory-left', base, ...at([1, 3], 1800))).toBeUndefined();
    expect(textOf('memory-left', base, ...at([1, 3], 10_200, { stable: false }))).toBeUndefined();
    expect(
      textOf('memory-left', base, ...byCount([1200, 1195], { megabytes: [3000, 4900] })),
    ).toBeUndefined();
  });

  test('is silent without free memory, with one count alone, on shared GPUs and servers', () => {
    expect(textOf('memory-left', base, ...at([1, 3], undefined))).toBeUndefined();
    expect(textOf('memory-left', base, ...at([3], 10_200))).toBeUndefined();
    expect(textOf('memory-left', base, ...at([1, 3], 10_200, { shared: true }))).toBeUndefined();
  });
});

describe('good-default', () => {
  const at = (own: number, other: number, noise = 0.005, changes = {}) => [
    made('m_config_default', [look(8, { perf_throughput: own }, { noise, ...changes })]),
    made('m_config_0', [look(8, { perf_throughput: other }, { noise, ...changes })], { count: 2 }),
  ];

  test('speaks where nothing else can be better by much', () => {
    expect(textOf('good-default', ...at(1200, 1190))).toMatch(
      /^The default is already as good: the best of 1 other, m_config_0, is 0\.83 % \(± [\d.]+\) worse\.$/,
    );
  });

  test('is silent where something is better, or may be within the noise, and of unstable looks', () => {
    expect(textOf('good-default', ...at(1200, 1500))).toBeUndefined();
    expect(textOf('good-default', ...at(1200, 1190, 0.1))).toBeUndefined();
    expect(textOf('good-default', ...at(1200, 1190, 0.005, { stable: false }))).toBeUndefined();
  });

  test('is silent without a default, alone, and without intervals', () => {
    expect(textOf('good-default', at(1200, 1190)[1]!)).toBeUndefined();
    expect(textOf('good-default', at(1200, 1190)[0]!)).toBeUndefined();
    expect(textOf('good-default', ...at(1200, 1190, 0.005, { intervals: {} }))).toBeUndefined();
  });
});

describe('decisive-setting', () => {
  /** Instances x batch sizes with these throughputs; the first is not of the best. */
  const grid = (
    rates: Readonly<Record<string, number>>,
    { noise = 0.01, changes = {} as Partial<Measurement> } = {},
  ): Trial[] =>
    Object.entries(rates).map(([settings, perf_throughput], index) => {
      const [count, batch] = settings.split(' x ').map(Number);
      return made(`m_config_${index}`, [look(32, { perf_throughput }, { noise, ...changes })], {
        count: count!,
        batch: batch!,
      });
    });
  /** More was tried in vain, so that nothing is said of the end of a range. */
  const more = made('m_config_9', [], { count: 5, batch: 64 });
  const alone = { '1 x 4': 600, '1 x 8': 650, '2 x 4': 1100, '2 x 8': 1200 };

  test('tells the setting that makes most of the differences, as the page has it', () => {
    const recorded = run(base, more, ...grid(alone));
    const finding = found(recorded, 'decisive-setting');
    expect(finding?.text).toMatch(
      /^instance_group decides most \(98 % of the differences\): 2:GPU over 1:GPU: \+84\.0 % throughput \(\+[\d.]+ % to \+[\d.]+ %\), all else alike\.$/,
    );
    expect(finding?.evidence.map(({ variant }) => variant)).toEqual(['m_config_3', 'm_config_1']);
    const [row] = whatMatteredView(rank(recorded, goal))!.effects!.rows;
    expect(finding?.text).toContain(`(${row!.percent} % of the differences): ${row!.text}, all else`);
  });

  test('tells a setting that makes most of the differences by what it depends on', () => {
    const delays = ['a', 'b'].flatMap((delay, index) =>
      grid({ '1 x 4': 149, '1 x 8': 210, '2 x 4': 236, '2 x 8': 221 }, { noise: 0.03 }).map((item) => ({
        ...item,
        name: `${item.name}${delay}`,
        models: [{ ...item.models[0], assignment: { ...item.models[0].assignment, delay: index } }] as const,
      })),
    );
    const recorded = run(base, more, ...delays);
    expect(found(recorded, 'decisive-setting')?.text).toMatch(
      /^instance_group decides most \(\d+ % of the differences, and \d+ % more together with max_batch_size\): .+ where .+, and .+ where .+ \(throughput\)\.$/,
    );
    const [row] = whatMatteredView(rank(recorded, goal))!.effects!.rows;
    expect(row).toMatchObject({ name: 'instance_group', text: 'depends on max_batch_size: see below' });
  });

  test('tells two settings of which each does by itself what the other undoes', () => {
    const crossed = ['a', 'b', 'c'].flatMap((delay, index) =>
      grid({ '1 x 4': 600, '1 x 8': 1200, '2 x 4': 1190, '2 x 8': 610 }).map((item) => ({
        ...item,
        name: `${item.name}${delay}`,
        models: [{ ...item.models[0], assignment: { ...item.models[0].assignment, delay: index } }] as const,
      })),
    );
    expect(textOf('decisive-setting', base, more, ...crossed)).toMatch(
      /^(instance_group and max_batch_size|max_batch_size and instance_group) decide most, together \(\d+ % of the differences\): .+ where .+, and .+ where .+ \(throughput\)\.$/,
    );
  });

  test('is silent where the difference is small, or noise', () => {
    const small = { '1 x 4': 1100, '1 x 8': 1110, '2 x 4': 1150, '2 x 8': 1160 };
    expect(textOf('decisive-setting', base, more, ...grid(small))).toBeUndefined();
    expect(textOf('decisive-setting', base, more, ...grid(alone, { noise: 0.6 }))).toBeUndefined();
  });

  test('is silent where the best has another value, or is an exception', () => {
    const other = { '1 x 4': 1300, '1 x 8': 600, '2 x 4': 1250, '2 x 8': 1250, '1 x 2': 600, '2 x 2': 1250 };
    expect(textOf('decisive-setting', base, more, ...grid(other))).toBeUndefined();
    const exception = {
      '1 x 4': 1250,
      '1 x 8': 600,
      '2 x 4': 1280,
      '2 x 8': 1250,
      '1 x 2': 600,
      '2 x 2': 1250,
    };
    expect(textOf('decisive-setting', base, more, ...grid(exception))).toBeUndefined();
  });

  test('is silent of few configurations, of one setting that was never changed alone, and of a default that is kept', () => {
    expect(textOf('decisive-setting', base, more, ...byCount([700, 1200]))).toBeUndefined();
    const joined = { '1 x 1': 600, '2 x 2': 800, '3 x 3': 1000, '4 x 4': 1200 };
    expect(textOf('decisive-setting', base, more, ...grid(joined))).toBeUndefined();
    const kept = made('m_config_default', [look(32, { perf_throughput: 2000 })], { count: 7, batch: 7 });
    expect(textOf('decisive-setting', kept, more, ...grid(alone))).toBeUndefined();
  });
});

describe('outside-server', () => {
  const at = (values: object, noise = 0.01, changes = {}) =>
    made('m_config_0', [look(4, { perf_throughput: 100, ...values }, { noise, ...changes })]);
  const times = { perf_latency_avg: 5, perf_server_request: 1.9 };

  test('speaks with both times', () => {
    expect(textOf('outside-server', base, at(times))).toMatch(
      /^Of the 5\.00 ms that a request to m_config_0 takes with 4 requests in flight, 3\.10 ms lie outside the server's own time/,
    );
  });

  test('is silent within the noise, of one unstable look, where the client is slow, and without statistics', () => {
    expect(textOf('outside-server', base, at({ ...times, perf_server_request: 3.2 }, 0.3))).toBeUndefined();
    expect(textOf('outside-server', base, at(times, 0.01, { stable: false }))).toBeUndefined();
    expect(textOf('outside-server', base, at(times, 0.01, client()))).toBeUndefined();
    expect(textOf('outside-server', base, at({ perf_latency_avg: 5 }))).toBeUndefined();
  });
});

describe('full-cpu', () => {
  const at = (cpu: number | undefined, noise = 0.01, changes = {}) =>
    made('m_config_0', [
      look(
        4,
        { perf_throughput: 100, ...(cpu !== undefined && { cpu_utilization: cpu }) },
        { noise, ...changes },
      ),
    ]);

  test('speaks with what the machine has', () => {
    expect(textOf('full-cpu', base, at(190))).toBe(
      'The cores are the limit: m_config_0 uses 190 % of the 200 % that 2 cores have with 4 requests in flight, and the load generator needs of them, too.',
    );
  });

  test('is silent where cores are left, within the noise, of one unstable look, and without the figure', () => {
    expect(textOf('full-cpu', base, at(120))).toBeUndefined();
    expect(textOf('full-cpu', base, at(190, 0.2))).toBeUndefined();
    expect(textOf('full-cpu', base, at(190, 0.01, { stable: false }))).toBeUndefined();
    expect(textOf('full-cpu', base, at(undefined))).toBeUndefined();
  });

  test('is silent of a server that is not on this machine', () => {
    const recorded = run(base, at(190));
    const [session] = recorded.sessions;
    const remote = { ...session!, environment: { ...session!.environment, launcher: 'remote' } };
    expect(found({ ...recorded, sessions: [remote] }, 'full-cpu')).toBeUndefined();
    expect(found({ ...recorded, sessions: [] }, 'full-cpu')).toBeUndefined();
  });
});

describe('all rules', () => {
  test('have names of their own and say when they speak', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const { speaks } of RULES) expect(speaks).toMatch(/^[^A-Z].*[^.]$/);
  });

  test('are silent where nothing was measured, and of what Model Analyzer recorded', () => {
    expect(findingsOf(run(), rank(run(), goal))).toEqual([]);
    const bare = (name: string, count: number, perf_throughput: number) =>
      made(
        name,
        [1, 2, 4].map((load) =>
          look(
            load,
            { perf_throughput: perf_throughput * load, gpu_utilization: 10, gpu_used_memory: 1000 * count },
            { requests: 0, intervals: {} } as object,
          ),
        ),
        { count },
      );
    const recorded = run(
      bare('m_config_default', 1, 10),
      bare('m_config_0', 2, 20),
      bare('m_config_1', 3, 20),
    );
    expect(findingsOf(recorded, rank(recorded, goal))).toEqual([]);
  });

  test('say nothing by a measurement of a machine that had changed', () => {
    const changed = made('m_config_0', [
      look(4, { perf_throughput: 100 }, { drifted: { by: 0.2 }, ...client() }),
    ]);
    expect(textOf('client-bound', base, changed)).toBeUndefined();
  });

  test('doubts go first, then what may bring more, then what is saved, then causes; within each what is worth more', () => {
    const at = (name: string, count: number, rate: number) =>
      made(
        name,
        [2, 32].map((load) =>
          look(
            load,
            {
              perf_throughput: rate * Math.sqrt(load),
              perf_server_queue: 9,
              perf_server_request: 10,
              gpu_utilization: 20,
              perf_executed_batch: 1,
            },
            load === 2 ? client() : {},
          ),
        ),
        { count },
      );
    const recorded = run(base, at('m_config_0', 1, 400), at('m_config_1', 2, 900));
    const kinds = findingsOf(recorded, rank(recorded, goal)).map(({ kind }) => kind);
    expect(new Set(kinds).size).toBeGreaterThan(2);
    expect(kinds).toEqual(
      kinds.toSorted(
        (a, b) =>
          ['doubt', 'gain', 'saving', 'cause'].indexOf(a) - ['doubt', 'gain', 'saving', 'cause'].indexOf(b),
      ),
    );
  });

  test('several models: of each its own', () => {
    const other = {
      ...made('n_config_0', [{ ...look(4, { perf_throughput: 100 }, client()), point: inFlight('n', 4) }]),
    };
    const models = [{ ...other.models[0], name: 'n' }] as const;
    const recorded = run(base, { ...other, models });
    expect(found(recorded, 'client-bound')).toBeUndefined();
    expect(found(recorded, 'client-bound', { ...goal, models: ['n'] })?.evidence[0]?.variant).toBe(
      'n_config_0',
    );
  });

  test('an ensemble: configurations that differ in a composing model, too, are no neighbours', () => {
    const member = (count: number, name = 'part') => ({
      ...made('x', [], { count }).models[0],
      name,
      role: 'composing' as const,
    });
    const [fewer, more] = byCount([1200, 1195]);
    const with_ = (item: Trial, count: number): Trial => ({
      ...item,
      models: [item.models[0], member(count)],
    });
    expect(textOf('idle-instances', base, with_(fewer!, 1), with_(more!, 1))).toBeDefined();
    expect(textOf('idle-instances', base, with_(fewer!, 1), with_(more!, 2))).toBeUndefined();
  });
});
