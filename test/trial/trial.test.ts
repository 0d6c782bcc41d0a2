import { describe, expect, test } from 'vitest';
import { inFlight } from '../../src/record/load-point.ts';
import { openTrial } from '../../src/trial/trial.ts';
import type { TrialEvent } from '../../src/trial/trial-event.ts';
import { FakeLauncher, fakeGenerator, refuse } from '../support/fakes.ts';
import { trialSpec } from '../support/spec.ts';

const NEVER = new AbortController().signal;
const point = (concurrency: number) => inFlight('m', concurrency);
const tools = (launcher = new FakeLauncher(), generator = fakeGenerator()) => ({
  launcher,
  generator,
  monitor: undefined,
});

test('opens, measures and closes, and tells of it in plain data', async () => {
  const launcher = new FakeLauncher();
  const events: TrialEvent[] = [];
  const spec = trialSpec({}, { describeS: 0 });
  const trial = await openTrial(spec, tools(launcher), (event) => events.push(event), NEVER);
  expect(trial.failure).toBeUndefined();
  const outcome = await trial.measure({ point: point(2) });
  expect(outcome).toMatchObject({
    state: 'measured',
    measurement: { whole: { values: { perf_throughput: 20 } } },
  });
  const end = await trial.close();
  expect(end).toMatchObject({ effective: { max_batch_size: 2 }, warnings: [], logFile: '/fake/log' });
  expect(end).not.toHaveProperty('cause');
  expect(launcher.log).toEqual(['start', 'stop']);
  expect(events.map(({ kind }) => kind)).toEqual([
    'phase',
    'phase',
    'server',
    'phase',
    'phase',
    'window',
    'phase',
  ]);
  for (const message of [...events, outcome, end, spec])
    expect(JSON.parse(JSON.stringify(message))).toEqual(plain(message));
});

/** Without fields that are undefined, which JSON leaves out. */
const plain = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(plain)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, plain(item)]])),
        )
      : value;

test('a model that does not load is kept as data; its points fail for that reason', async () => {
  const launcher = new FakeLauncher(() => refuse('CUDA error: out of memory'));
  const trial = await openTrial(trialSpec(), tools(launcher), () => {}, NEVER);
  expect(trial.failure).toMatchObject({ kind: 'out of GPU memory', started: true });
  expect(await trial.measure({ point: point(1) })).toMatchObject({
    state: 'failed',
    kind: 'out of GPU memory',
    point: point(1),
  });
  expect(await trial.close()).toMatchObject({ kind: 'out of GPU memory', logTail: ['E first', 'E second'] });
  expect(launcher.running).toBe(0);
});

describe('when it is aborted', () => {
  test('while it opens, the server is stopped, and what aborted it is thrown', async () => {
    const stop = new AbortController();
    const launcher = new FakeLauncher(() => {
      stop.abort(new Error('stopped'));
      return refuse('the connection was closed');
    });
    await expect(openTrial(trialSpec(), tools(launcher), () => {}, stop.signal)).rejects.toThrow('stopped');
    expect(launcher.running).toBe(0);
  });
});

test.each(['measuring', 'stopping the server'])(
  'whoever is told of "%s" and throws leaves no server running',
  async (phase) => {
    const launcher = new FakeLauncher();
    const on = (event: TrialEvent): void => {
      if (event.kind === 'phase' && event.phase === phase) throw new Error('no ear for that');
    };
    const trial = await openTrial(trialSpec(), tools(launcher), on, NEVER);
    await trial.measure({ point: point(1) }).catch(() => {});
    await trial.close().catch(() => {});
    expect(launcher.running).toBe(0);
  },
);
