import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedSinceWritten } from '../../src/trial/since-written.ts';
import type { TrialSpec } from '../../src/trial/trial-spec.ts';
import { fingerprintOf, fingerprintOfAll } from '../../src/variant/fingerprint.ts';
import { folder } from '../support/experiment.ts';
import { trialSpec } from '../support/spec.ts';

const changes = (...of: Parameters<typeof changedSinceWritten>) =>
  Array.fromAsync(changedSinceWritten(...of));
const server = { path: '/opt/tritonserver', hash: 'abc' };

/** A spec of a model that lies in a repository, as a run writes it. */
async function written(): Promise<{ spec: TrialSpec; model: string }> {
  const modelRepository = folder();
  const model = join(modelRepository, 'm');
  mkdirSync(join(model, '1'), { recursive: true });
  writeFileSync(join(model, '1', 'model.py'), 'print(1)');
  const { models } = trialSpec();
  const fingerprint = await fingerprintOf(model);
  return {
    spec: trialSpec({ modelRepository, models: [{ ...models[0], folder: model, fingerprint }], server }),
    model,
  };
}

test('nothing has changed, or nothing is known', async () => {
  const { spec, model } = await written();
  expect(await changes(spec, server)).toEqual([]);
  writeFileSync(join(model, 'config.pbtxt'), 'max_batch_size: 7');
  expect(await changes(spec, server)).toEqual([]);
  const { server: _, ...silent } = spec;
  expect(await changes(silent, { path: 'x', hash: 'y' })).toEqual([]);
});

test("the model's files are others, or gone", async () => {
  const { spec, model } = await written();
  writeFileSync(join(model, '1', 'model.py'), 'print(2)');
  expect(await changes(spec, server)).toEqual([
    expect.stringContaining(`the files of model "m" in ${model} are not those`),
  ]);
  rmSync(model, { recursive: true });
  expect(await changes(spec, server)).toEqual([
    expect.stringContaining('the folder of model "m" is not there'),
  ]);
});

test('a model that an ensemble is made of', async () => {
  const { spec, model } = await written();
  const config = { name: 'm', ensemble_scheduling: { step: [{ model_name: 'part' }] } };
  const part = join(spec.modelRepository!, 'part');
  cpSync(model, part, { recursive: true });
  const members = await fingerprintOfAll([part]);
  const ensemble = trialSpec({ ...spec, models: [{ ...spec.models[0], config, members }] });
  expect(await changes(ensemble, server)).toEqual([]);
  writeFileSync(join(part, 'config.pbtxt'), 'max_batch_size: 2');
  expect(await changes(ensemble, server)).toEqual([
    'the models that "m" is made of are not those that the spec was written for',
  ]);
});

test('what will be served is looked at: the repository that the spec names now', async () => {
  const { spec } = await written();
  const modelRepository = folder();
  cpSync(spec.modelRepository!, modelRepository, { recursive: true });
  expect(await changes({ ...spec, modelRepository }, server)).toEqual([]);
  writeFileSync(join(modelRepository, 'm', '1', 'model.py'), 'print(2)');
  expect(await changes({ ...spec, modelRepository }, server)).toHaveLength(1);
});

test.each([
  [{ path: '/opt/tritonserver', hash: 'def' }, /tritonserver is not as it was/],
  [{ path: '/usr/bin/tritonserver', hash: 'def' }, /is \/usr\/bin\/tritonserver; .* another, \/opt/],
  [{ path: '/usr/bin/tritonserver', hash: 'abc' }, /the same .* lies elsewhere: \/usr\/bin/],
])('the server is another: %j', async (now, text) => {
  const { spec } = await written();
  expect(await changes(spec, now)).toEqual([expect.stringMatching(text)]);
});
