import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import { paretoData, paretoSvg, pointAnchor } from '../../../src/report/figures/pareto-chart.ts';
import { measurement, run, trial } from '../../support/run.ts';

const at = (perf_throughput: number, perf_latency_p99: number, concurrency: number, changes = {}) =>
  measurement({ perf_throughput, perf_latency_p99 }, concurrency, changes);
const base = trial('m_config_default', [at(100, 12, 1), at(110, 24, 2)]);
const better = trial('m_config_0', [at(180, 9, 1), at(240, 30, 2)]);
const objectives = [{ tag: 'perf_throughput', weight: 1 }];
const limited = (value: number, tag = 'perf_latency_p99', bound: 'min' | 'max' = 'max') => ({
  models: ['m'] as const,
  objectives,
  constraints: [{ tag, bound, value }],
});
const free = { models: ['m'] as const, objectives, constraints: [] };
const dataOf = (goal: Parameters<typeof rank>[1], ...trials: Parameters<typeof run>) =>
  paretoData(rank(run(...trials), goal))!;

describe('what the figure of all points shows', () => {
  test('every point with its role and verdict, and the one that was decided for', () => {
    const { points } = dataOf(limited(10), base, better);
    expect(points).toHaveLength(4);
    expect(points.filter(({ isChosen }) => isChosen)).toMatchObject([
      { variant: 'm_config_0', x: 9, y: 180, role: 'winner', verdict: 'met', intervals: { y: [171, 189] } },
    ]);
    expect(points.filter(({ role }) => role === 'default')).toHaveLength(2);
  });

  test('the front is what is reached within the limits; where nothing keeps them, that of all points', () => {
    expect(dataOf(limited(10), base, better)).toMatchObject({
      front: [{ x: 9, y: 180 }],
      isFrontAllowed: true,
    });
    expect(dataOf(free, base, better).front.map(({ y }) => y)).toEqual([180, 240]);
    const none = dataOf(limited(1), base, better);
    expect(none).toMatchObject({ isFrontAllowed: false });
    expect(none.front).toHaveLength(2);
  });

  test('the axis is as long as the data: a limit far from them is told at the edge', () => {
    const far = dataOf(limited(5000), base, better).x;
    expect(far.limits).toEqual([{ value: 5000, bound: 'max', at: 'above', text: 'at most 5,000 ms' }]);
    expect(far.domain[1]).toBeLessThan(40);
    const near = dataOf(limited(33), base, better).x;
    expect(near.limits).toMatchObject([{ at: 'inside' }]);
    expect(near.domain[1]).toBeGreaterThan(33);
    const least = dataOf(limited(4, 'perf_throughput', 'min'), base, better).y;
    expect(least.limits).toMatchObject([{ at: 'below', text: 'at least 4.00 infer/s' }]);
  });

  test('values of several powers of ten have a logarithmic axis', () => {
    expect(dataOf(free, trial('m_config_default', [at(100, 2, 1), at(110, 900, 2)])).x.scale).toBe('log');
    expect(dataOf(free, base, better).x.scale).toBe('linear');
  });

  test('the latency that is limited, or what there is of latencies; a point without one is left out and counted', () => {
    const p90 = measurement({ perf_throughput: 5, perf_latency_p90: 7, perf_latency_p99: 9 });
    expect(dataOf(limited(10, 'perf_latency_p90'), trial('m_config_default', [p90])).x.tag).toBe(
      'perf_latency_p90',
    );
    const values = { perf_throughput: 5, perf_latency_avg: 7 };
    const old = trial('m_config_default', [measurement({}, 1, { values })]);
    expect(dataOf(free, old).x.tag).toBe('perf_latency_avg');
    expect(dataOf(free, better, old)).toMatchObject({ x: { tag: 'perf_latency_p99' }, leftOut: 1 });
    const nothing = trial('m_config_default', [measurement({}, 1, { values: { perf_throughput: 5 } })]);
    expect(dataOf(free, nothing)).toBeUndefined();
  });

  test('what is asked for besides latency stands upright', () => {
    const memory = { ...free, objectives: [{ tag: 'cpu_used_ram', weight: 1 }] };
    const small = trial('m_config_default', [measurement({ cpu_used_ram: 300 })]);
    expect(dataOf(memory, small).y).toMatchObject({ tag: 'cpu_used_ram', better: 'lower' });
  });
});

describe('the drawing', () => {
  const svgOf = (goal: Parameters<typeof rank>[1], ...trials: Parameters<typeof run>) =>
    parseHTML(paretoSvg(dataOf(goal, ...trials), 'wide')).document;

  test('each point is a link to its row, has a name of its own and says what it is', () => {
    const links = [...svgOf(free, base, better).querySelectorAll('a')];
    expect(links).toHaveLength(4);
    const chosen = links.find((link) => link.id === 'm_config_0@2x1')!;
    expect(chosen.getAttribute('href')).toBe('#m_config_0');
    expect(chosen.querySelector('title')?.textContent).toBe(
      'm_config_0, 2 in flight: throughput 240 infer/s, p99 latency 30.0 ms',
    );
  });

  test('a telephone gets a picture of the same without hundreds of places to hit', () => {
    const narrow = parseHTML(paretoSvg(dataOf(free, base, better), 'narrow')).document;
    expect(narrow.querySelectorAll('a')).toHaveLength(0);
    expect(narrow.querySelector('svg')?.getAttribute('role')).toBe('img');
  });

  test('the allowed region ends at the limit, and so does the front', () => {
    const document = svgOf(limited(20), base, better);
    const region = document.querySelector('.zoomed rect')!;
    const [x, width] = ['x', 'width'].map((name) => Number(region.getAttribute(name)));
    const path = document.querySelector('path.zoomed, .zoomed path')!.getAttribute('d')!;
    const xs = [...path.matchAll(/[MLHV](-?[\d.]+)(?:,|(?=[A-Z]|$))/g)].map((match) => Number(match[1]));
    expect(Math.max(...xs)).toBeCloseTo(x! + width!, 0);
    expect(svgOf(free, base, better).querySelector('.zoomed rect')).toBeNull();
  });

  test('hostile names stay text', () => {
    const evil = trial('m"><script>alert(1)</script>\u202e_config_0', [at(1, 1, 1)]);
    const svg = paretoSvg(dataOf(free, evil), 'wide');
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u202e');
  });
});

test('points of one configuration have different names', () => {
  expect(pointAnchor('m', inFlight('m', 16, 4))).toBe('m@16x4');
  expect(pointAnchor('a b', atRate('m', 16.5))).toBe('a~20b@16.5psx1');
});
