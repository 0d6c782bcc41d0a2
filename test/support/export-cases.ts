import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { atRate, inFlight } from '../../src/record/load-point.ts';
import type { Run, Trial } from '../../src/record/run.ts';
import type { ExportSettings, Result } from '../../src/report/exporter.ts';
import { measurement, result, run, trial } from './run.ts';

/** Runs as exporters for other programs are tried on. */

const THROUGHPUT = [{ tag: 'perf_throughput', weight: 1 }];
const P99 = { tag: 'perf_latency_p99', bound: 'max', value: 10 } as const;
const STEPS = { startS: 1, loadS: 0.5, warmupS: 0.25, measureS: 2, stopS: 0.25 };
const SETTINGS: Partial<ExportSettings> = { formats: ['html', 'csv'] };

const interval = (values: Record<string, readonly [number, number]>) => ({ intervals: values });

const failed = (name: string, model: string, cause: string, advice?: string): Trial =>
  trial(name, [], {
    model,
    points: [{ state: 'failed', key: 'k', point: inFlight(model, 1), cause }],
    end: { cause, advice, specFile: `checkpoints/specs/${name}.json`, warnings: [], steps: STEPS },
  });

/** Of a run every model's ranking by its own goal. */
const ranked = (recorded: Run, goals: readonly Goal[], settings = SETTINGS): Result =>
  result(
    recorded,
    goals.map((goal) => rank(recorded, goal)),
    settings,
  );

/** One model, that deploys; a configuration ran out of memory. */
const small = (): Result =>
  ranked(
    run(
      trial('m_config_default', [
        measurement({ perf_throughput: 100, perf_latency_p99: 9 }, 1, {
          intervals: { perf_throughput: [97, 103], perf_latency_p99: [8.5, 9.25] },
        }),
      ]),
      trial('m_config_0', [
        measurement({ perf_throughput: 180, perf_latency_p99: 8 }, 1, {
          intervals: { perf_throughput: [175, 185], perf_latency_p99: [7.5, null] },
        }),
      ]),
      failed('m_config_1', 'm', 'out of memory: a process of the server was killed', 'fewer instances'),
    ),
    [{ models: ['m'], objectives: THROUGHPUT, constraints: [P99] }],
  );

/** Two models, the second an ensemble whose members were changed, at a request rate, that misses its limits. */
const twoModels = (): Result => {
  const first = small();
  const at = (perSecond: number) => ({ point: atRate('pipeline', perSecond, 2) });
  const members = { model: 'pipeline', composing: ['detect', 'read'] };
  const stages = (queue: number, infer: number) => ({
    ...{ requests: 1, intervals: {} },
    values: { perf_server_queue: queue, perf_server_compute_infer: infer, perf_executed_batch: 1.5 },
  });
  const composing = {
    by: 'steps',
    models: [
      { model: 'detect', ...stages(0.5, 2.5) },
      { model: 'read', ...stages(4, 3) },
    ],
  } as const;
  const recorded: Run = {
    ...first.run,
    trials: [
      ...first.run.trials,
      trial(
        'pipeline_config_default',
        [
          measurement({ perf_throughput: 50, perf_latency_p99: 24.5, perf_latency_avg: 12 }, 1, {
            ...at(50),
            composing,
          }),
        ],
        members,
      ),
      trial(
        'pipeline_config_0',
        [
          measurement(
            { perf_throughput: 49, perf_latency_p99: 11, perf_latency_avg: 10.5, gpu_used_memory: 500 },
            1,
            {
              ...at(50),
              ...{ stable: false, requests: 90, composing },
              ...interval({ perf_throughput: [48, 50], perf_latency_p99: [9.5, 12] }),
            },
          ),
        ],
        members,
      ),
    ],
  };
  const goals: Goal[] = [
    { models: ['m'], objectives: THROUGHPUT, constraints: [P99] },
    {
      models: ['pipeline'],
      objectives: [
        { tag: 'perf_latency_avg', weight: 1 },
        { tag: 'perf_throughput', weight: 1 },
      ],
      constraints: [P99, { tag: 'perf_throughput', bound: 'min', value: 45 }],
    },
  ];
  const across = rankAcross(
    recorded,
    [['m'], ['pipeline']],
    { objectives: THROUGHPUT, constraints: [P99] },
    3,
  );
  return { ...ranked(recorded, goals), across };
};

/** What nobody would call a model, in letters that XML, Markdown, Prometheus and a terminal give a meaning. */
export const HOSTILE =
  'm"<b>&amp;]]>|`x`_y_*z*\\n\n\t\u0000\u001b[31m\ud800\uffff\u202e{a="b"}\' @all #1 https://x.org ![i](j) $q$';

