import { describe, expect, test } from 'vitest';
import { experimentOf, messageOf } from '../support/experiment.ts';

describe('mistakes of all kinds are told in one round, in the order of their places', () => {
  const yaml = [
    'concurency: 1',
    'batch_sizes: x',
    'triton_http_endpoint: z',
    'profile_models:',
    '  a:',
    '    model_config_parameters: {max_batch_sise: 1, instance_group: [[{kind: KIND_CPUS}]]}',
    '    parameters: {concurrency: 1, request_rate: 2, foo: 1}',
    '    perf_analyzer_flags: {percentil: 1, shape: {a: b}}',
    '  b:',
    '    constraints: {perf_latency_p9: {max: 3}}',
    '    parameters: {concurrency: 1, request_rate: 2}',
    'bls_composing_models: x',
    'run_config_search_mode: quik',
    'concurrency: [*a]',
  ].join('\n');

  test('form, meaning, fields, flags, exclusions, YAML, and the command line', () => {
    const lines = messageOf(yaml, { latency_budget: 'fast' })
      .split('\n')
      .filter((line) => /^(perf|--)/.test(line))
      .map((line) => line.replace(/^perf.yaml:(\d+:\d+): (.{0,48}).*$/, '$1 $2'));
    expect(lines).toEqual([
      '--latency-budget: expected an integer of 1 or more, found "fast"',
      '1:1 unknown key "concurency"',
      '2:1 batch_sizes: expected a number, a list of number',
      '3:23 triton_http_endpoint: expected HOST:PORT, found ',
      "6:31 max_batch_sise: no such field in Triton's ModelC",
      '6:69 instance_group[0][0].kind: expected one of KIND_',
      '7:51 profile_models.a.parameters.foo: unknown key "fo',
      '8:27 profile_models.a.perf_analyzer_flags.percentil: ',
      '8:41 profile_models.a.perf_analyzer_flags.shape: expe',
      '10:19 profile_models.b.constraints.perf_latency_p9: un',
      '11:34 parameters of b: concurrency and request_rate ex',
      '12:1 bls_composing_models: in this version an ensembl',
      '13:1 run_config_search_mode: expected one of auto, ma',
      '14:1 concurrency: expected a number, a list of number',
      '14:15 *a is an alias of nothing: &a is not above',
    ]);
  });

  test('nothing follows from what could not be read', () => {
    expect(messageOf('profile_models: {m: {cpu_only: x}}')).not.toContain('no model to profile');
    expect(messageOf('profile_models: [m\nbatch_sizes: 2')).not.toContain('no model');
    const many = Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join('\n');
    expect(messageOf(many)).toContain('and 61 mistakes more');
  });
});

describe('did you mean', () => {
  const model = (below: string): string => `profile_models: {m: {${below}}}`;
  test.each([
    ['profile_models: m\nrun_config_search_mode: quik', 'did you mean "quick"?'],
    ['profile_models: m\ntriton_launch_mode: Dokcer', 'did you mean "docker"?'],
    ['profile_models: m\nclient_protocol: GRPC', 'did you mean "grpc"?'],
    ['profile_models: m\noutput_formats: [pfd]', 'did you mean "pdf"?'],
    ['profile_models: m\nobjectives: [perf_trougput]', 'did you mean "perf_throughput"?'],
    [model('model_config_parameters: {instance_group: [{kind: CPU}]}'), 'did you mean "KIND_CPU"?'],
    [model('model_config_parameters: {instance_group: [{kind: kind_gpu}]}'), 'did you mean "KIND_GPU"?'],
    [model('model_config_parameters: {instance_group: [[{kind: KIND-CPU}]]}'), 'did you mean "KIND_CPU"?'],
    [model('model_config_parameters: {input: [{data_type: FP32}]}'), 'did you mean "TYPE_FP32"?'],
    [model('perf_analyzer_flags: {request-distribution: poison}'), 'did you mean "poisson"?'],
    [model('perf_analyzer_flags: {measurement-mode: count_window}'), 'did you mean "count_windows"?'],
  ])('%s', (yaml, hint) => {
    expect(messageOf(yaml)).toContain(hint);
  });
});

