import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  makeRunFolder,
  type RunFolder,
  type RunOptions,
  runProcess,
} from '../../../src/load/perf-analyzer/child.ts';
import { until } from '../../support/until.ts';

// Real processes, also on a machine that is busy with something else.
vi.setConfig({ testTimeout: 60_000 });

/** For as long as the test runs. */
function newFolder(): RunFolder {
  const folder = makeRunFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  return folder;
}

/** Runs a shell script as if it were perf_analyzer. */
const run = async (script: string, changes: Partial<RunOptions> = {}) => {
  const folder = newFolder();
  const cwd = folder.path;
  const begun = performance.now();
  const outcome = await runProcess('/bin/sh', ['-c', script], {
    folder,
    rules: { timeoutS: 300, cpuPercent: 100_000 },
    silenceMs: 60_000,
    signal: new AbortController().signal,
    ...changes,
  }).catch((error: unknown) => error);
  expect(performance.now() - begun).toBeLessThan(30_000);
  const lives = (file: string): boolean =>
    existsSync(`/proc/${readFileSync(join(cwd, file), 'utf8').trim()}/stat`) &&
    !/\) Z /.test(readFileSync(`/proc/${readFileSync(join(cwd, file), 'utf8').trim()}/stat`, 'utf8'));
  return { outcome, lives };
};
const PASS =
  'Request concurrency: 2\n  Pass [1] throughput: 100 infer/sec. Avg latency: 5000 usec (std 1 usec). ';

test('what it prints is there, and each pass is told once, whichever way it is cut', async () => {
  const passes: number[] = [];
  const { outcome } = await run(
    `printf '${PASS.slice(0, 40)}'; sleep 0.2; printf '${PASS.slice(40)}\n'; echo bad >&2; exit 3`,
    { onPass: ({ throughput }) => passes.push(throughput) },
  );
  expect(outcome).toMatchObject({ code: 3, stdout: `${PASS}\n`, stderr: 'bad\n', killed: undefined });
  expect(passes).toEqual([100]);
});

test('one that says nothing any more is ended, and told why', async () => {
  const { outcome } = await run('echo begun; sleep 1000', { silenceMs: 500 });
  expect(outcome).toMatchObject({
    killed: { kind: 'rule', why: expect.stringContaining('told nothing new for') },
  });
});

test('one that never stops printing is ended', async () => {
  const { outcome } = await run('yes');
  expect(outcome).toMatchObject({ killed: { why: 'perf_analyzer printed more than 16 MB' } });
});

test('when the time of the run is up it is ended', async () => {
  const { outcome } = await run('sleep 1000', { deadlineMs: performance.now() + 300 });
  expect(outcome).toMatchObject({ killed: { kind: 'time is up' } });
});

test('stopped at once, with everything that it started and whatever that listens to', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1500);
  const { outcome, lives } = await run(
    'trap "" TERM INT; sleep 1000 & echo $! > child; setsid sleep 1001 & echo $! > away; while :; do sleep 1; done',
    { signal: stop.signal },
  );
  expect(outcome).toMatchObject({ name: 'AbortError' });
  await until(() => !lives('child'));
  await until(() => !lives('away'));
});

test('what it leaves running does not keep its end from being noticed', async () => {
  const { outcome, lives } = await run('setsid sleep 1002 & echo $! > away; echo done');
  expect(outcome).toMatchObject({ code: 0, stdout: 'done\n' });
  await until(() => !lives('away'));
});

test('a program that is not there', async () => {
  const outcome = await runProcess('/nowhere/perf_analyzer', [], {
    folder: newFolder(),
    rules: { timeoutS: 5, cpuPercent: 100 },
    silenceMs: 1000,
    signal: new AbortController().signal,
  });
  expect(outcome).toMatchObject({ code: undefined, stderr: expect.stringContaining('ENOENT') });
});
