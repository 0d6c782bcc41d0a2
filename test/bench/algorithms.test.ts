import { expect, test } from 'vitest';
import { algorithm } from '../../bench/search/algorithms.ts';
import { landscapeOf } from '../../bench/search/landscape.ts';
import { byLook } from '../../bench/search/noise.ts';
import { randomLandscape } from '../../bench/search/random-landscape.ts';
import { replay } from '../../bench/search/replay.ts';

const goal = { objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const landscape = landscapeOf(randomLandscape(1), goal);

test.each([1, 4])(
  'brute force in a given time keeps to it, and confirms what it found, on %d slots',
  (slots) => {
    for (const minutes of [5, 20]) {
      const seconds = 60 * minutes;
      const search = algorithm('brute-timed', landscape, { seed: 2, budget: undefined, seconds });
      const { elapsedS, busy, trace, winner } = replay(landscape, search, byLook(0.02, 0.08), 1, slots);
      const worked = elapsedS * slots * busy;
      expect(worked).toBeLessThan(seconds + 30 * slots);
      expect(worked).toBeGreaterThan(0.8 * seconds);
      const again = trace.filter((ask) => ask.again === 'afresh');
      expect(again.length).toBeGreaterThan(3);
      expect(again.map(({ candidate }) => candidate.name)).toContain(winner?.variant);
    }
  },
);

test('with more time than it needs, it is brute force that confirms', () => {
  const given = { seed: 2, budget: undefined, seconds: 1e6 };
  const [timed, whole] = (['brute-timed', 'brute-confirmed'] as const).map((name) =>
    replay(landscape, algorithm(name, landscape, given), byLook(0.02, 0.08), 1),
  );
  expect(timed).toMatchObject({ points: whole!.points, measurements: whole!.measurements });
});

test('which configurations are seen is by chance', () => {
  const first = (seed: number): string[] => {
    const search = algorithm('brute-timed', landscape, { seed, budget: undefined, seconds: 600 });
    const { trace } = replay(landscape, search, byLook(0.02, 0.08), 1);
    return [...new Set(trace.map(({ candidate }) => candidate.name))];
  };
  expect(first(1)).toEqual(first(1));
  expect(first(1)).not.toEqual(first(2));
});
