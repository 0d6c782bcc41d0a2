import { rank } from '../../src/rank/rank.ts';
import type { Run } from '../../src/record/run.ts';
import type { Result } from '../../src/report/exporter.ts';
import { measurement, result, run, trial } from './run.ts';

const COMMAND =
  'tma profile -f /srv/models/recognition/perf.yaml --export-path /srv/tuning/2026-01-01 --checkpoint-directory /srv/tuning/2026-01-01/checkpoints --output-model-repository-path /srv/tuning/2026-01-01/models --override-output-model-repository --skip-detailed-reports --fresh';

/** Configurations that differ in four settings, each under several loads, with limits and remarks as a quick look leaves. */
export function gridRun(configurations: number, loads: number): Result {
  const trials = Array.from({ length: configurations }, (_, index) =>
    trial(
      index === 0 ? 'recognition_config_default' : `recognition_config_${index - 1}`,
      Array.from({ length: loads }, (_load, step) => {
        const throughput = 80 + (160 * index) / configurations + (90 * (step + 1)) / (step + 2);
        const latency = ((step + 1) * 700) / throughput;
        return measurement(
          {
            ...{
              perf_throughput: throughput,
              perf_latency_p99: 1.7 * latency,
              perf_latency_p50: 0.9 * latency,
            },
            ...{
              perf_latency_avg: latency,
              perf_server_queue: latency / 3,
              perf_server_compute_infer: latency / 2,
            },
            ...{
              perf_executed_batch: 1 + step / 4,
              cpu_used_ram: 180 + index,
              gpu_used_memory: 1400 + index,
            },
          },
          2 ** step,
          {
            requests: 90 + 12 * step,
            stable: step > 1,
            warnings: [`known to ± ${4 + step} %, not to the 3 % asked for; a longer time-limit may help`],
            intervals: {
              perf_throughput: [0.95 * throughput, 1.05 * throughput],
              perf_latency_p99: [1.6 * latency, null],
            },
          },
        );
      }),
      {
        assignment:
          index === 0
            ? {}
            : {
                dynamic_batching: { max_queue_delay_microseconds: 1000 * (index % 2) },
                instance_group: [{ kind: 'KIND_CPU', count: 1 + (index % 4) }],
                optimization: index % 3 === 0 ? {} : { cpu_execution_accelerator: [{ name: 'openvino' }] },
              },
        config: {
          name: 'm',
          max_batch_size: 8,
          instance_group: [{ kind: 'KIND_CPU', count: 1 + (index % 4) }],
          ...(index > 0 && { dynamic_batching: {} }),
        },
      },
    ),
  );
  const points = { seen: configurations * loads, all: configurations * loads };
  const plain = run(...trials);
  const [session] = plain.sessions;
  const { environment } = session!;
  const recorded: Run = {
    ...plain,
    sessions: [
      {
        ...session!,
        environment: {
          ...environment,
          ...{
            os: 'Debian GNU/Linux 12 (bookworm), Linux 6.1.0-25-amd64',
            cpu: 'AMD EPYC 9654 96-Core Processor',
          },
          ...{ folder: '/srv/models/recognition', command: COMMAND.split(' ') },
        },
      },
    ],
    searches: [
      {
        ...{ models: ['m'], search: 'manual', why: 'nothing was left to measure' },
        ...{ points, measurements: points.all },
        configurations: { seen: configurations, all: configurations },
        ...{ importance: [], skipped: [], remarks: [] },
      },
    ],
  };
  const ranking = rank(recorded, {
    models: ['m'],
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 40 }],
  });
  return result(recorded, [ranking]);
}
