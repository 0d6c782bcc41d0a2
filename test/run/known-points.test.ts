import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandLine } from '../../src/config/given-options.ts';
import { planRun } from '../../src/run/plan.ts';
import { profile } from '../../src/run/profile.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';

const setUp = (cwd: string, sizes: string, commandLine: CommandLine = {}) => {
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'name: "m"\nbackend: "onnxruntime"\nmax_batch_size: 4\n');
  return experimentOf(
    `profile_models: {m: {model_config_parameters: {max_batch_size: ${sizes}}, parameters: {concurrency: [1, 2]}}}`,
    { sentinel_minutes: '0', ...commandLine },
    cwd,
  );
};

test('a plan counts the points that the journal has, of the same configuration, files and flags', async () => {
  const cwd = folder();
  const known = async (sizes: string, commandLine: CommandLine = {}): Promise<number> =>
    (await planRun(setUp(cwd, sizes, commandLine)))[0]!.known;
  expect(await known('[1, 2]')).toBe(0);
  const generator = { ...fakeGenerator((concurrency) => concurrency * 10), name: 'native' as const };
  await profile(setUp(cwd, '[1, 2]'), { launcher: new FakeLauncher(), generator });
  expect(await known('[1, 2]')).toBe(6);
  expect(await known('[1, 2, 3]')).toBe(6);
  expect(await known('[3]')).toBe(2);
  expect(await known('[1, 2]', { fresh: true })).toBe(0);
  writeFileSync(join(cwd, 'm', '1', 'model.onnx'), 'other');
  expect(await known('[1, 2]')).toBe(0);
});
