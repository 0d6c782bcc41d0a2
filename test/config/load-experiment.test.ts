import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { experimentOf, folder, messageOf } from '../support/experiment.ts';

const study = readFileSync('examples/text-recognition/perf.study.yaml', 'utf8');

describe("the study's file", () => {
  const experiment = experimentOf(study, { latency_budget: '10', output_model_repository_path: 'out/' });
  const [model] = experiment.models;

  test('sweeps what it lists, in order', () => {
    expect(model?.parameters.map(({ path, values }) => [path, values])).toEqual([
      ['max_batch_size', [2]],
      ['dynamic_batching.max_queue_delay_microseconds', [0, 200]],
      ['instance_group', [[{ kind: 'KIND_GPU', count: 1 }], [{ kind: 'KIND_CPU', count: 1 }]]],
    ]);
  });

  test('resolves loads, objectives and constraints', () => {
    expect(model?.concurrency).toEqual([2, 4, 6, 8, 10]);
    expect(model?.batchSizes).toEqual([1, 2, 3]);
    expect(model?.load.percentile).toBe(99);
    expect(model?.objectives.map(({ tag }) => tag)).toEqual(['perf_latency_p99', 'gpu_utilization']);
    expect(model?.constraints).toEqual([
      { tag: 'perf_throughput', bound: 'min', value: 3000 },
      { tag: 'perf_latency_p99', bound: 'max', value: 10 },
    ]);
  });

  test('is frozen to the bottom', () => {
    expect(() => Object.assign(model!.constraints[0]!, { value: 1 })).toThrow(TypeError);
  });
});

describe('--profile-models beside the models of a file', () => {
  const yaml = `profile_models:
  a: { parameters: { concurrency: 2 } }
  b: { cpu_only: true }
  c:
    constraints: { perf_latency_p99: { max: 7 } }
    perf_analyzer_flags: { bogus: 1 }
`;
  const good = yaml.replace(/ +perf_analyzer_flags.*\n/, '');

  test('chooses among them, with their settings and places', () => {
    const [c, a, ...more] = experimentOf(good, { profile_models: 'c,a' }).models;
    expect(more).toEqual([]);
    expect(c).toMatchObject({ name: 'c', constraints: [{ bound: 'max', value: 7 }], place: { line: 4 } });
    expect(a).toMatchObject({ name: 'a', concurrency: [2], place: { line: 2 } });
    expect(experimentOf('profile_models: a,b', { profile_models: 'b' }).models).toHaveLength(1);
  });

  test('refuses others, and says which there are', () => {
    expect(messageOf(good, { profile_models: 'a,x' })).toBe(
      'perf.yaml:1:1: profile_models is given in the file and on the command line, which names others: x\n' +
        '  --profile-models may choose among those of the file: a, b, c; for others leave it out of one of the two',
    );
  });

  test('a mistake in the file stays one, and an empty list there is none', () => {
    expect(messageOf(yaml, { profile_models: 'a' })).toMatch(/^perf\.yaml:6:\d+: .*bogus/);
    expect(messageOf(good, { profile_models: 'a,a' })).toContain(
      '--profile-models: model "a" is listed twice',
    );
    expect(experimentOf('profile_models: []', { profile_models: 'x' }).models).toMatchObject([
      { name: 'x', place: undefined },
    ]);
  });
});

