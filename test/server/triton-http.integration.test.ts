import { expect, test } from 'vitest';
import { type CallLimits, type TritonClient, TritonError } from '../../src/server/triton.ts';
import { fetchMetrics, HttpTriton } from '../../src/server/triton-http.ts';
import { type Call, fakeTriton, MISBEHAVIOURS, type MisbehaviourName } from '../support/fake-triton.ts';

const QUICK: CallLimits = { timeoutMs: 400 };
const REQUESTS: Partial<Record<Call, (triton: TritonClient, limits: CallLimits) => Promise<unknown>>> = {
  server: (triton, limits) => triton.server(limits),
  index: (triton, limits) => triton.repositoryIndex(limits),
  load: (triton, limits) => triton.load('m', { name: 'm' }, limits),
  unload: (triton, limits) => triton.unload('m', limits),
  metadata: (triton, limits) => triton.metadata('m', limits),
  config: (triton, limits) => triton.config('m', limits),
  stats: (triton, limits) => triton.statistics('m', limits),
};
const CALLS = Object.keys(REQUESTS) as Call[];

test('good answers', async () => {
  await using fake = await fakeTriton();
  const triton = new HttpTriton(fake.endpoint);
  expect(await triton.isReady()).toBe(true);
  expect(await triton.server()).toMatchObject({ name: 'triton', version: '2.51.0' });
  expect(await triton.repositoryIndex()).toEqual([{ name: 'm', version: '1', state: 'READY' }]);
  expect(await triton.metadata('m')).toMatchObject({ inputs: [{ name: 'X', shape: [-1, 4] }] });
  expect(await triton.config('m')).toMatchObject({ name: 'm', max_batch_size: 4 });
  expect(await triton.statistics('m')).toMatchObject([
    { version: '1', inference_count: 10n, inference_stats: { queue: { count: 10n, ns: 10_000_000n } } },
  ]);
  await triton.load('m', undefined);
  await triton.unload('m');
  triton.close();
});

/** What a call came to: an answer, a TritonError, or, which must not be, anything else. */
async function outcomeOf(call: Call, how: MisbehaviourName): Promise<string> {
  await using fake = await fakeTriton();
  fake.break(call, how);
  const triton = new HttpTriton(fake.endpoint);
  const started = performance.now();
  try {
    await REQUESTS[call]!(triton, QUICK);
    return 'answered';
  } catch (error) {
    if (!(error instanceof TritonError)) return `${error}`;
    if (error.message.length > 5000 || error.message === '') return `said too much or nothing`;
    return performance.now() - started > 5000 ? 'took too long' : error.kind;
  } finally {
    triton.close();
  }
}

test.for(Object.keys(MISBEHAVIOURS) as MisbehaviourName[])(
  'a server that %s: every call ends in time, with an error of its own or an answer that can be relied on',
  { timeout: 60_000 },
  async (how) => {
    const outcomes = await Promise.all(
      CALLS.map(async (call) => [call, await outcomeOf(call, how)] as const),
    );
    for (const [call, outcome] of outcomes)
      expect(['answered', 'refused', 'no answer', 'bad answer'], call).toContain(outcome);
  },
);

test('which faults are whose', { timeout: 60_000 }, async () => {
  const expected: [MisbehaviourName, string][] = [
    ['says nothing', 'no answer'],
    ['closes', 'no answer'],
    ['drips blanks', 'no answer'],
    ['continues for ever', 'no answer'],
    ['switches protocols', 'bad answer'],
    ['answers 600 MB', 'bad answer'],
    ['speaks SSH', 'bad answer'],
    ['fails with a long page', 'refused'],
    ['answers half', 'bad answer'],
    ['answers null', 'bad answer'],
    ['counts backwards', 'bad answer'],
    ['counts beyond all numbers', 'bad answer'],
    ['tells of nothing', 'bad answer'],
    ['has types of its own', 'bad answer'],
  ];
  for (const [how, kind] of expected) expect(await outcomeOf('stats', how), how).toBe(kind);
  expect(await outcomeOf('config', 'tells of another model')).toBe('bad answer');
  expect(await outcomeOf('metadata', 'tells of another model')).toBe('bad answer');
  expect(await outcomeOf('metadata', 'has shapes of its own')).toBe('bad answer');
  expect(await outcomeOf('index', 'answers a list of anything')).toBe('bad answer');
});

test('statistics of another model are none of this one', async () => {
  await using fake = await fakeTriton();
  fake.break('stats', 'tells of another model');
  expect(await new HttpTriton(fake.endpoint).statistics('m')).toEqual([]);
});

test('a signal ends a call at once, with its reason', async () => {
  await using fake = await fakeTriton();
  fake.break('config', 'drips blanks');
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 50);
  const call = new HttpTriton(fake.endpoint).config('m', { signal: abort.signal });
  await expect(call).rejects.toThrow('enough');
  await expect(new HttpTriton(fake.endpoint).server({ signal: abort.signal })).rejects.toThrow('enough');
});

test('nobody there, and health without an end, are no health', { timeout: 20_000 }, async () => {
  const fake = await fakeTriton();
  fake.break('live', 'drips headers');
  const triton = new HttpTriton(fake.endpoint);
  expect(await triton.isLive({ timeoutMs: 200 })).toBe(false);
  await fake[Symbol.asyncDispose]();
  expect(await triton.isReady()).toBe(false);
  await expect(triton.server()).rejects.toMatchObject({ kind: 'no answer' });
});

test('a metrics page without an end is given up', async () => {
  await using fake = await fakeTriton();
  fake.break('metrics', 'drips until it closes');
  await expect(fetchMetrics(fake.endpoint, QUICK)).rejects.toMatchObject({ kind: 'no answer' });
});
