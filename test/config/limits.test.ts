import { describe, expect, test } from 'vitest';
import { experimentOf, messageOf } from '../support/experiment.ts';

const model = (below: string): string => `profile_models: {m: {${below}}}`;
const fields = (count: number): string =>
  Array.from({ length: count }, (_, index) => `k${index}: {string_value: [a, b, c, d, e, f]}`).join(', ');

describe('how much may be asked for, told with the place before anything is expanded', () => {
  test.each([
    ['profile_models: m\nconcurrency: {start: 1, stop: 9007199254740991}', 'perf.yaml:2:1: concurrency: '],
    [
      'profile_models: m\nconcurrency: {start: 1, stop: 1000000000}',
      '1,000,000,000 values, and at most 10,000 are taken',
    ],
    ['profile_models: m\nrequest_rate: {start: 1, stop: 10001}', 'is 10,001 values'],
    [
      model('perf_analyzer_flags: {request-rate-range: "1:1000:0.000001"}'),
      'perf.yaml:1:44: profile_models.m.perf_analyzer_flags["request-rate-range"]: "1:1000:0.000001" is 999,000,001 values',
    ],
    [
      model('model_config_parameters: {max_batch_size: {start: 0, stop: 2000000000}}'),
      'max_batch_size: {"start":0,"stop":2000000000} is 2,000,000,001 values',
    ],
    [
      model(`model_config_parameters: {parameters: [{${fields(12)}}]}`),
      'perf.yaml:1:61: parameters[0]: 2,176,782,336 combinations, and at most 10,000 are taken',
    ],
    [
      model(`model_config_parameters: {parameters: {${fields(12)}}}`),
      'm has 2,176,782,337 configurations, and at most 5,000 can be searched',
    ],
    [
      model(
        'model_config_parameters: {max_batch_size: {start: 1, stop: 999}}, parameters: {concurrency: {start: 1, stop: 200}}',
      ),
      'm has 200,000 points (configurations times loads), and at most 100,000 can be searched',
    ],
    ['profile_models: m\nrun_config_search_max_instance_count: 1000000000000', 'an integer from 1 to 10000'],
    ['profile_models: m\nrun_config_search_max_instance_count: 9999', 'm has 79,993 configurations'],
    ['profile_models: m\ngpus: count=99999999999', 'gpus: "count=99999999999" is no GPU'],
    ['profile_models: m\nmodel_load_timeout: 2147484', 'an integer from 1 to 2147483'],
    [
      'profile_models: m\nmax_minutes: .nan',
      'perf.yaml:2:1: max_minutes: expected a number above 0, up to 35791, found .nan',
    ],
    ['profile_models: m\nprecision: .inf', 'precision: expected a number above 0, found .inf'],
    ['profile_models: m\nobjectives: {perf_throughput: .nan}', 'expected a weight above 0, found .nan'],
    ['profile_models: m\nconstraints: {perf_latency_p99: {max: .nan}}', 'expected {max: NUMBER}'],
    ['profile_models: m\nbatch_sizes: -1', 'batch_sizes: expected a number, a list of numbers'],
    ['profile_models: m\nlatency_budget: 9007199254740993', 'found 9007199254740993'],
    [model('perf_analyzer_flags: {max-threads: 1000000}'), 'expected a number from 1 to 1000'],
    [model('perf_analyzer_flags: {batch-size: 1.5}'), 'expected a whole number, found 1.5'],
    [model('perf_analyzer_flags: {shape: {a: 1}}'), 'shape: expected one value, found {"a":1}'],
    [model('perf_analyzer_flags: {percentile: [90, 95]}'), 'percentile: expected one value, found [90,95]'],
    [
      `profile_models: ["${'n'.repeat(250)}"]`,
      'has 250 bytes: a name may have 200, as files are called after it',
    ],
  ])('mistake %#', (yaml, message) => {
    expect(messageOf(yaml)).toContain(message);
  });

  test('what is within them is taken', () => {
    const yaml = model(
      'model_config_parameters: {max_batch_size: {start: 1, stop: 4000}}, parameters: {concurrency: {start: 1, stop: 20}}',
    );
    const [found] = experimentOf(yaml).models;
    expect(found?.parameters[0]?.values.length).toBe(4000);
    expect(found?.concurrency.length).toBe(20);
  });

  test('a mapping of thousands of entries is put together in time', () => {
    const entries = Array.from({ length: 6000 }, (_, index) => `k${index}: "v"`).join(', ');
    const [found] = experimentOf(model(`model_config_parameters: {metric_tags: {${entries}}}`)).models;
    expect(found?.parameters.length).toBe(6000);
  });
});
