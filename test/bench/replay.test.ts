import { expect, test } from 'vitest';
import type { Row } from '../../bench/search/grid.ts';
import { landscapeOf } from '../../bench/search/landscape.ts';
import { byLook } from '../../bench/search/noise.ts';
import { replay } from '../../bench/search/replay.ts';
import { calibration, summary } from '../../bench/search/summary.ts';
import type { JudgingSearch } from '../../src/search/bayes/bayes.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { altered, type Belief, type Outcome } from '../../src/search/search.ts';

const row = (variant: string, throughput: number | undefined, p99 = 10): Row => ({
  model: 'm',
  variant,
  settings: {},
  batchSize: 1,
  level: 4,
  isRate: false,
  values: throughput === undefined ? {} : { perf_throughput: throughput, perf_latency_p99: p99 },
});
const goal = {
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 12 }],
};
const landscape = landscapeOf(
  [
    row('m_config_default', 100),
    row('m_config_0', 200),
    row('m_config_1', 300, 20),
    row('m_config_2', undefined),
  ],
  goal,
);

/** Brute force whose verdict, and what it believes of it, are given. */
function claiming(name: string, claim: Omit<Belief, 'candidate' | 'point'>) {
  const told: Outcome[] = [];
  const brute = bruteSearch(landscape.space);
  const candidate = landscape.space.candidates.find((item) => item.name === name)!;
  const best = { candidate, point: landscape.space.pointsOf(candidate)[0]! };
  const search: JudgingSearch = {
    ...altered(brute, {
      tell(ask, outcome) {
        told.push(outcome);
        brute.tell(ask, outcome);
      },
    }),
    best: () => best,
    belief: () => ({ ...best, ...claim }),
  };
  return { search, told };
}

const sure = { keeps: 0.97, better: { chance: 0.03 } };
const play = (search: JudgingSearch) => replay(landscape, search, byLook(0.02, 0.08), 1);

test('an outcome tells what it took: a start where there was one, a look where something was measured', () => {
  const { search, told } = claiming('m_config_0', sure);
  const seconds = { start: 100, look: 1 };
  const { elapsedS } = replay(landscape, search, byLook(0.02, 0.08), 1, 1, seconds);
  expect(told.map(({ started }) => started)).toEqual([true, true, true, true]);
  for (const { state, seconds: took } of told) {
    expect(Math.abs(took!.start - 100)).toBeLessThanOrEqual(25);
    if (state === 'failed') expect(took!.look).toBe(0);
    else expect(Math.abs(took!.look - 1)).toBeLessThanOrEqual(0.25);
  }
  expect(told.reduce((sum, { seconds: took }) => sum + took!.start + took!.look, 0)).toBeCloseTo(elapsedS);
});

test('an interval is held against the true value of its point', () => {
  const held = (interval?: [number, number]): boolean | undefined =>
    play(claiming('m_config_0', { ...sure, ...(interval && { interval }) }).search).held;
  expect(held([190, 210])).toBe(true);
  expect(held([201, 210])).toBe(false);
  expect(held()).toBeUndefined();
});

test('whether something better is there: only what keeps the limits counts', () => {
  const there = (name: string): boolean => play(claiming(name, sure).search).isBetterThere;
  expect(there('m_config_default')).toBe(true);
  expect(there('m_config_0')).toBe(false);
});

test('over many runs: how often intervals held, and what was believed against what was so', () => {
  const runs = [
    play(claiming('m_config_0', { ...sure, interval: [190, 210] }).search),
    play(claiming('m_config_1', { ...sure, interval: [190, 210] }).search),
    play(claiming('m_config_default', { keeps: 1, better: { chance: 1 } }).search),
  ];
  expect(summary('given', runs)).toMatchObject({ 'interval held': '50.0 %', 'broken by 5 %': '33.3 %' });
  expect(calibration(runs)).toEqual([
    { claim: 'the limits hold', bin: '80 to 100 %', runs: 3, told: 0.98, real: 0.667 },
    { claim: 'something is better by 5 %', bin: '0 to 20 %', runs: 2, told: 0.03, real: 0 },
    { claim: 'something is better by 5 %', bin: '80 to 100 %', runs: 1, told: 1, real: 1 },
  ]);
});
