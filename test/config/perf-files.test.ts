import { describe, expect, test } from 'vitest';
import { experimentOf, folder, messageOf } from '../support/experiment.ts';

/** perf.yaml files as Model Analyzer's users write them; `m` is the only model unless said otherwise. */
describe('good files, and what they come to', () => {
  const CWD = folder();
  const files: readonly [title: string, yaml: string, model: object, experiment?: object][] = [
    [
      'the smallest',
      'profile_models: [m]',
      { name: 'm', batchSizes: [1], objectives: [{ tag: 'perf_throughput', weight: 10 }] },
    ],
    [
      'everything is searched',
      'profile_models: m',
      { automatic: { instanceCounts: [1, 2, 3, 4, 5] }, stopAtPlateau: true, refine: { steps: 5 } },
    ],
    [
      'nothing is searched',
      'profile_models: m\nrun_config_search_disable: true',
      { concurrency: [1], stopAtPlateau: false, parameters: [] },
    ],
    [
      'a listed concurrency is measured whole',
      'profile_models: m\nconcurrency: [8, 2]',
      { concurrency: [2, 8], stopAtPlateau: false },
    ],
    [
      'early exit',
      'profile_models: m\nconcurrency: 2\nearly_exit_enable: true',
      { stopAtPlateau: true, earlyExit: true },
    ],
    [
      'a list of request rates',
      'profile_models: m\nrequest_rate: 10,20',
      { concurrency: [], requestRates: [10, 20], stopAtPlateau: false },
    ],
    [
      'request rates by search',
      'profile_models: m\nrequest_rate_search_enable: true\nrun_config_search_max_request_rate: 64',
      { requestRates: [16, 32, 64], stopAtPlateau: true },
    ],
    [
      'a limit of the rates is enough',
      'profile_models: m\nrun_config_search_min_request_rate: 4096',
      { requestRates: [4096, 8192] },
    ],
    [
      'a rate for one model',
      'profile_models: {m: {parameters: {request_rate: 5}}}\nconcurrency: 3',
      { requestRates: [5], concurrency: [] },
    ],
    [
      'a concurrency for one model',
      'profile_models: {m: {parameters: {concurrency: 3}}}\nrequest_rate: 5',
      { requestRates: [], concurrency: [3] },
    ],
    [
      'key by key: the model its concurrency, all their batch sizes',
      'profile_models: {m: {parameters: {concurrency: 3}}}\nbatch_sizes: [1, 4]',
      { concurrency: [3], batchSizes: [1, 4] },
    ],
    [
      'a range with a step',
      'profile_models: m\nconcurrency: {start: 2, stop: 10, step: 4}',
      { concurrency: [2, 6, 10] },
    ],
    [
      '0 is 1 at the start of a doubling',
      'profile_models: m\nrun_config_search_max_concurrency: 2',
      { concurrency: [1, 2] },
    ],
    [
      'instances between limits',
      'profile_models: m\nrun_config_search_min_instance_count: 2\nrun_config_search_max_instance_count: 3',
      { automatic: { instanceCounts: [2, 3] } },
    ],
    [
      'batch sizes between limits',
      'profile_models: m\nrun_config_search_min_model_batch_size: 3\nrun_config_search_max_model_batch_size: 13',
      { automatic: { batchSizes: [3, 6, 12] } },
    ],
    [
      'parameters end the automatic search',
      'profile_models: {m: {model_config_parameters: {max_batch_size: 4}}}',
      { parameters: [{ path: 'max_batch_size', values: [4] }] },
    ],
    [
      'a null is left alone',
      'profile_models: {m: {model_config_parameters: {max_batch_size: null, backend: [a, b]}}}',
      { parameters: [{ path: 'backend', values: ['a', 'b'] }] },
    ],
    [
      'two groups together, and two in turn',
      'profile_models: {m: {model_config_parameters: {instance_group: [[{count: 1}, {count: 2}], [{count: 3}]]}}}',
      { parameters: [{ path: 'instance_group', values: [[{ count: 1 }, { count: 2 }], [{ count: 3 }]] }] },
    ],
    [
      'weights',
      'profile_models: m\nobjectives: {perf_latency_p99: 2, perf_throughput: 1}',
      {
        objectives: [
          { tag: 'perf_latency_p99', weight: 2 },
          { tag: 'perf_throughput', weight: 1 },
        ],
      },
    ],
    [
      'the model its own objectives',
      'profile_models: {m: {objectives: [gpu_utilization]}}\nobjectives: [perf_throughput]',
      { objectives: [{ tag: 'gpu_utilization', weight: 10 }] },
    ],
    [
      'budgets lie over every constraint',
      'profile_models: {m: {constraints: {perf_throughput: {min: 5}}}}\nlatency_budget: 9\nmin_throughput: 7',
      {
        constraints: [
          { tag: 'perf_latency_p99', bound: 'max', value: 9 },
          { tag: 'perf_throughput', bound: 'min', value: 7 },
        ],
      },
    ],
    [
      'flags of the model replace those of all',
      'perf_analyzer_flags: {percentile: 95, string-length: 9}\nprofile_models: {m: {perf_analyzer_flags: {percentile: 90}}}',
      { load: { percentile: 90 } },
    ],
    [
      'windows, as soon as one is asked for',
      'profile_models: {m: {perf_analyzer_flags: {measurement-interval: 3000}}}',
      { load: { stopRule: { kind: 'windows', intervalMs: 3000 } } },
    ],
    [
      'a precision for all',
      'profile_models: m\nprecision: 1\ntime_limit: 10',
      { load: { stopRule: { kind: 'precision', precision: 0.01, limitMs: 10_000 } } },
    ],
    [
      'shapes several times',
      'profile_models: {m: {perf_analyzer_flags: {shape: ["A:3,4", "B:5"]}}}',
      { load: { shapes: { A: [3, 4], B: [5] } } },
    ],
    [
      'server flags and environment of one model',
      'profile_models: {m: {triton_server_flags: {log_verbose: 1}, triton_server_environment: {A: $B}}}\ntriton_server_flags: {log_verbose: 0}',
      { serverFlags: { log_verbose: '1' }, serverEnvironment: { A: '$B' } },
    ],
    [
      'docker arguments of one model over those of all',
      'profile_models: {m: {triton_docker_args: {mem_limit: 2g}}}\ntriton_docker_args: {mem_limit: 1g, user: me}',
      { container: { fields: { 'HostConfig.Memory': 2 ** 31, User: 'me' } } },
    ],
    ['no GPU is a choice', 'profile_models: m\ngpus: []', {}, { launch: { gpus: { kind: 'ids', ids: [] } } }],
    [
      'two GPUs by their indices',
      'profile_models: m\ngpus: 0,1',
      {},
      { launch: { gpus: { kind: 'ids', ids: ['0', '1'] } } },
    ],
    [
      'zero is a number',
      'profile_models: m\nnum_configs_per_model: 0\nduration_seconds: 0',
      {},
      { reports: { numConfigsPerModel: 0 }, serverOnlyS: 0 },
    ],
    [
      'perf_analyzer for c_api',
      'profile_models: m\ntriton_launch_mode: c_api',
      {},
      { generator: { kind: 'perf_analyzer' }, launch: { mode: 'c_api' } },
    ],
    [
      'a remote server by gRPC alone',
      'profile_models: m\ntriton_launch_mode: remote\ntriton_grpc_endpoint: host:9',
      { load: { protocol: 'grpc' } },
      { launch: { remote: { grpc: { host: 'host', port: 9 } } } },
    ],
    [
      'what report alone reads stands by',
      'profile_models: m\nreport_model_configs: [m_config_0]\noutput_formats: [html]',
      { name: 'm' },
    ],
    [
      'plots, of all and of one configuration',
      [
        'profile_models: m',
        'plots: [{a: {title: A, x_axis: perf_latency_p99, y_axis: gpu_used_memory}}, {b: {x_axis: batch-size, y_axis: perf_throughput}}]',
        'report_model_configs: [m_config_1, {m_config_2: {plots: {c: {x_axis: concurrency, y_axis: cpu_used_ram}}}}, {m_config_3: null}]',
      ].join('\n'),
      {},
      {
        reports: {
          plots: [
            { name: 'a', title: 'A', x: 'perf_latency_p99', y: 'gpu_used_memory', monotonic: false },
            { name: 'b', title: 'b', x: 'batch_size', y: 'perf_throughput', monotonic: false },
          ],
        },
      },
    ],
    [
      'the best of all models by the global goal',
      'profile_models: {m: {objectives: [perf_latency_p99]}}\nobjectives: [perf_throughput]\nlatency_budget: 5\nnum_top_model_configs: 2',
      { objectives: [{ tag: 'perf_latency_p99', weight: 10 }] },
      {
        reports: {
          acrossModels: {
            most: 2,
            goal: {
              objectives: [{ tag: 'perf_throughput', weight: 10 }],
              constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 5 }],
            },
          },
        },
      },
    ],
    [
      "perf_analyzer's output",
      'profile_models: m\nload_generator: perf_analyzer\nperf_output: true\nperf_output_path: log',
      {},
      { generator: { output: { file: `${CWD}/log` } } },
    ],
    [
      'DCGM is left out with a remote server',
      'profile_models: m\ntriton_launch_mode: remote\ndcgm_disable: true',
      { name: 'm' },
    ],
    [
      'merge keys and anchors',
      'base: &b {percentile: 95}\nprofile_models: {m: {perf_analyzer_flags: {<<: *b}}}'.replace(
        'base: &b {percentile: 95}',
        'perf_analyzer_flags: &b {percentile: 95}',
      ),
      { load: { percentile: 95 } },
    ],
  ];
  test.each(files)('%s', (_, yaml, model, experiment = {}) => {
    const resolved = experimentOf(yaml, {}, CWD);
    expect(resolved.models[0]).toMatchObject(model);
    expect(resolved).toMatchObject(experiment);
  });
});