const hostile = (): Result =>
  ranked(
    run(
      trial(
        `${HOSTILE}_config_default`,
        [measurement({ perf_throughput: 100 }, 1, { point: inFlight(HOSTILE, 1) })],
        {
          model: HOSTILE,
        },
      ),
      trial(
        `${HOSTILE}_config_0`,
        [measurement({ perf_throughput: 180 }, 1, { point: inFlight(HOSTILE, 1) })],
        {
          model: HOSTILE,
          assignment: { parameters: { [HOSTILE]: { string_value: HOSTILE } } },
        },
      ),
      failed(`${HOSTILE}_config_1`, HOSTILE, `${HOSTILE}\n${HOSTILE}`),
    ),
    [{ models: [HOSTILE], objectives: THROUGHPUT, constraints: [P99] }],
  );

/** The limit is on what was not measured. */
const unknown = (): Result =>
  ranked(small().run, [
    {
      models: ['m'],
      objectives: THROUGHPUT,
      constraints: [P99, { tag: 'gpu_used_memory', bound: 'max', value: 8000 }],
    },
  ]);

const withoutDefault = (): Result => {
  const { trials, ...recorded } = small().run;
  return ranked({ ...recorded, trials: trials.filter(({ isDefault }) => !isDefault) }, [
    { models: ['m'], objectives: THROUGHPUT, constraints: [P99] },
  ]);
};

const nothingMeasured = (): Result =>
  ranked(run(failed('m_config_default', 'm', 'no GPUs are available')), [
    { models: ['m'], objectives: THROUGHPUT, constraints: [P99] },
  ]);

/** It was ended before it was through. */
const interrupted = (): Result => {
  const goals: Goal[] = [{ models: ['m'], objectives: THROUGHPUT, constraints: [P99] }];
  const { run: recorded } = small();
  return ranked(
    { ...recorded, sessions: recorded.sessions.map((session) => ({ ...session, goals })) },
    goals,
  );
};

/** The metrics with names and units of all kinds. */
const everyUnit = (): Result =>
  ranked(
    run(
      trial('m_config_default', [
        measurement({
          ...{ perf_throughput: 74.9, perf_latency_p99: 74.9, gpu_utilization: 41, gpu_power_usage: 120.5 },
          ...{ gpu_used_memory: 1900.25, cpu_utilization: 250, perf_executed_batch: 1.3 },
          ...{ perf_inference_count: 1000, perf_send_rate: 200 },
        }),
      ]),
    ),
    [{ models: ['m'], objectives: THROUGHPUT, constraints: [] }],
  );

/** A model that answers each request several times, as a language model does: judged by its responses, and by the first. */
const decoupled = (): Result => {
  const at = (level: number, [requests, responses, p99, first, inter, infer]: readonly number[]) =>
    measurement(
      {
        perf_throughput: requests!,
        perf_latency_p99: p99!,
        perf_latency_avg: (1000 * level) / requests!,
        perf_response_throughput: responses!,
        perf_first_response_avg: first! / 2,
        perf_first_response_p99: first!,
        perf_inter_response_p99: inter!,
        perf_server_request: infer!,
        perf_server_queue: 0.1,
        perf_server_compute_infer: infer! - 0.1,
      },
      level,
      { intervals: { perf_response_throughput: [0.95 * responses!, 1.05 * responses!] } },
    );
  const objectives = [{ tag: 'perf_response_throughput', weight: 1 }];
  const first = { tag: 'perf_first_response_p99', bound: 'max', value: 60 } as const;
  return ranked(
    run(
      trial('m_config_default', [
        at(1, [39.1, 154, 47.2, 10.4, 11.9, 24.8]),
        at(4, [42, 168, 139, 108, 12.4, 94.6]),
      ]),
      trial('m_config_0', [at(1, [42.9, 170, 42, 12.9, 9.3, 22.5]), at(4, [87.1, 353, 63.8, 46.4, 9.1, 45])]),
    ),
    [{ models: ['m'], objectives, constraints: [first] }],
  );
};

/** A thousand configurations of three settings, every fiftieth of which failed. */
export const thousand = (): Result => {
  const stages = {
    ...{ perf_latency_p50: 6, perf_server_request: 7, perf_server_queue: 2, perf_executed_batch: 2 },
    ...{ perf_server_compute_input: 0.1, perf_server_compute_infer: 4, perf_server_compute_output: 0.1 },
  };
  const trials = Array.from({ length: 1000 }, (_, index) => {
    if (index % 50 === 49) return failed(`m_config_${index}`, 'm', 'out of memory: a process was killed');
    const values = { ...stages, cpu_used_ram: 300 + (index % 11), perf_latency_p99: 5 + (index % 40) };
    const assignment = {
      max_batch_size: 2 ** (index % 7),
      'dynamic_batching.max_queue_delay_microseconds': 100 * (index % 9),
    };
    return trial(
      `m_config_${index === 0 ? 'default' : index}`,
      [measurement({ ...values, perf_throughput: 100 + ((index * 37) % 900) })],
      index === 0 ? {} : { assignment },
    );
  });
  const limit = { tag: 'perf_latency_p99', bound: 'max', value: 28 } as const;
  return ranked(run(...trials), [{ models: ['m'], objectives: THROUGHPUT, constraints: [limit] }]);
};

export const CASES = {
  small,
  twoModels,
  hostile,
  unknown,
  withoutDefault,
  nothingMeasured,
  interrupted,
  everyUnit,
  decoupled,
} as const;
