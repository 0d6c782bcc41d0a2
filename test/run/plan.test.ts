import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import { planRun } from '../../src/run/plan.ts';
import { experimentOf, folder } from '../support/experiment.ts';

const CONFIG =
  'backend: "python"\nmax_batch_size: 4\ninput { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\n';

const planOf = async (yaml: string, config: string | undefined = CONFIG) => {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  if (config) writeFileSync(join(cwd, 'm', 'config.pbtxt'), config);
  const models = await planRun(experimentOf(yaml, {}, cwd));
  // Nothing is written.
  expect(readdirSync(cwd)).toEqual(['m', 'perf.yaml']);
  return models[0]!;
};

test('what is listed: every variant with its configuration, every point in order, and what is left out', async () => {
  const { extent, variants } = await planOf(
    'profile_models: {m: {parameters: {concurrency: [2, 4], batch_sizes: [1, 8]}, model_config_parameters: {max_batch_size: [2, 8]}}}',
  );
  expect(extent).toBe('listed');
  expect(variants.map(({ name, points }) => [name, points])).toEqual([
    ['m_config_default', [2, 4].map((concurrency) => inFlight('m', concurrency))],
    ['m_config_0', [2, 4].map((concurrency) => inFlight('m', concurrency))],
    [
      'm_config_1',
      [1, 8].flatMap((batchSize) => [2, 4].map((concurrency) => inFlight('m', concurrency, batchSize))),
    ],
  ]);
  expect(variants[1]?.configText).toContain('max_batch_size: 2\n');
  expect(variants[0]?.skipped).toEqual([
    {
      reason: 'client batch 8 exceeds max_batch_size 4',
      points: [2, 4].map((concurrency) => inFlight('m', concurrency, 8)),
    },
  ]);
});

test('loads that are searched are the most there can be', async () => {
  const { extent, variants } = await planOf(
    'profile_models: {m: {model_config_parameters: {max_batch_size: 2}}}\nrun_config_search_max_concurrency: 4',
  );
  expect(extent).toBe('at most');
  expect(variants.map(({ points }) => points.map(levelOf))).toEqual([
    [1, 2, 4],
    [1, 2, 4],
  ]);
});

test('an automatic search has a space', async () => {
  const { extent, space, variants } = await planOf('profile_models: m\nconcurrency: 3');
  expect(extent).toBe('open');
  expect(space).toEqual({
    configurations: 41,
    instanceCounts: [1, 2, 3, 4, 5],
    batchSizes: [1, 2, 4, 8, 16, 32, 64, 128],
    loads: [inFlight('m', 3)],
  });
  expect(variants).toHaveLength(1);
});

test('without a config.pbtxt nothing can be said beforehand', async () => {
  expect(await planOf('profile_models: m', '')).toMatchObject({ extent: 'unknown', variants: [] });
});

test('inputs that the server completes are not refused beforehand', async () => {
  const partial = 'backend: "python"\nmax_batch_size: 4\ninput { name: "x" dims: 4 }\n';
  const { variants } = await planOf(
    'profile_models: {m: {parameters: {concurrency: 1}, model_config_parameters: {max_batch_size: 2}, perf_analyzer_flags: {shape: "x:4"}}}',
    partial,
  );
  expect(variants.map(({ points }) => points.length)).toEqual([1, 1]);
});

test('a model that is not there is told at its name: alone, in a list and with settings of its own', async () => {
  const cwd = folder();
  const places = async (text: string) => {
    const error = await planRun(experimentOf(text, {}, cwd)).catch((reason: unknown) => reason);
    return (error as { problems: { place?: object }[] }).problems.map(({ place }) => place);
  };
  expect(await places('profile_models: a')).toMatchObject([{ line: 1, column: 17 }]);
  expect(await places('profile_models: [a, b]')).toMatchObject([
    { line: 1, column: 18 },
    { line: 1, column: 21 },
  ]);
  expect(await places('profile_models:\n  a:\n    parameters: {concurrency: 1}')).toMatchObject([
    { line: 2, column: 3 },
  ]);
});

test('what is wrong with one model is told together with what is wrong with the others, each once', async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), CONFIG);
  const experiment = experimentOf(
    'profile_models: [a, b, {m: {perf_analyzer_flags: {shape: "nothing:3"}}}]',
    {},
    cwd,
  );
  await expect(planRun(experiment)).rejects.toMatchObject({
    problems: [
      { message: expect.stringContaining('model "a" is not in') },
      { message: expect.stringContaining('model "b" is not in') },
      { message: expect.stringContaining('nothing'), place: { line: 1, column: 29 } },
    ],
  });
});

test('an exact integer of 64 bits comes into the configuration as it stands in the file', async () => {
  const { variants } = await planOf(
    'profile_models: {m: {parameters: {concurrency: 1}, model_config_parameters: {sequence_batching: {max_sequence_idle_microseconds: [18446744073709551615, 9007199254740993, 0x10]}}}}',
  );
  const numbers = variants.slice(1).map(({ configText }) => /idle_microseconds: (\d+)/.exec(configText)?.[1]);
  expect(numbers).toEqual(['18446744073709551615', '9007199254740993', '16']);
});

test('an ensemble has its default alone, whatever is listed or would be tried', async () => {
  const ensemble =
    'platform: "ensemble"\nmax_batch_size: 4\ninput { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\nensemble_scheduling { step { model_name: "a" model_version: -1 input_map { key: "i" value: "x" } output_map { key: "o" value: "y" } } }\n';
  for (const mode of ['auto', 'brute', 'bayes', 'quick', 'random', 'optuna']) {
    const { variants, notes } = await planOf(
      `profile_models: {m: {model_config_parameters: {response_cache: {enable: [true, false]}}}}\nrun_config_search_mode: ${mode === 'quick' ? 'brute' : mode}`,
      ensemble,
    );
    expect(variants.map(({ name }) => name)).toEqual(['m_config_default']);
    expect(notes).toContainEqual(expect.stringContaining('m is an ensemble: it is measured as it is'));
    const automatic = await planOf(`profile_models: m\nrun_config_search_mode: ${mode}`, ensemble);
    expect(automatic.variants.map(({ configText }) => configText)).toEqual([
      expect.not.stringMatching(/^(dynamic_batching|instance_group)/m),
    ]);
  }
});

test('looks at the sentinel are counted in a run that is long enough for them', async () => {
  const yaml = (more: string): string =>
    `profile_models: {m: {parameters: {concurrency: [1, 2, 4, 8]}, model_config_parameters: {max_batch_size: [${Array.from({ length: 60 }, (_, index) => index + 1)}]}}}\nrun_config_search_mode: brute\n${more}`;
  const { expected } = await planOf(yaml(''));
  const without = (await planOf(yaml('sentinel_minutes: 0'))).expected!;
  expect(without.looks).toEqual({ baseline: 0, sentinel: 0 });
  const { baseline, sentinel } = expected!.looks;
  expect(baseline).toBe(0);
  expect(sentinel).toBe(Math.floor(without.minutes / 5));
  expect(expected!.measurements).toBe(without.measurements + sentinel);
  expect(expected!.minutes).toBeGreaterThan(without.minutes);
  const few = (await planOf(yaml(`max_measurements: ${without.measurements + 1}`))).expected!;
  expect(few.measurements).toBe(without.measurements + 1);
});
