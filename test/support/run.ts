import { diffText } from '../../src/model-config/diff.ts';
import type { Ranking } from '../../src/rank/rank.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { Figures, Measurement } from '../../src/record/measurement.ts';
import { type RecordedModel, type Run, SCHEMA_VERSION, type Trial } from '../../src/record/run.ts';
import type { ExportSettings, Result } from '../../src/report/exporter.ts';

/** A measurement with these values; intervals are 5 % to both sides of the throughput. */
export function measurement(
  values: Record<string, number>,
  concurrency = 1,
  {
    values: otherValues,
    intervals,
    ...changes
  }: Omit<Partial<Measurement>, 'whole' | 'models'> & Partial<Figures> = {},
): Measurement {
  const throughput = values['perf_throughput'] ?? 100;
  const whole = {
    values: otherValues ?? {
      perf_throughput: throughput,
      perf_latency_p99: 10,
      perf_latency_avg: 8,
      ...values,
    },
    intervals: intervals ?? { perf_throughput: [throughput * 0.95, throughput * 1.05] as const },
  };
  return {
    point: inFlight('m', concurrency),
    whole,
    models: { m: whole },
    gpus: {},
    requests: 1000,
    failures: {},
    durationS: 1.8,
    warmupS: 0.4,
    windows: 3,
    counted: 3,
    stable: true,
    warnings: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** What of a trial of one model may be given; `model` is its name. */
type TrialChanges = Omit<Partial<Trial>, 'models'> &
  Partial<Omit<RecordedModel, 'name' | 'role'>> & { readonly model?: string };

/** A trial of model `m` with these measurements. */
export function trial(
  name: string,
  measurements: readonly Measurement[],
  { model, assignment, config, configText, diff, ...changes }: TrialChanges = {},
): Trial {
  const text = `name: "m"\nmax_batch_size: ${name.length}\n`;
  return {
    key: `key of ${name}`,
    models: [
      {
        name: model ?? 'm',
        assignment: assignment ?? (name.endsWith('_default') ? {} : { max_batch_size: name.length }),
        config: config ?? {
          name: 'm',
          max_batch_size: name.length,
          instance_group: [{ kind: 'KIND_CPU', count: 2 }],
        },
        configText: configText ?? text,
        diff: diff ?? diffText('name: "m"\nmax_batch_size: 4\n', text),
        role: 'measured',
      },
    ],
    name,
    isDefault: name.endsWith('_default'),
    state: measurements.length > 0 ? 'measured' : 'failed',
    points: measurements.map((item, index) => ({
      state: 'measured',
      key: `${name} ${index}`,
      measurement: item,
    })),
    end: {
      logFile: `logs/${name}.log`,
      warnings: [],
      steps: { startS: 0.1, loadS: 0.5, warmupS: 0.4, measureS: 1.8, stopS: 0.3 },
    },
    ...changes,
  };
}

export const run = (...trials: Trial[]): Run => ({
  schemaVersion: SCHEMA_VERSION,
  searches: [],
  sessions: [
    {
      id: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:00.000Z',
      goals: [],
      seeds: { m: { search: 0, load: 1 } },
      environment: {
        tma: '0.1.0',
        node: 'v24.0.0',
        os: 'Debian',
        cpu: 'a CPU',
        cores: 2,
        memoryMB: 8000,
        launcher: 'local',
        server: '/opt/tritonserver',
        generator: 'native',
        command: ['tma', 'profile', '-f', 'perf.yaml'],
      },
    },
  ],
  servers: [{ name: 'triton', version: '2.51.0', gpus: {} }],
  trials,
});

/** A run with its rankings as exporters take it; the summaries alone. */
export const result = (
  recorded: Run,
  rankings: readonly Ranking[],
  settings: Partial<ExportSettings> = {},
  across?: Result['across'],
): Result => ({
  run: recorded,
  rankings,
  across,
  settings: {
    ...{ mode: 'online', summaries: true, detailed: [], fields: {} },
    formats: ['html', 'pdf', 'png', 'csv'],
    fileNames: { inference: 'i.csv', gpu: 'g.csv', server: 's.csv' },
    ...settings,
  },
});
