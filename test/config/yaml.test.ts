import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { experimentOf, folder, messageOf } from '../support/experiment.ts';

const M = 'profile_models: m\n';

describe('what YAML allows and nobody means is told with its place', () => {
  test.each([
    [`${M}concurrency: [*nothing]`, 'perf.yaml:2:15: *nothing is an alias of nothing: &nothing is not above'],
    [`${M}plots: &a {x: *a}`, 'perf.yaml:2:15: *a is an alias of what it stands in'],
    [`${M}<<: 3`, 'perf.yaml:2:5: << merges mappings, found 3'],
    [`${M}<<: [{batch_sizes: 1}, x]`, 'perf.yaml:2:24: << merges mappings, found "x"'],
    [`${M}__proto__: 3`, 'perf.yaml:2:1: a key must be a name, found "__proto__"'],
    [`${M}? [a, b]\n: 3`, 'perf.yaml:2:3: a key must be a name, found ["a","b"]'],
    [`${M}~: 3`, 'perf.yaml:2:1: a key must be a name, found nothing'],
    [`${M}export_path: !!binary aGk=`, 'perf.yaml:2:23: the tag "tag:yaml.org,2002:binary" has no meaning'],
    [`${M}constraints: !!set {a, b}`, 'the tag "tag:yaml.org,2002:set" has no meaning here'],
    [`${M}batch_sizes: !mine 3`, 'the tag "!mine" has no meaning here'],
    [`${M}export_path: "a\\0b"`, 'perf.yaml:2:14: a text with a NUL'],
    [`${M}export_path: "\\uD800"`, 'perf.yaml:2:14: a text with a NUL or half a character in it'],
    [`${M}export_path: a\0b`, "perf.yaml:2:15: the character U+0000 can't stand in a YAML file"],
    [`${M}plots: ${'['.repeat(50_000)}`, 'perf.yaml:2:108: more than 100 lists and mappings in one another'],
    [`${M}plots: ${'{a: '.repeat(300)}${'}'.repeat(300)}`, 'more than 100 lists and mappings'],
    [`${M}gpus: [${'1,'.repeat(30_000)}]`, 'the file has more than 20,000 values'],
    [`a: 1\n---\n${M}`, 'perf.yaml:3:1: a second document begins here'],
    ['3', 'perf.yaml:1:1: expected a mapping of options, found 3'],
  ])('mistake %#', (yaml, message) => {
    expect(messageOf(yaml)).toContain(message);
  });

  test('an alias bomb costs nothing', () => {
    const lines = Array.from(
      { length: 30 },
      (_, index) => `  k${index + 1}: &k${index + 1} [${`*k${index}, `.repeat(9)}]`,
    );
    const yaml = `${M}triton_server_environment:\n  k0: &k0 [1, 2]\n${lines.join('\n')}`;
    expect(messageOf(yaml)).toMatch(/perf.yaml:\d+:\d+: the file has more than 20,000 values/);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    '%s is a name like any other',
    (name) => {
      const yaml = [
        `profile_models:`,
        `  ${name}:`,
        `    model_config_parameters: { parameters: { ${name}: { string_value: [a, b] } } }`,
        `    triton_server_environment: { ${name}: x }`,
        `    perf_analyzer_flags: { shape: "${name}:3" }`,
      ].join('\n');
      const [model] = experimentOf(yaml).models;
      expect(model).toMatchObject({
        name,
        serverEnvironment: { [name]: 'x' },
        load: { shapes: { [name]: [3] } },
      });
      expect(model?.parameters.map(({ path }) => path)).toEqual([`parameters.${name}.string_value`]);
      expect(messageOf(`${M}${name}: 1`)).toContain(`perf.yaml:2:1: unknown key "${name}"`);
      expect(messageOf(`profile_models: {m: {model_config_parameters: {${name}: 1}}}`)).toContain(
        `${name}: no such field in Triton's ModelConfig`,
      );
      expect(messageOf(`${M}objectives: [${name}]`)).toContain(`unknown metric "${name}"`);
      expect(messageOf(`${M}plots: {p: {x_axis: ${name}, y_axis: concurrency}}`)).toContain('as x_axis');
    },
  );
});

describe('what is well meant is taken', () => {
  test('merges: what is written wins, then the first that has the key', () => {
    const yaml = [
      'profile_models:',
      '  a: &a { cpu_only: true, parameters: { concurrency: 2, batch_sizes: 4 } }',
      '  b: { <<: *a, parameters: { concurrency: 3 } }',
      '  c: { <<: [{ parameters: { concurrency: 5 } }, *a] }',
    ].join('\n');
    expect(experimentOf(yaml).models).toMatchObject([
      { concurrency: [2], batchSizes: [4], cpuOnly: true },
      { concurrency: [3], batchSizes: [1], cpuOnly: true },
      { concurrency: [5], cpuOnly: true },
    ]);
    expect(messageOf(yaml.replace('cpu_only', 'cpu_onli'))).toContain(
      'perf.yaml:2:11: profile_models.a.cpu_onli',
    );
  });

  test('a key twice with the same value, or once empty', () => {
    const [model] = experimentOf(`${M}batch_sizes: 2\nbatch_sizes: 2\nconcurrency:\nconcurrency: 3`).models;
    expect(model).toMatchObject({ batchSizes: [2], concurrency: [3] });
    expect(messageOf(`${M}concurrency: 3\nconcurrency: 4`)).toContain(
      'perf.yaml:3:1: "concurrency" stands here and in line 2, with another value',
    );
  });

  test('empty keys and lists are as if not given; no GPU is a choice', () => {
    const yaml = [
      'profile_models: {m: {parameters: {concurrency: [], batch_sizes: }, objectives: , constraints: {}, perf_analyzer_flags: {shape: , percentile: []}, model_config_parameters: {max_batch_size: [], dynamic_batching: }}}',
      'objectives: []',
      'concurrency: [7]',
      'triton_server_flags:',
      'checkpoint_directory: ""',
      'gpus: []',
    ].join('\n');
    const { models, launch, checkpointDirectory } = experimentOf(yaml);
    expect(models).toMatchObject([
      {
        concurrency: [7],
        batchSizes: [1],
        objectives: [{ tag: 'perf_throughput' }],
        parameters: [],
        load: { flags: [] },
      },
    ]);
    expect(launch.gpus).toEqual({ kind: 'ids', ids: [] });
    expect(checkpointDirectory).toMatch(/checkpoints$/);
  });

  test('an empty file when the flags say all, and an empty second document', () => {
    expect(experimentOf('# nothing yet\n', { profile_models: 'm' }).models).toMatchObject([{ name: 'm' }]);
    expect(experimentOf(`---\n${M}---\n`).models).toMatchObject([{ name: 'm' }]);
    expect(messageOf('# nothing\n')).toContain('perf.yaml:1:1: the file is empty');
  });

  test('what looks like a number to the base of 60, or like a date, is a text', () => {
    const yaml = `${M}perf_analyzer_flags: {concurrency-range: 1:4}\ntriton_server_environment: {A: 2001-01-01, B: 010, C: yes, D: 1e3}`;
    const [model] = experimentOf(yaml).models;
    expect(model).toMatchObject({
      concurrency: [1, 2, 3, 4],
      serverEnvironment: { A: '2001-01-01', B: '010', C: 'yes', D: '1e3' },
    });
  });
});

describe('files that are none', () => {
  const read = (file: string) => () => loadExperiment({ file, commandLine: { model_repository: '.' } });

  test.each([
    ['UTF-8 with its mark', Buffer.from(`\ufeff${M}`)],
    ['UTF-16', Buffer.from(`\ufeff${M}`, 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`\ufeff${M}`, 'utf16le').swap16()],
    ['lines as Windows ends them', Buffer.from(M.replace('\n', '\r\n'))],
  ])('%s is read', (_name, bytes) => {
    const file = join(folder(), 'perf.yaml');
    writeFileSync(file, bytes);
    expect(read(file)().models).toMatchObject([{ name: 'm' }]);
  });

  test('a folder, a large file, bytes that are no text', () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'large'), Buffer.alloc(2_000_000, ' '));
    writeFileSync(join(cwd, 'latin'), Buffer.from(`${M}export_path: \xe9`, 'latin1'));
    expect(read(join(cwd, 'folder'))).toThrow('it is a folder');
    expect(read(join(cwd, 'large'))).toThrow('it has 2.0 MB, and at most 1.0 MB are read');
    expect(read(join(cwd, 'latin'))).toThrow('it is no text in UTF-8');
  });
});
