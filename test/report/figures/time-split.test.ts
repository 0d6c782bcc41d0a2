import { expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import type { RankedEntry } from '../../../src/rank/standings.ts';
import { timeSplitData, timeSplitSvg } from '../../../src/report/figures/time-split.ts';
import { measurement, run, trial } from '../../support/run.ts';

const goal = { models: ['m'] as const, objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const at = (perf_throughput: number, level: number, values: Record<string, number> = {}) =>
  measurement(
    {
      perf_throughput,
      perf_latency_avg: 10,
      perf_server_request: 7,
      perf_server_queue: 2,
      perf_server_compute_input: 0.5,
      perf_server_compute_infer: 3.5,
      perf_server_compute_output: 0.5,
      ...values,
    },
    level,
  );
const role = ({ trial: { isDefault } }: RankedEntry) => (isDefault ? 'default' : 'winner');
const dataOf = (...trials: Parameters<typeof run>) => {
  const { entries, default: base } = rank(run(...trials), goal);
  return timeSplitData(entries.find(({ trial: own }) => !own.isDefault)!, base, role);
};

test('one beside the other at the loads that both have: the decided one, the least and the largest', () => {
  const data = dataOf(
    trial('m_config_default', [at(10, 1), at(20, 2), at(25, 8), at(26, 64)]),
    trial('m_config_0', [at(20, 1), at(30, 2), at(90, 8), at(50, 16), at(40, 64)]),
  )!;
  expect(data).toMatchObject({ isSameLoad: true });
  expect(data.groups.map(({ load }) => load)).toEqual(['1 in flight', '8 in flight', '64 in flight']);
  expect(data.groups.map(({ bars }) => bars.map(({ variant }) => variant))).toEqual(
    Array.from({ length: 3 }, () => ['m_config_0', 'm_config_default']),
  );
});

test('parts come to the whole, what lies outside of the server and of its stages among them', () => {
  const [group] = dataOf(trial('m_config_0', [at(10, 1)]))!.groups;
  const [bar] = group!.bars;
  expect(bar!.parts).toEqual([
    { name: 'queue', ms: 2 },
    { name: 'compute input', ms: 0.5 },
    { name: 'compute infer', ms: 3.5 },
    { name: 'compute output', ms: 0.5 },
    { name: 'elsewhere in the server', ms: 0.5 },
    { name: 'network and client', ms: 3 },
  ]);
  expect(bar!.parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(bar!.totalMs);
});

test('of an open loop the time until a request is sent is a part of its own', () => {
  const [group] = dataOf(trial('m_config_0', [at(10, 1, { perf_service_latency_avg: 8 })]))!.groups;
  expect(group!.bars[0]!.parts).toEqual(
    expect.arrayContaining([
      { name: 'waits to be sent', ms: 2 },
      { name: 'network and client', ms: 1 },
    ]),
  );
});

test('without a load in common each has its own, and that is said; without times there is no figure', () => {
  const data = dataOf(trial('m_config_default', [at(10, 1)]), trial('m_config_0', [at(20, 2)]))!;
  expect(data.isSameLoad).toBe(false);
  expect(data.groups).toMatchObject([{ bars: [{ load: '2 in flight' }, { load: '1 in flight' }] }]);
  expect(dataOf(trial('m_config_0', [measurement({})]))).toBeUndefined();
});

test('a hostile name stays text', () => {
  const svg = timeSplitSvg(dataOf(trial('"><script>alert(1)</script>\u202e', [at(10, 1)]))!, 'wide');
  expect(svg).not.toContain('<script');
  expect(svg).not.toContain('\u202e');
});