describe('keys at the wrong place are told the right one', () => {
  const model = (below: string): string => `profile_models: {m: {${below}}}`;
  test.each([
    ['profile_models: [m]\nmax_batch_size: 4', 'it belongs below profile_models, m, model_config_parameters'],
    ['profile_models: {m: }\npreferred_batch_size: 4', 'a field of dynamic_batching in config.pbtxt'],
    ['max_batch_size: 4', 'below profile_models, NAME, model_config_parameters'],
    [
      'profile_models: m\nmodel_config_parameters: {}',
      'it is said of one model: write it below profile_models, m',
    ],
    [
      'profile_models: m\npercentile: 95',
      'a flag of perf_analyzer: write percentile below perf_analyzer_flags',
    ],
    [model('instance_group: 1'), 'a field of config.pbtxt: it belongs below model_config_parameters'],
    [model('concurrency: 1'), 'it belongs below parameters'],
    [model('parameters: {max_batch_size: 4}'), 'it belongs below model_config_parameters'],
    [model('parameters: {concurrency: 1,2}'), 'inside {...} a list is written with brackets: [1, 2, 4]'],
    [model('model_config_parameters: {concurrency: 4}'), 'it belongs below parameters'],
    [model('model_config_parameters: {instance_group: {count: 2}}'), 'write a list: [{"count":2}]'],
    [model('model_config_parameters: {parameters: {a: 4}}'), 'write { string_value: 4 }'],
  ])('%s', (yaml, hint) => {
    expect(messageOf(yaml)).toContain(hint);
  });

  test('a key that is like nothing is not answered with all there are', () => {
    expect(messageOf('profile_models: m\nxyzzy: 1')).toBe(
      'perf.yaml:2:1: unknown key "xyzzy"\n  `tma profile --help` lists what there is',
    );
  });
});

describe('one limit said twice', () => {
  const yaml = (own: number, budget: number): string =>
    `profile_models: {m: {constraints: {perf_latency_p99: {max: ${own}}}}}\nlatency_budget: ${budget}`;
  test.each([
    [
      5,
      10,
      5,
      'm: perf_latency_p99 is limited twice, and the stricter limit holds: max 5 (constraints), not 10 (latency_budget)',
    ],
    [
      20,
      10,
      10,
      'm: perf_latency_p99 is limited twice, and the stricter limit holds: max 10 (latency_budget), not 20 (constraints)',
    ],
    [7, 7, 7, undefined],
  ])('%i ms and %i ms', (own, budget, holds, note) => {
    const { models, notes } = experimentOf(yaml(own, budget));
    expect(models[0]?.constraints).toEqual([{ tag: 'perf_latency_p99', bound: 'max', value: holds }]);
    expect(notes).toEqual(note === undefined ? [] : [note]);
  });

  test('the greater throughput', () => {
    const { models } = experimentOf(
      'profile_models: m\nconstraints: {perf_throughput: {min: 50}}\nmin_throughput: 20',
    );
    expect(models[0]?.constraints).toEqual([{ tag: 'perf_throughput', bound: 'min', value: 50 }]);
  });
});

test('loads of perf_analyzer_flags that win over listed ones are told', () => {
  const { notes } = experimentOf(
    [
      'profile_models:',
      '  m: {perf_analyzer_flags: {concurrency-range: "2:6:2", batch-size: 4}, parameters: {concurrency: 9}}',
      '  n: {perf_analyzer_flags: {request-rate-range: "5"}}',
      '  o: {perf_analyzer_flags: {batch-size: 2}}',
      'batch_sizes: 2',
    ].join('\n'),
  );
  expect(notes).toEqual([
    'perf_analyzer_flags of m: concurrency-range wins over the concurrency of m: 2, 4, 6 instead of 9',
    'perf_analyzer_flags of m: batch-size wins over the batch_sizes of all models: 4 instead of 2',
  ]);
});

test('what perf_analyzer alone can do needs it to make the load', () => {
  const yaml = 'profile_models: m\nperf_analyzer_flags: {shared-memory: cuda}';
  expect(messageOf(yaml)).toBe(
    'perf.yaml:2:1: perf_analyzer_flags of m: shared-memory: cuda needs a native library, which perf_analyzer has\n  leave it out, or write load_generator: perf_analyzer',
  );
  const { models } = experimentOf(`${yaml}\nload_generator: perf_analyzer`);
  expect(models[0]?.load.flags).toEqual(['--shared-memory', 'cuda']);
});

test('two protocols: who wins is said', () => {
  const both = (client: string, flag: string) =>
    experimentOf(`profile_models: m\nclient_protocol: ${client}\nperf_analyzer_flags: {protocol: ${flag}}`);
  expect(both('grpc', 'http')).toMatchObject({
    models: [{ load: { protocol: 'grpc' } }],
    notes: ['m: client_protocol is grpc, perf_analyzer_flags say http: client_protocol wins'],
  });
  expect(both('http', 'grpc')).toMatchObject({
    models: [{ load: { protocol: 'grpc' } }],
    notes: ['m: client_protocol is http, perf_analyzer_flags say grpc: perf_analyzer_flags win'],
  });
  expect(both('grpc', 'grpc').notes).toEqual([]);
});

test('a container that no one can reach', () => {
  const yaml = 'profile_models: m\ntriton_launch_mode: docker\ntriton_docker_args: {network: none}';
  expect(messageOf(yaml)).toContain(
    'perf.yaml:3:22: triton_docker_args.network: a server in the network "none" can\'t be reached',
  );
});
