import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import { kneeOf, loadCurvesData, loadCurvesSvg } from '../../../src/report/figures/load-curves.ts';
import { measurement, run, trial } from '../../support/run.ts';

const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 10_000 }] as const,
};
const at = (perf_throughput: number, level: number, changes = {}) =>
  measurement({ perf_throughput, perf_latency_p99: 5 * level }, level, changes);
const base = trial('m_config_default', [at(100, 1), at(110, 2), at(112, 4), at(112, 16)]);
const better = trial('m_config_0', [
  ...[at(180, 1), at(240, 4), at(241, 16)],
  ...[2, 4].map((batch) => at(200, 4, { point: inFlight('m', 4, batch) })),
]);
const dataOf = (...trials: Parameters<typeof run>) => {
  const { entries, winner, noise } = rank(run(...trials), goal);
  return loadCurvesData(entries, { winner, noise, goal })!;
};

describe('throughput and latency against load', () => {
  test('a line for each configuration, and of the winner for each client batch, with intervals', () => {
    const { lines } = dataOf(base, better);
    expect(lines.map(({ variant, role, batchSize, dash }) => [variant, role, batchSize, dash])).toEqual([
      ['m_config_0', 'winner', 1, 0],
      ['m_config_0', 'winner', 2, 1],
      ['m_config_0', 'winner', 4, 2],
      ['m_config_default', 'default', 1, 0],
    ]);
    expect(lines[0]!.rungs[0]).toMatchObject({
      level: 1,
      throughput: { value: 180, low: 171, high: 189 },
      latency: { value: 5 },
    });
    expect(new Set(lines.map(({ symbol }) => symbol)).size).toBe(2);
  });

  test('both axes hold every interval, and a limit far away does not stretch them', () => {
    const { throughput, latency, lines } = dataOf(base, better);
    const ends = lines.flatMap(({ rungs }) =>
      rungs.flatMap((rung) => [rung.throughput.low, rung.throughput.high]),
    );
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(throughput.domain[0]);
    expect(Math.max(...ends)).toBeLessThanOrEqual(throughput.domain[1]);
    expect(latency).toMatchObject({ limits: [{ at: 'above' }] });
    expect(latency!.domain[1]).toBeLessThan(200);
  });

  test('loads double from place to place', () => {
    const { document } = parseHTML(loadCurvesSvg(dataOf(base, better), 'wide'));
    const line = document.querySelector('[data-row="m_config_0"]')!.getAttribute('d')!;
    const [first, second, third] = [...line.matchAll(/[ML]([\d.]+),/g)].map((match) => Number(match[1]));
    expect(second! - first!).toBeCloseTo(third! - second!, 0);
  });

  test('request rates have an axis of their own, and loads of the other kind are left out', () => {
    const rates = trial('m_config_default', [
      at(100, 1, { point: atRate('m', 100) }),
      at(150, 2, { point: atRate('m', 200) }),
    ]);
    const data = dataOf(rates, trial('m_config_0', [at(50, 1)]));
    expect(data.axis).toBe('requests a second');
    expect(data.lines.map(({ variant }) => variant)).toEqual(['m_config_default']);
  });

  test('without a latency there is one drawing, without a throughput none', () => {
    const bare = trial('m_config_default', [measurement({}, 1, { values: { perf_throughput: 5 } })]);
    expect(loadCurvesSvg(dataOf(bare), 'wide').match(/<svg/g)).toHaveLength(1);
    expect(
      dataOf(trial('m_config_default', [measurement({}, 1, { values: { cpu_used_ram: 5 } })])),
    ).toBeUndefined();
  });
});

describe('the knee', () => {
  const rungs = (...values: number[]) =>
    values.map((value, index) => ({
      level: 2 ** index,
      throughput: { value, low: value - 2, high: value + 2 },
    }));

  test('is the least load with the throughput of the best, within the noise', () => {
    expect(kneeOf(rungs(50, 100, 102, 101))).toBe(2);
    expect(kneeOf(rungs(50, 96, 102, 101))).toBe(4);
  });

  test('there is none where throughput grows up to the largest load, or nothing was measured', () => {
    expect(kneeOf(rungs(50, 100, 150))).toBeUndefined();
    expect(kneeOf([])).toBeUndefined();
  });

  test('wide intervals hide no more than 5 %', () => {
    const wide = rungs(80, 100, 99).map(({ level, throughput }) => ({
      level,
      throughput: { ...throughput, low: 0, high: 200 },
    }));
    expect(kneeOf(wide)).toBe(2);
  });
});
