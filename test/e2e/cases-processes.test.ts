import { expect, test } from 'vitest';
import { processesWith } from '../../src/server/processes.ts';
import { nothingLeft, project, results, start, tma } from './tma.ts';

test('a Python model whose process is gone fails within seconds, and what it started elsewhere ends with its server', async () => {
  const cwd = project('leaving', 'triton_server_environment: {TMA_TEST_OF: leaving}');
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
  expect(output).toMatch(/failed: server died: the process of a Python model .* has ended under load/);
  expect(code).toBe(3);
  const [point] = results(cwd).trials[0].points;
  expect(point).toMatchObject({ state: 'failed', kind: 'server died' });
  expect(await nothingLeft()).toEqual([]);
  expect(processesWith('TMA_TEST_OF', 'leaving')).toEqual([]);
});

test('a third Ctrl-C ends at once, whatever is waited for, and nothing is left', async () => {
  const cwd = project('slow_load');
  const run = start(cwd, 'profile', '-f', 'perf.yaml');
  await run.printed('slow_load: 1 configuration');
  await new Promise((done) => setTimeout(done, 1000));
  run.child.kill('SIGINT');
  await run.printed('Ctrl-C again');
  const begun = performance.now();
  for (const _ of [2, 3, 4]) {
    run.child.kill('SIGINT');
    await new Promise((done) => setTimeout(done, 50));
  }
  expect((await run.ended).code).toBe(130);
  expect(performance.now() - begun).toBeLessThan(5000);
  expect(await nothingLeft()).toEqual([]);
});
