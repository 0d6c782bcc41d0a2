import { describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import type { RankedEntry } from '../../../src/rank/standings.ts';
import { requestTime } from '../../../src/report/figures/request-time.ts';
import { timeSplitData, timeSplitSvg } from '../../../src/report/figures/time-split.ts';
import { membersView } from '../../../src/report/members-view.ts';
import { timeSplit } from '../../../src/report/row-figures.ts';
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
  expect(bar!.parts.map(({ name, ms }) => [name, ms])).toEqual([
    ['queue', 2],
    ['compute input', 0.5],
    ['compute infer', 3.5],
    ['compute output', 0.5],
    ['elsewhere in the server', 0.5],
    ['network and client', 3],
  ]);
  expect(bar!.parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(bar!.totalMs);
});

test('of an open loop the time until a request is sent is a part of its own', () => {
  const [group] = dataOf(trial('m_config_0', [at(10, 1, { perf_service_latency_avg: 8 })]))!.groups;
  expect(group!.bars[0]!.parts).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'waits to be sent', ms: 2 }),
      expect.objectContaining({ name: 'network and client', ms: 1 }),
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

describe('a model that others take part in answering', () => {
  const member = (model: string, queue: number, infer: number, requests = 1) => ({
    ...{ model, requests, intervals: {} },
    values: { perf_server_queue: queue, perf_server_compute_infer: infer, perf_executed_batch: 1 },
  });
  type Member = ReturnType<typeof member>;
  const of = (by: 'steps' | 'calls', ...models: Member[]) => ({
    ...at(10, 1),
    composing: { by, models },
  });
  const told = (item: ReturnType<typeof of>) =>
    requestTime(item)!.parts.map(({ name, member: own, ms }) => [own ?? '', name, ms]);
  const drawn = (item: ReturnType<typeof of>): number =>
    requestTime(item)!.parts.reduce((sum, { drawnMs }) => sum + drawnMs, 0);

  test("an ensemble's time is its members', their queues included, whatever Triton says of the ensemble itself", () => {
    const item = of('steps', member('z', 2, 1), member('a', 0.5, 1, 2));
    expect(told(item)).toEqual([
      ['z', 'queue', 2],
      ['z', 'compute infer', 1],
      ['a', 'queue', 1],
      ['a', 'compute infer', 2],
      ['', 'elsewhere in the server', 1],
      ['', 'network and client', 3],
    ]);
    expect(drawn(item)).toBe(10);
    expect(membersView(item)).toMatchObject({
      ...{ hasCounts: true, overlap: '' },
      rows: [
        { model: 'z', requests: '1.00', together: '3.00', share: '43 %' },
        { model: 'a', requests: '2.00', together: '3.00', share: '43 %' },
      ],
    });
    expect(timeSplit(item).map(({ text }) => text)).toEqual([
      'queue 3.00 ms',
      'compute infer 3.00 ms',
      'elsewhere in the server 1.00 ms',
      'network and client 3.00 ms',
    ]);
  });

  test('members that run at the same time come to more than it takes: drawn is what it takes, and that is said', () => {
    const item = of('steps', member('left', 1, 6), member('right', 1, 6));
    expect(requestTime(item)).toMatchObject({ totalMs: 10, serverMs: 7 });
    expect(drawn(item)).toBe(10);
    expect(told(item)).toContainEqual(['left', 'compute infer', 6]);
    expect(membersView(item)).toMatchObject({ overlap: '14.0 ms within 7.00 ms', hasCounts: false });
  });

  test('what a model calls lies within its compute infer', () => {
    const item = of('calls', member('called', 0.5, 1, 2));
    expect(told(item)).toEqual([
      ['', 'queue', 2],
      ['', 'compute input', 0.5],
      ['called', 'queue', 1],
      ['called', 'compute infer', 2],
      ['', 'compute infer', 0.5],
      ['', 'compute output', 0.5],
      ['', 'elsewhere in the server', 0.5],
      ['', 'network and client', 3],
    ]);
    expect(drawn(item)).toBe(10);
    const much = of('calls', member('called', 0, 3, 2));
    expect(drawn(much)).toBe(10);
    expect(membersView(much)).toMatchObject({ isCalled: true, overlap: '6.00 ms within 3.50 ms' });
  });

  test('a hostile name of a member stays text', () => {
    const item = of('steps', member('"><script>alert(1)</script>\u202e', 2, 4));
    const svg = timeSplitSvg(dataOf(trial('m_config_0', [item]))!, 'wide');
    expect(svg).toContain('script');
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u202e');
  });
});
