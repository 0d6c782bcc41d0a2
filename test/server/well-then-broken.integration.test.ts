import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/ground/errors.ts';
import { profile } from '../../src/run/profile.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { type Call, fakeTriton, type MisbehaviourName } from '../support/fake-triton.ts';
import { fakeGenerator } from '../support/fakes.ts';

const CALLS: readonly Call[] = [
  'server',
  'index',
  'load',
  'unload',
  'config',
  'metadata',
  'stats',
  'metrics',
];
/** One of each kind that fails at once; others, and what never answers, are the business of the calls' own tests. */
const WAYS: readonly MisbehaviourName[] = [
  'closes',
  'ends in the body',
  'switches protocols',
  'fails with a long page',
  'answers half',
  'answers null',
  'has types of its own',
  'tells of another model',
];

/** Profiles a model of two variants on a server that answers a call well so often, and then so. */
async function runOn(call: Call, how: MisbehaviourName, after: number): Promise<string> {
  await using fake = await fakeTriton();
  fake.break(call, how, after);
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  writeFileSync(
    join(cwd, 'm', 'config.pbtxt'),
    'backend: "python"\nmax_batch_size: 4\ninput { name: "X" data_type: TYPE_FP32 dims: 4 }\noutput { name: "Y" data_type: TYPE_FP32 dims: 4 }\n',
  );
  const at = `127.0.0.1:${fake.endpoint.port}`;
  const yaml = [
    `triton_launch_mode: remote\ntriton_http_endpoint: ${at}\ntriton_metrics_url: http://${at}/metrics`,
    'client_max_retries: 1\nmodel_load_timeout: 5\nduration_seconds: 0',
    'profile_models: {m: {model_config_parameters: {max_batch_size: [1, 2]}, parameters: {concurrency: [1]}}}',
  ].join('\n');
  try {
    const { run } = await profile(experimentOf(yaml, {}, cwd), { generator: fakeGenerator() });
    return run.trials.flatMap(({ points }) => points.map(({ state }) => state)).join();
  } catch (error) {
    return error instanceof UserError ? 'user error' : `${error instanceof Error ? error.stack : error}`;
  }
}

test.for(WAYS)(
  'a server that is well, and then %s: its points are data, and the run goes on',
  { timeout: 120_000 },
  async (how) => {
    const ends = await Promise.all(CALLS.map((call) => runOn(call, how, 1)));
    for (const [index, end] of ends.entries())
      expect(end, CALLS[index]).toMatch(/^(user error|((measured|failed|skipped),?)+)$/);
  },
);

test('what is not needed is missed by nobody', { timeout: 60_000 }, async () => {
  expect(await runOn('metrics', 'closes', 0)).toBe('measured,measured,measured');
  expect(await runOn('stats', 'closes', 3)).toBe('measured,measured,measured');
  expect(await runOn('unload', 'fails with a long page', 0)).toBe('measured,measured,measured');
  expect(await runOn('metadata', 'tells of another model', 1)).toBe('measured,failed,failed');
});