describe('bad files, and what is said', () => {
  test.each([
    ['', 'perf.yaml:1:1: the file is empty'],
    ['- m', 'perf.yaml:1:1: expected a mapping of options'],
    ['profile_models: m\nprofile_models: n', 'perf.yaml:2:1: "profile_models" stands here and in line 1'],
    ['profile_models: m\n\tconcurrency: 1', 'perf.yaml:2'],
    ['profile_models: [m', 'perf.yaml:1'],
    ['concurrency: 1', 'perf.yaml:1:1: no model to profile'],
    ['profile_models: []', 'perf.yaml:1:1: no model to profile'],
    ['profile_models: [m, m]', 'model "m" is listed twice'],
    ['profile_models: [{m: {}}, {m: {}}]', 'profile_models[1].m: model "m" is listed twice'],
    [
      'profile_models: {m: {parameter: {}}}',
      'perf.yaml:1:22: profile_models.m.parameter: unknown key "parameter": did you mean "parameters"?',
    ],
    ['profile_models: {m: {parameters: {batch_size: 1}}}', 'did you mean "batch_sizes"?'],
    ['profile_models: m\nconcurrency: 0', 'concurrency: expected a number'],
    ['profile_models: m\nconcurrency: {start: 4, stop: 2}', 'with start <= stop'],
    ['profile_models: m\nconcurrency: {start: 1, end: 2}', 'expected a number, a list of numbers'],
    ['profile_models: m\nbatch_sizes: 1.5', 'batch_sizes: expected a number'],
    ['profile_models: m\nobjectives: 3', 'expected a list of metrics'],
    ['profile_models: m\nobjectives: {perf_throughput: 0}', 'expected a weight above 0'],
    ['profile_models: m\nobjectives: [throughput]', 'did you mean "perf_throughput"?'],
    ['profile_models: m\nconstraints: {perf_latency_p99: 10}', 'expected {max: NUMBER} for perf_latency_p99'],
    ['profile_models: m\nconstraints: {perf_latency_p99: {max: 10, min: 1}}', 'expected {max: NUMBER}'],
    ['profile_models: m\nlatency_budget: 2.5', 'latency_budget: expected an integer of 1 or more, found 2.5'],
    [
      'profile_models: {m: {model_config_parameters: {max_batch: 3}}}',
      "no such field in Triton's ModelConfig",
    ],
    [
      'profile_models: {m: {model_config_parameters: {max_batch_size: many}}}',
      'max_batch_size: expected an integer',
    ],
    ['profile_models: {m: {model_config_parameters: {instance_group: [{kind: KIND_TPU}]}}}', 'KIND_'],
    ['profile_models: {m: {perf_analyzer_flags: {percentil: 9}}}', 'percentil'],
    ['profile_models: {m: {perf_analyzer_flags: {percentile: 200}}}', 'percentile'],
    ['profile_models: {m: {triton_docker_args: {memory: 1g}}}', 'unknown key "memory"'],
    [
      'profile_models: m\ntriton_launch_mode: cloud',
      'expected one of local, docker, remote, c_api, found "cloud"',
    ],
    [
      'profile_models: m\nconcurrency: 1\nrequest_rate: 5',
      'perf.yaml:3:1: concurrency and request_rate exclude each other',
    ],
    [
      'profile_models: m\nconcurrency: 1\nrequest_rate_search_enable: true',
      'concurrency and request_rate_search_enable exclude each other',
    ],
    [
      'profile_models: m\nrun_config_search_max_concurrency: 4\nrun_config_search_max_request_rate: 64',
      'run_config_search_max_concurrency and run_config_search_max_request_rate exclude each other',
    ],
    [
      'profile_models: {m: {parameters: {concurrency: 1, request_rate: 2}}}',
      'parameters of m: concurrency and request_rate exclude each other',
    ],
    [
      'profile_models: m\nrun_config_search_min_concurrency: 8\nrun_config_search_max_concurrency: 4',
      'run_config_search_min_concurrency: 8 is above run_config_search_max_concurrency: 4',
    ],
    [
      'profile_models: m\nrun_config_search_mode: quick\nconcurrency: 1',
      'run_config_search_mode: quick and concurrency exclude each other',
    ],
    [
      'profile_models: m\nrun_config_search_mode: quick\nrun_config_search_disable: true',
      'quick and run_config_search_disable exclude each other',
    ],
    [
      'profile_models: {m: {parameters: {concurrency: 1}}}\nrun_config_search_mode: quick',
      'quick and concurrency of m exclude each other',
    ],
    [
      'profile_models: {m: {model_config_parameters: {max_batch_size: 4}}}\nrun_config_search_mode: quick',
      'quick and max_batch_size: 4 of m exclude each other',
    ],
    [
      'profile_models: m\ntriton_launch_mode: remote\nparallel: 2',
      'parallel: 2 and triton_launch_mode exclude each other',
    ],
    ['profile_models: m\nweighting: 2', 'perf.yaml:2:1: weighting: counts only where several models'],
    ['profile_models: m\nmodel_type: LLM', 'model_type: LLM is measured by genai-perf'],
    [
      'profile_models: m\ndcgm_disable: true',
      'perf.yaml:2:1: dcgm_disable and triton_launch_mode: local exclude each other',
    ],
    [
      'profile_models: m\ncpu_only_composing_models: [a]',
      'cpu_only_composing_models: in this version an ensemble or BLS model is measured as it is',
    ],
    [
      'profile_models: m\nplots: {a/b: {x_axis: batch_size, y_axis: perf_throughput}}',
      "can't be the name of a file",
    ],
    [
      'profile_models: m\nplots: {a: {x_axis: batch_size}}',
      'perf.yaml:2:9: plots.a: expected a metric or a load as y_axis',
    ],
    [
      'profile_models: m\nplots: {a: {x_axis: batch_size, y_axis: gpu_mem}}',
      'perf.yaml:2:33: plots.a.y_axis: expected a metric or a load as y_axis, found "gpu_mem"',
    ],
    ['profile_models: m\nplots: {a: {x: batch_size}}', 'unknown key "x"'],
    ['profile_models: m\nplots: [a]', 'plots[0]: expected a mapping of names to plots'],
    [
      'profile_models: m\nreport_model_configs: {a: {plot: {}}}',
      'report_model_configs.a.plot: expected {plots: ...} or nothing',
    ],
    ['profile_models: m\noutput_formats: [pdf, doc]', 'output_formats: expected some of html, pdf, png, csv'],
  ])('%j', (yaml, message) => {
    expect(messageOf(yaml)).toContain(message);
  });
});
