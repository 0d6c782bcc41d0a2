import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../../src/rank/comparison/compare-runs.ts';
import { Nights, type NightsPair } from '../../../src/rank/comparison/nights.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import type { Measurement } from '../../../src/record/measurement.ts';
import type { Environment, Run } from '../../../src/record/run.ts';
import { measurement, run, trial } from '../../support/run.ts';
import { configuration, night, runOf, side } from '../../support/two-runs.ts';

const ON_CPU = { gpusInUse: 0 };
const client = (cpuUs: number) => ({ client: { engine: 'HTTP/1.1 on raw sockets', cpuUs } });

/** A load of two nights, with the load generator's CPU time for a request in each. */
function pair(
  before: number,
  after: number,
  changes: Partial<Measurement> = {},
  isSameConfiguration = true,
): NightsPair {
  const look = (cpuUs: number) => ({
    measurement: measurement({}, 4, { ...ON_CPU, ...client(cpuUs), ...changes }),
  });
  return { isSameConfiguration, base: look(before), new: look(after) };
}

function nights(changes: Partial<Environment> = {}): Nights {
  const on = (environment: Partial<Environment>): Run => {
    const run = runOf([]);
    const session = run.sessions[0]!;
    return {
      ...run,
      sessions: [{ ...session, environment: { ...session.environment, ...environment } }],
    };
  };
  return new Nights({ base: on({}), new: on(changes) });
}

const SLOWER = pair(400, 440);

describe('the load generator as a witness of the machine', () => {
  test('more CPU time for a request explains a part of what became slower, in rates and in times', () => {
    const seen = nights().seen(SLOWER, 'perf_throughput');
    expect(Math.expm1(seen)).toBeCloseTo(-0.042, 3);
    expect(nights().seen(SLOWER, 'perf_latency_p99')).toBeCloseTo(-seen, 12);
    expect(nights().seen(SLOWER, 'cpu_used_ram')).toBeCloseTo(0, 12);
    expect(nights().text([SLOWER])).toBe(
      'the load generator took 10.0 % more CPU time for a request in NEW, so that the machine was slower: 4.2 % of throughput and latencies are put down to that, and are not in the changes',
    );
    expect(nights().text([pair(440, 400)])).toContain('9.1 % less CPU time for a request in NEW, so that');
  });

  test('of a server that keeps CPUs busy, too', () => {
    const busy = pair(400, 440, { whole: measurement({ cpu_utilization: 103 }).whole });
    expect(nights().seen(busy, 'perf_throughput')).toBeCloseTo(nights().seen(SLOWER, 'perf_throughput'), 12);
  });

  test.each<[string, NightsPair, Partial<Environment>]>([
    ['the model is on a GPU', pair(400, 440, { gpusInUse: 1 }), {}],
    ['it is not known where it is', pair(400, 440, { gpusInUse: undefined } as object), {}],
    [
      'the server waits for something else than CPUs',
      pair(400, 440, { whole: measurement({ cpu_utilization: 12 }).whole }),
      {},
    ],
    ['two configurations', pair(400, 440, {}, false), {}],
    ['requests come at a rate', pair(400, 440, { point: atRate('m', 50) }), {}],
    ['a change that no machine brings about', pair(400, 800), {}],
    ['another load generator', SLOWER, { generator: 'perf_analyzer' }],
    ['another tma', SLOWER, { tma: '0.0.1' }],
    ['another Node', SLOWER, { node: 'v22.19.0' }],
    ['another machine', SLOWER, { cpu: 'another' }],
  ])('%s: nothing is taken out', (_, points, environment) => {
    const both = nights(environment);
    expect(both.seen(points, 'perf_throughput')).toBeCloseTo(0, 12);
    expect(both.text([points])).toBeUndefined();
  });

  test('a tma that measures in another way is another load generator, whatever its version', () => {
    const of = (measuring: string | undefined): Run =>
      run({
        ...trial('m_config_0', [measurement({})]),
        ...(measuring && { parts: { 'how tma measures': measuring } }),
      });
    const seen = (before: string | undefined, after: string): number =>
      new Nights({ base: of(before), new: of(after) }).seen(SLOWER, 'perf_throughput');
    expect(seen('2', '2')).toBeLessThan(0);
    expect(seen('2', '3')).toBeCloseTo(0, 12);
    expect(seen(undefined, '3')).toBeCloseTo(0, 12);
  });

  test('loads of two kinds in flight are no pair for it', () => {
    const other = { measurement: measurement({}, 8, { ...ON_CPU, ...client(440), point: inFlight('m', 8) }) };
    expect(nights().seen({ ...SLOWER, new: other }, 'perf_throughput')).toBeCloseTo(0, 12);
  });
});