describe('forms', () => {
  test.each([
    ['profile_models: a,b', ['a', 'b']],
    ['profile_models: [a, b]', ['a', 'b']],
    ['profile_models: {a: {}, b: {cpu_only: true}}', ['a', 'b']],
    ['profile_models: [a, {b: {parameters: {concurrency: 2}}}]', ['a', 'b']],
  ])('%s', (yaml, names) => {
    expect(experimentOf(yaml).models.map((model) => model.name)).toEqual(names);
  });

  test.each([
    ['4', [4]],
    ['[4, 1, 2, 2]', [1, 2, 4]],
    ['"1, 2,4"', [1, 2, 4]],
    ['{start: 2, stop: 9, step: 3}', [2, 5, 8]],
    ['{start: 3, stop: 5}', [3, 4, 5]],
  ])('concurrency %s', (value, list) => {
    expect(experimentOf(`profile_models: m\nconcurrency: ${value}`).models[0]?.concurrency).toEqual(list);
  });

  test('a model without concurrency climbs by doubling until the plateau', () => {
    const [model] = experimentOf('profile_models: m\nrun_config_search_max_concurrency: 16').models;
    expect(model).toMatchObject({ concurrency: [1, 2, 4, 8, 16], stopAtPlateau: true });
  });

  test('with the search disabled it is measured at 1', () => {
    const [model] = experimentOf('profile_models: m\nrun_config_search_disable: true').models;
    expect(model).toMatchObject({ concurrency: [1], stopAtPlateau: false });
  });

  test('perf_latency stands for the p99', () => {
    const [model] = experimentOf(
      'profile_models: m\nobjectives: [perf_latency]\nconstraints: {perf_latency: {max: 3}}',
    ).models;
    expect(model?.objectives[0]?.tag).toBe('perf_latency_p99');
    expect(model?.constraints[0]?.tag).toBe('perf_latency_p99');
  });

  test('y and n are names, yes and no are not', () => {
    const { models, reports } = experimentOf(
      'profile_models: [n, y]\nskip_summary_reports: Yes\nskip_detailed_reports: off',
    );
    expect(models.map((model) => model.name)).toEqual(['n', 'y']);
    expect(reports).toMatchObject({ formats: [], skipDetailed: false });
  });

  test('what looks a little like a number is none', () => {
    const cwd = folder();
    const { models, checkpointDirectory } = experimentOf(
      'profile_models: [e5, E5, .e1]\ncheckpoint_directory: .\nprecision: 1.5',
      {},
      cwd,
    );
    expect(models.map((model) => model.name)).toEqual(['e5', 'E5', '.e1']);
    expect(checkpointDirectory).toBe(cwd);
    expect(experimentOf('profile_models: m\nprecision: 5e-1').models[0]?.load.stopRule).toMatchObject({
      precision: 0.005,
    });
  });

  test('YAML 1.1 words and a model that a model settings key is missing for', () => {
    expect(experimentOf('profile_models: {m: }\nskip_detailed_reports: yes').reports.skipDetailed).toBe(true);
  });
});

describe('who wins', () => {
  test('the command line over the file, the model over the whole', () => {
    const yaml = 'profile_models: {m: {parameters: {batch_sizes: 3}}, n: {}}\nbatch_sizes: 2\nexport_path: a';
    const { models, exportPath } = experimentOf(yaml, { export_path: '/b', batch_sizes: '5' });
    expect(models.map((model) => model.batchSizes)).toEqual([[3], [5]]);
    expect(exportPath).toBe('/b');
  });

  test("a model's perf_analyzer_flags replace the whole file's, and concurrency-range wins over parameters", () => {
    const yaml = [
      'perf_analyzer_flags: {percentile: 90}',
      'profile_models:',
      '  m: {perf_analyzer_flags: {concurrency-range: "2:6:2"}, parameters: {concurrency: 9}}',
      '  n: {}',
    ].join('\n');
    const [m, n] = experimentOf(yaml).models;
    expect(m).toMatchObject({ concurrency: [2, 4, 6], load: { percentile: undefined } });
    expect(n?.load.percentile).toBe(90);
  });

  test('per-model constraints replace the global ones, budgets lie over both', () => {
    const yaml =
      'profile_models: {m: {constraints: {gpu_used_memory: {max: 9}}}}\nconstraints: {perf_throughput: {min: 1}}';
    const [model] = experimentOf(yaml, { latency_budget: '7' }).models;
    expect(model?.constraints.map(({ tag }) => tag)).toEqual(['gpu_used_memory', 'perf_latency_p99']);
  });

  test('falsy values are values', () => {
    const experiment = experimentOf("profile_models: m\ngpus: '[]'\nnum_configs_per_model: 0");
    expect(experiment.launch.gpus).toEqual({ kind: 'ids', ids: [] });
    expect(experiment.reports.numConfigsPerModel).toBe(0);
    expect(experimentOf('profile_models: m\ngpus: []').launch.gpus).toEqual({ kind: 'ids', ids: [] });
  });
});

