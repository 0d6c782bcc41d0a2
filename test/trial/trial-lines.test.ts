import { expect, test } from 'vitest';
import { inFlight, type LoadPoint } from '../../src/record/load-point.ts';
import { runTrial, type TrialLine } from '../../src/trial/trial-lines.ts';
import type { TrialSpec } from '../../src/trial/trial-spec.ts';
import { FakeLauncher, fakeGenerator, refuse } from '../support/fakes.ts';
import { trialSpec } from '../support/spec.ts';

async function* asked(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

const ran = async (
  requests: AsyncIterable<string>,
  spec: TrialSpec = trialSpec(),
  launcher = new FakeLauncher(),
) => {
  const lines: TrialLine[] = [];
  const tools = { launcher, generator: fakeGenerator(), monitor: undefined };
  const account = await runTrial(
    spec,
    tools,
    requests,
    (line) => lines.push(line),
    new AbortController().signal,
  );
  return { account, lines: lines.filter(({ kind }) => !['phase', 'window'].includes(kind)), launcher };
};

const lineOf = (point: LoadPoint): string => JSON.stringify({ measure: { point } });

test('a line asks for a point, and is answered by one', async () => {
  const { account, lines, launcher } = await ran(asked(lineOf(inFlight('m', 3)), ''));
  expect(lines).toMatchObject([
    { kind: 'open' },
    { kind: 'point', outcome: { state: 'measured', measurement: { point: inFlight('m', 3) } } },
    { kind: 'end' },
  ]);
  expect(account).toEqual({ measured: 1, failed: 0 });
  expect(launcher.log).toEqual(['start', 'stop']);
});

test('a line that asks for nothing is refused, and the next is answered', async () => {
  const { lines, account } = await ran(
    asked(
      'nonsense',
      '{"measure": {"point": {}}}',
      lineOf(inFlight('another', 1)),
      lineOf({ ...inFlight('m', 1), batchSize: 4 } as LoadPoint),
      lineOf({ streams: [...inFlight('m', 1).streams, ...inFlight('m', 2).streams] }),
      lineOf(inFlight('m', 1)),
    ),
  );
  expect(lines.map(({ kind }) => kind)).toEqual([
    'open',
    'refused',
    'refused',
    'refused',
    'refused',
    'refused',
    'point',
    'end',
  ]);
  expect(lines[2]).toMatchObject({ why: expect.stringContaining('measure.point') });
  expect(lines[3]).toMatchObject({ why: 'no load is put on "another", but on m' });
  expect(lines[4]).toMatchObject({ why: expect.stringContaining('"batchSize"') });
  expect(lines[5]).toMatchObject({ why: expect.stringContaining('one model at a time') });
  expect(account.measured).toBe(1);
});

test('a line may name limits of which is counted how many requests are beyond them', async () => {
  const limits = (tag: string): string =>
    JSON.stringify({ measure: { point: inFlight('m', 1), limits: [{ tag, bound: 'max', value: 20 }] } });
  const { lines } = await ran(asked(limits('perf_latency_p99'), limits('perf_latency_p9x')));
  expect(lines.map(({ kind }) => kind)).toEqual(['open', 'point', 'refused', 'end']);
  expect(lines[2]).toMatchObject({ why: expect.stringContaining('no metric that this tma knows') });
});

test('the points of a spec are measured without asking', async () => {
  const points = [1, 2].map((concurrency) => inFlight('m', concurrency));
  const { account } = await ran(asked('{"measure": 7}'), trialSpec({ points }));
  expect(account).toEqual({ measured: 2, failed: 0 });
});

test('a model that does not load is said, and every point fails', async () => {
  const launcher = new FakeLauncher(() => refuse('unexpected error'));
  const points = [inFlight('m', 1)];
  const { account, lines } = await ran(asked(), trialSpec({ points }), launcher);
  expect(lines[0]).toMatchObject({ kind: 'open', failed: { cause: 'unexpected error' } });
  expect(account).toMatchObject({ measured: 0, failed: 1, failure: { started: true } });
  expect(launcher.running).toBe(0);
});