describe('what nights are not sure of', () => {
  const deviation = (points: NightsPair, tag = 'perf_throughput', environment = {}, unquiet = 0): number =>
    Math.sqrt(nights(environment).variance([points], tag, unquiet));

  test('on CPUs without a witness two nights differ by much more than on GPUs', () => {
    const unseen = deviation(SLOWER, 'perf_throughput', { generator: 'perf_analyzer' });
    expect(unseen).toBe(0.04);
    expect(deviation(pair(400, 440, { gpusInUse: 1 }))).toBe(0.01);
    expect(deviation(SLOWER, 'cpu_used_ram')).toBe(0.01);
  });

  test('on CPUs that are unquiet within a run nights are that, too', () => {
    expect(deviation(SLOWER, 'perf_throughput', {}, 0.1 ** 2)).toBeGreaterThan(0.1);
    expect(deviation(pair(400, 440, { gpusInUse: 1 }), 'perf_throughput', {}, 0.1 ** 2)).toBe(0.01);
    expect(deviation(SLOWER, 'cpu_used_ram', {}, 0.1 ** 2)).toBe(0.01);
  });

  test('the more was taken out, the less sure is the rest', () => {
    expect(deviation(pair(400, 400))).toBeCloseTo(0.012, 3);
    expect(deviation(SLOWER)).toBeGreaterThan(deviation(pair(400, 400)));
    expect(deviation(pair(400, 500))).toBeGreaterThan(0.02);
    expect(deviation(pair(400, 500))).toBeLessThan(0.04);
  });
});

test('a machine that was slower for a night is not taken for a model that is', () => {
  const slow = { slower: 1.06, changes: { ...ON_CPU, ...client(400 * 1.06 ** (1 / 0.45)) } };
  const usual = { changes: { ...ON_CPU, ...client(400) } };
  for (let seed = 0; seed < 20; seed++) {
    const base = side(runOf(night({ seed: 2 * seed + 1, configurations: 12, ...usual })));
    const next = side(runOf(night({ seed: 2 * seed + 2, configurations: 12, ...slow })));
    const [model] = compareRuns(base, next).models;
    expect(model!.verdict).not.toBe('worse');
    expect(model!.notes.join()).toContain('so that the machine was slower');
    const [change] = model!.changes;
    expect(change!.low).toBeLessThan(0);
    expect(change!.high).toBeGreaterThan(0);
  }
});

test('on a host that others share a night that is slower as a whole is not called worse, and a quiet one still is', () => {
  const verdicts = (scatter: number): string[] =>
    Array.from({ length: 20 }, (_, seed) => {
      const usual = { configurations: 9, scatter, changes: { ...ON_CPU, ...client(400) } };
      const base = side(runOf(night({ seed: 2 * seed + 1, ...usual })));
      const next = side(runOf(night({ seed: 2 * seed + 2, slower: 1.15, ...usual })));
      return compareRuns(base, next).models[0]!.verdict;
    });
  const worse = (all: readonly string[]): number => all.filter((verdict) => verdict === 'worse').length;
  expect(worse(verdicts(0.02))).toBe(20);
  // There 15 % are what nights differ by.
  expect(worse(verdicts(0.12))).toBeLessThanOrEqual(1);
});

test('one broken look on a quiet machine does not make it an unquiet one', () => {
  const usual = { configurations: 9, scatter: 0.02, changes: { ...ON_CPU, ...client(400) } };
  const [base, next] = [night({ seed: 1, ...usual }), night({ seed: 2, slower: 1.15, ...usual })];
  const broken = configuration(4, [measurement({ perf_throughput: 20 }, 1, usual.changes)]);
  const stalled = next.map((trial, index) => (index === 4 ? broken : trial));
  expect(compareRuns(side(runOf(base)), side(runOf(stalled))).models[0]!.verdict).toBe('worse');
});