describe('mistakes name the place and what to write', () => {
  const model = (below: string): string => `profile_models:\n  m:\n    ${below.replaceAll('\n', '\n    ')}`;
  test.each([
    ['', 'perf.yaml:1:1: the file is empty\n  it needs at least: profile_models: [NAME_OF_A_MODEL]'],
    ['- a', 'perf.yaml:1:1: expected a mapping of options, found ["a"]'],
    ['profile_models:\n\tm: {}', 'perf.yaml:2:1: Tabs are not allowed as indentation\n  indent with spaces'],
    ['profile_model: m', 'perf.yaml:1:1: unknown key "profile_model"\n  did you mean "profile_models"?'],
    [
      'batch_sizes: 1\nbatch_sizes: 2\nprofile_models: m',
      'perf.yaml:2:1: "batch_sizes" stands here and in line 1, with another value',
    ],
    ['gpus: all', 'no model to profile\n  profile_models: [NAME], or --profile-models NAME'],
    ['profile_models: [a, a]', 'perf.yaml:1:21: profile_models[1]: model "a" is listed twice'],
    [
      model('parameter: 1'),
      'perf.yaml:3:5: profile_models.m.parameter: unknown key "parameter": did you mean "parameters"?',
    ],
    [
      model('parameters:\n  concurrency: {start: 4, stop: 2}'),
      'perf.yaml:4:7: profile_models.m.parameters.concurrency: expected a number, a list of numbers, "1,2,4", or {start, stop, step} with start <= stop, found {"start":4,"stop":2}',
    ],
    [
      model('model_config_parameters:\n  dynamic_batching:\n    max_queue_delay: 3'),
      'perf.yaml:5:9: dynamic_batching.max_queue_delay: no such field in Triton\'s ModelDynamicBatching\n  did you mean "max_queue_delay_microseconds"?',
    ],
    [
      model('model_config_parameters:\n  instance_group: [[{kind: KIND_TPU}]]'),
      'perf.yaml:4:26: instance_group[0][0].kind: expected one of KIND_AUTO, KIND_GPU, KIND_CPU, KIND_MODEL, or a list of such to try each, found "KIND_TPU"',
    ],
    [
      model('model_config_parameters:\n  max_batch_size: [4, many]'),
      'perf.yaml:4:27: max_batch_size[1]: expected an integer, found "many"',
    ],
    [
      model('perf_analyzer_flags:\n  percentil: 3'),
      'perf.yaml:4:7: profile_models.m.perf_analyzer_flags.percentil: unknown flag "percentil": did you mean "percentile"?',
    ],
    [model('perf_analyzer_flags: {input_data: zero}'), 'unknown flag "input_data": write input-data'],
    [
      model('constraints: {perf_throughput: {max: 3}}'),
      'perf.yaml:3:19: profile_models.m.constraints.perf_throughput: expected {min: NUMBER} for perf_throughput, found {"max":3}',
    ],
    [
      'profile_models: m\nobjectives: [perf_throughputs]',
      'perf.yaml:2:14: objectives[0]: unknown metric "perf_throughputs": did you mean "perf_throughput"?',
    ],
    [
      'profile_models: [../m]',
      'perf.yaml:1:18: profile_models[0]: "../m" is no name of a model: it is a folder of the model repository',
    ],
    [
      'profile_models: m\nfilename_model_gpu: ../gpu.csv',
      'perf.yaml:2:1: filename_model_gpu: expected a file name without a folder, found "../gpu.csv"',
    ],
    [
      'profile_models: m\nfilename_model_gpu: results.json',
      `filename_model_gpu: "results.json" can't be a table's name: tma writes it beside the tables`,
    ],
    [
      `profile_models: m\nfilename_server_only: ${'a'.repeat(256)}`,
      "can't be a table's name: it is 256 bytes long, and a file's name has 255",
    ],
    [
      'profile_models: m\nfilename_model_inference: a.csv\nfilename_server_only: a.csv',
      'perf.yaml:3:1: filename_server_only: "a.csv" is the file of filename_model_inference as well',
    ],
    [
      'profile_models: m\nfilename_model_inference: metrics-model-gpu.csv',
      'perf.yaml:2:1: filename_model_inference: "metrics-model-gpu.csv" is the file of filename_model_gpu as well',
    ],
    ['profile_models: m\ngpus: [x]', 'perf.yaml:2:7: gpus: "x" is no GPU'],
    [
      'profile_models: m\nparallel: 2\ntriton_http_endpoint: localhost:8000',
      'perf.yaml:3:23: parallel: 2 and triton_http_endpoint exclude each other: several servers need a port each',
    ],
    [
      'profile_models: m\nparallel: 2\ntriton_server_environment: { CUDA_VISIBLE_DEVICES: "1" }',
      'perf.yaml:3:1: parallel: 2 and CUDA_VISIBLE_DEVICES in triton_server_environment exclude each other: all variants would be on the same GPUs',
    ],
    [
      'parallel: auto\nprofile_models:\n  m:\n    triton_server_environment: { CUDA_VISIBLE_DEVICES: 0 }',
      'perf.yaml:4:5: parallel: auto and CUDA_VISIBLE_DEVICES in triton_server_environment exclude each other',
    ],
    ['profile_models: m\nparallel: 0', 'perf.yaml:2:1: parallel: expected auto or an integer of 1 or more'],
    [
      'profile_models: m\ntriton_launch_mode: c_api\nload_generator: native',
      'perf.yaml:3:17: load_generator: native and triton_launch_mode: c_api exclude each other',
    ],
    [
      'profile_models: m\ntriton_launch_mode: c_api\nparallel: 2',
      'perf.yaml:2:21: parallel: 2 and triton_launch_mode exclude each other',
    ],
    [
      'profile_models: m\ntriton_http_endpoint: localhost',
      'perf.yaml:2:23: triton_http_endpoint: expected HOST:PORT, found "localhost"',
    ],
  ])('%j', (yaml, message) => {
    expect(messageOf(yaml)).toContain(message);
  });

  test('every mistake is named at once', () => {
    const message = messageOf('profile_models: m\nconcurency: 1\nbatch_sizes: x');
    expect(message).toContain('perf.yaml:2:1: unknown key "concurency"');
    expect(message).toContain('perf.yaml:3:1: batch_sizes: expected');
  });

  test('on the command line the flag is the place', () => {
    expect(messageOf('profile_models: m', { latency_budget: 'fast' })).toContain(
      '--latency-budget: expected an integer of 1 or more, found "fast"',
    );
  });
});

