import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { perfSchema } from '../../src/config/document.ts';

test('perf.schema.json is up to date (npm run docs)', () => {
  expect(JSON.parse(readFileSync('perf.schema.json', 'utf8'))).toEqual(perfSchema());
});

describe('the schema for editors', () => {
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, strict: false }).compile(
    perfSchema(),
  );
  const problems = (yaml: string): string[] => {
    validate(parse(yaml, { version: '1.1' }));
    return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  };

  test.each([
    'examples/text-recognition/perf.yaml',
    'examples/text-recognition-h100/perf.yaml',
    'examples/text-recognition-h100/perf.parallel.yaml',
  ])('takes %s', (file) => {
    expect(problems(readFileSync(file, 'utf8'))).toEqual([]);
  });

  test.each([
    'profile_models: a,b',
    'profile_models: [a, {b: {cpu_only: true, parameters: {concurrency: {start: 1, stop: 4}}}}]',
    'profile_models: {m: }',
    'profile_models: m\nconcurrency: "1,2, 4"\nobjectives: [perf_throughput]\ngpus: []',
    'profile_models: m\nobjectives: {perf_throughput: 3}\nconstraints: {perf_latency_p99: {max: 1.5}}',
    'profile_models: {m: {model_config_parameters: {instance_group: [[{kind: KIND_CPU, count: 1}], [{count: [1, 2]}]], optimization: [{}, {cuda: {graphs: [true, false]}}], parameters: {k: {string_value: [a, b]}}}}}',
    'profile_models: {m: {perf_analyzer_flags: {percentile: 95, shape: ["A:1", "B:2"]}, triton_docker_args: {mem_limit: 2g}}}',
  ])('takes %j', (yaml) => {
    expect(problems(yaml)).toEqual([]);
  });

  test.each([
    ['concurency: 1', ' additionalProperties'],
    ['concurrency: many', '/concurrency pattern'],
    ['profile_models: {m: {model_config_parameters: {max_batch: 4}}}', 'additionalProperties'],
    ['profile_models: {m: {model_config_parameters: {instance_group: [{kind: KIND_TPU}]}}}', '/kind enum'],
    ['objectives: [perf_speed]', '/objectives/0 enum'],
    ['triton_launch_mode: cloud', '/triton_launch_mode enum'],
    ['perf_analyzer_flags: {measurement_interval: 3}', '/perf_analyzer_flags additionalProperties'],
  ])('refuses %j', (yaml, problem) => {
    expect(problems(yaml).join('\n')).toContain(problem);
  });
});
