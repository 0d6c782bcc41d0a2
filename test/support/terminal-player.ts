import { rank } from '../../src/rank/rank.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { PointRecord } from '../../src/record/run.ts';
import type { Happening } from '../../src/run/events.ts';
import { columnsOf } from '../../src/terminal/fit.ts';
import { liveView } from '../../src/terminal/live.ts';
import { rankingText } from '../../src/terminal/ranking.ts';
import { measurement, run, trial } from './run.ts';

/**
 * Plays a run to the terminal that it is started in: `live` stays at a point, `failure` beside one that failed, `finished` tells the
 * end, `interrupted` a run that was stopped before anything was measured.
 */
const [scenario = 'live'] = process.argv.slice(2);
const usage = () => ({ cpu: 0.62, memory: { used: 3.1e9, all: 8e9 } });
const view = liveView(process.stdout, { maxMinutes: 3, usage });
const tell = (happening: Happening): void => view({ ...happening, at: '2026-01-01T00:00:00.000Z' });
const slot = '0';
const NAME = 'text_recognition';
const goal = {
  models: [NAME] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 150 }] as const,
};
const of = (throughput: number, p99: number, concurrency: number) =>
  measurement(
    {
      perf_throughput: throughput,
      perf_latency_p99: p99,
      gpu_utilization: 81,
      gpu_used_memory: 4100,
      gpu_free_memory: 12_000,
    },
    concurrency,
  );
const SETTINGS =
  '2 instances on CPU, max batch size 8, dynamic batching, 200 µs queue delay, optimization openvino';
let done = 0;
const start = (variant: string, settings: string): void => {
  tell({ kind: 'variant', slot, variant, settings });
  for (const phase of ['starting the server', 'loading the model'] as const)
    tell({ kind: 'phase', slot, variant, phase });
};
const measuring = (variant: string, concurrency: number): void =>
  tell({ kind: 'phase', slot, variant, phase: 'measuring', point: inFlight(NAME, concurrency) });
const point = (variant: string, record: PointRecord, reused = 0): void => {
  done++;
  tell({ kind: 'point', slot, variant, record, progress: { done, remaining: 27 - done, reused } });
};
const measured = (variant: string, throughput: number, p99: number, concurrency: number, reused = 0): void =>
  point(variant, { state: 'measured', key: 'k', measurement: of(throughput, p99, concurrency) }, reused);

tell({ kind: 'model', goal, configurations: 9, points: 27, progress: { done: 0, remaining: 27, reused: 0 } });
if (scenario === 'interrupted') {
  start(`${NAME}_config_default`, '1 instance on CPU, max batch size 8');
  tell({ kind: 'end', interrupted: true });
  process.stdout.write(`\n${rankingText(rank(run(), goal), [], columnsOf(process.stdout))}\n`);
} else {
  measured(`${NAME}_config_default`, 153, 90, 1, 1);
  start(`${NAME}_config_default`, '1 instance on CPU, max batch size 8');
  for (const [index, throughput] of [140, 160, 150].entries()) {
    measuring(`${NAME}_config_default`, 4 * (index + 1));
    measured(`${NAME}_config_default`, throughput, 70 + index, 4 * (index + 1), 1);
  }
  tell({ kind: 'trial', slot, trial: trial(`${NAME}_config_default`, [], { model: NAME }) });
  start(`${NAME}_config_0`, SETTINGS);
  measuring(`${NAME}_config_0`, 4);
  measured(`${NAME}_config_0`, 267, 61, 4, 1);
  if (scenario === 'failure') {
    const cause = 'a process of the server was killed while loading the model: its memory was used up';
    point(
      `${NAME}_config_1`,
      { state: 'failed', key: 'k', kind: 'out of memory', cause, point: inFlight(NAME, 4) },
      1,
    );
  }
  if (scenario === 'finished') {
    tell({ kind: 'end', interrupted: false });
    const end = {
      ...trial('x', []).end!,
      kind: 'out of memory' as const,
      cause: 'killed',
      logFile: '/tmp/run/checkpoints/logs/x.log',
    };
    const assignment = {
      'dynamic_batching.max_queue_delay_microseconds': 200,
      instance_group: [{ kind: 'KIND_CPU', count: 2 }],
    };
    const recorded = run(
      trial(`${NAME}_config_default`, [of(153, 90, 4)], { model: NAME }),
      trial(`${NAME}_config_0`, [of(267, 61, 4)], { model: NAME, assignment }),
      ...['1', '2', '3', '4'].map((number) => trial(`${NAME}_config_${number}`, [], { model: NAME, end })),
    );
    process.stdout.write(`\n${rankingText(rank(recorded, goal), [], columnsOf(process.stdout))}\n`);
  } else {
    measuring(`${NAME}_config_0`, 8);
    tell({
      kind: 'window',
      slot,
      variant: `${NAME}_config_0`,
      point: inFlight(NAME, 8),
      throughput: 271,
      latencyMs: 33,
    });
    setInterval(() => {}, 1000);
  }
}