test('c_api is measured by perf_analyzer, whose CPU time has the server in it', () => {
  const yaml = [
    'profile_models: m',
    'triton_launch_mode: c_api',
    'triton_install_path: /t',
    'client_protocol: grpc',
  ];
  const { generator, launch, notes } = experimentOf(yaml.join('\n'));
  expect(generator).toMatchObject({ kind: 'perf_analyzer', cpuPercent: Number.POSITIVE_INFINITY });
  expect(launch).toMatchObject({ mode: 'c_api', installPath: '/t' });
  expect(notes).toEqual(['client_protocol has no effect with triton_launch_mode c_api']);
  const local = experimentOf('profile_models: m\ntriton_install_path: /t');
  expect(local.notes).toEqual(['triton_install_path has no effect with triton_launch_mode local']);
});

test('what has no effect is said, each once', () => {
  const yaml = [
    'profile_models: {m: {perf_analyzer_flags: {async: true, percentile: 95}}}',
    'client_protocol: grpc',
    'perf_analyzer_timeout: 3',
    'collect_cpu_metrics: true',
  ].join('\n');
  expect(experimentOf(yaml).notes).toEqual([
    'collect_cpu_metrics has no effect: they are always recorded where they can be',
    'perf_analyzer_timeout: without effect, as tma makes the load itself (load_generator: perf_analyzer follows)',
    'perf_analyzer_flags of m without effect here: async',
  ]);
});

test('what the file tells all servers of GPUs is no matter where each model has an environment of its own', () => {
  const yaml = [
    'model_repository: .',
    'parallel: 2',
    'triton_server_environment: { CUDA_VISIBLE_DEVICES: 1 }',
    'profile_models:',
    '  m:',
    '    triton_server_environment: { OMP_NUM_THREADS: 1 }',
  ].join('\n');
  expect(experimentOf(yaml).models[0]!.serverEnvironment).toEqual({ OMP_NUM_THREADS: '1' });
});
