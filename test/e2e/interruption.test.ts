import { expect, test } from 'vitest';
import {
  expectThrough,
  journal,
  nothingLeft,
  project,
  read,
  results,
  start,
  startWithBrowser,
  tma,
} from './tma.ts';

/** One configuration at some loads, of which each takes a second and more. */
const loads = (count: number): string =>
  `{add_sub: {perf_analyzer_flags: {measurement-interval: 200, stability-percentage: 100, shape: ["INPUT0:4", "INPUT1:4"]}, parameters: {concurrency: {start: 1, stop: ${count}}}}}`;

const measured = (cwd: string): number =>
  journal(cwd).filter((entry) => entry.kind === 'point' && entry.record.state === 'measured').length;

test('Ctrl-C finishes the point, writes the report, and the same command goes on from there', async () => {
  const cwd = project(loads(6));
  const run = startWithBrowser(cwd, 'profile', '-f', 'perf.yaml');
  await run.printed('[2/6]');
  run.child.kill('SIGINT');
  const { code, output } = await run.ended;
  expect(code).toBe(130);
  expect(output).toContain('Ctrl-C again stops at once');
  expect(read(cwd, 'tma-out/reports/summaries/add_sub/result_summary.html')).toContain(
    'add_sub_config_default',
  );
  expect(await nothingLeft()).toEqual([]);
  const before = measured(cwd);
  expect(before).toBeGreaterThanOrEqual(2);
  expect(before).toBeLessThan(6);
  expectThrough(await tma(cwd, 'profile', '-f', 'perf.yaml', '-c', '1'));
  expect(measured(cwd)).toBeGreaterThan(before);
  expect(
    results(cwd).trials[0].points.filter((point: { state: string }) => point.state === 'measured'),
  ).toHaveLength(6);
});

test('twice stops now', async () => {
  const cwd = project(loads(30));
  const run = start(cwd, 'profile', '-f', 'perf.yaml');
  await run.printed('[ 1/30]');
  // Another in the same folder meanwhile: it would measure the same again, and remove the first one's files.
  const second = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(second.code).toBe(5);
  expect(second.output).toMatch(/in use by another tma, process \d+ on .*\n.*--checkpoint-directory/);
  run.child.kill('SIGINT');
  await run.printed('Ctrl-C again');
  const start2 = performance.now();
  run.child.kill('SIGINT');
  const { code } = await run.ended;
  expect(code).toBe(130);
  expect(performance.now() - start2).toBeLessThan(30_000);
  expect(await nothingLeft()).toEqual([]);
});

test('while a model loads, a second Ctrl-C ends it', async () => {
  const cwd = project('slow_load');
  const run = start(cwd, 'profile', '-f', 'perf.yaml');
  await run.printed('slow_load: 1 configuration');
  await new Promise((done) => setTimeout(done, 1500));
  run.child.kill('SIGINT');
  await run.printed('Ctrl-C again');
  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(130);
  expect(await nothingLeft()).toEqual([]);
});

test('kill -9 leaves no server, and loses at most the point in flight', async () => {
  const cwd = project(loads(6));
  const run = start(cwd, 'profile', '-f', 'perf.yaml');
  await run.printed('[3/6]');
  run.child.kill('SIGKILL');
  await run.ended;
  expect(await nothingLeft()).toEqual([]);
  expect(measured(cwd)).toBeGreaterThanOrEqual(3);
  expectThrough(await tma(cwd, 'profile', '-f', 'perf.yaml'));
  expect(
    results(cwd).trials[0].points.filter((point: { state: string }) => point.state === 'measured'),
  ).toHaveLength(6);
});
