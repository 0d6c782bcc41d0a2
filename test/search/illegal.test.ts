import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { profile } from '../../src/run/profile.ts';
import { folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

/** What is measured of the models in the fixture, by configuration, and what is told meanwhile. */
async function go(file: string, changes: Record<string, string> = {}, cwd = folder()) {
  cpSync(resolve('test/fixtures/cases/climb-ends-at-illegal'), cwd, { recursive: true });
  const experiment = loadExperiment({ file: `${cwd}/${file}.yaml`, commandLine: changes, cwd });
  const notes: string[] = [];
  const launcher = new FakeLauncher();
  let best = 100;
  const { run } = await profile(experiment, {
    launcher,
    // Each measurement is better than the one before, so that no climb ends by itself.
    generator: fakeGenerator(() => ++best),
    listeners: [on('note', ({ text }) => notes.push(text))],
  });
  const measured = run.trials.flatMap((trial) => measurementsOf(trial).map(() => trial.models[0].config));
  const sizes = measured.map((config) => config['max_batch_size']);
  return {
    cwd,
    run,
    notes,
    sizes,
    measured,
    starts: launcher.log.filter((line) => line.startsWith('start')).length,
  };
}

test('preferred batch sizes above the tried size are left out, and the climb goes on', async () => {
  const { sizes, measured, notes } = await go('preferred');
  expect(sizes).toEqual([8, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16]);
  const preferred = measured.map(({ dynamic_batching }) => dynamic_batching);
  expect(preferred.slice(1, 6)).toEqual([
    {},
    {},
    { preferred_batch_size: [4] },
    { preferred_batch_size: [4, 8] },
    { preferred_batch_size: [4, 8] },
  ]);
  expect(notes).toContain('pref: a preferred_batch_size above the max_batch_size that is tried is left out');
});

test('configurations that the client batch does not fit are passed over with a line each', async () => {
  const { sizes, notes, run } = await go('client-batch');
  expect(sizes).toEqual([8, 4, 8, 4, 8]);
  expect(notes.filter((note) => note.startsWith('skipped'))).toEqual([
    'skipped: client batch 4 exceeds max_batch_size 1, 2 (2 points of 2 configurations)',
    'skipped: client batch 4 exceeds max_batch_size 1, 2 (2 points of 2 configurations)',
  ]);
  expect(run.trials.filter(({ state }) => state === 'skipped')).toHaveLength(4);
  expect(run.searches[0]?.skipped).toEqual([
    { reason: 'client batch 4 exceeds max_batch_size 1', points: 2 },
    { reason: 'client batch 4 exceeds max_batch_size 2', points: 2 },
  ]);
});

test('a listed max_batch_size that the client batch does not fit does not end its climb', async () => {
  const { sizes, starts } = await go('early-exit');
  expect(sizes).toEqual([8, 4, 16]);
  expect(starts).toBe(3);
});

test('the quick search starts no server for what is illegal, and climbs on', async () => {
  const { sizes, run } = await go('quick');
  expect(run.trials.every(({ state }) => state === 'measured')).toBe(true);
  expect(new Set(sizes)).toContain(8);
});

test('where nothing can be measured that is told before anything starts', async () => {
  await expect(go('client-batch', { batch_sizes: '16' })).rejects.toThrow(
    /client-batch.yaml:2:\d+: model plain: nothing can be measured: client batch 16 exceeds max_batch_size 8\n {2}give smaller batch_sizes/,
  );
  await expect(go('early-exit', { batch_sizes: '32' })).resolves.toMatchObject({ sizes: [8, 4, 16] });
});

test('what another plan measured on the same configuration is not in the result', async () => {
  const { cwd } = await go('client-batch');
  const { run } = await go('client-batch', { batch_sizes: '8', concurrency: '2' }, cwd);
  const points = run.trials.flatMap(measurementsOf).map(({ point }) => point);
  expect(points).toEqual(points.map(() => inFlight('plain', 2, 8)));
  expect(points).toHaveLength(3);
});
