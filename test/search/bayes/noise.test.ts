import { expect, test } from 'vitest';
import { landscapeOf } from '../../../bench/search/landscape.ts';
import { NoiseSource, noiseOf } from '../../../bench/search/noise.ts';
import { randomLandscape } from '../../../bench/search/random-landscape.ts';
import { replay } from '../../../bench/search/replay.ts';
import { levelOf } from '../../../src/record/load-point.ts';
import { bayesSearch } from '../../../src/search/bayes/bayes.ts';
import { Knowledge } from '../../../src/search/bayes/knowledge.ts';

const objectives = [{ tag: 'perf_throughput', weight: 1 }];
const landscape = landscapeOf(randomLandscape(3), { objectives, constraints: [] });

/** What a search knows after so many looks at each of some configurations, on so many starts, on a ground. */
function knowing(ground: string, seed: number): Knowledge {
  const knowledge = new Knowledge(landscape.space);
  const source = new NoiseSource(noiseOf(ground)!, seed);
  for (const candidate of landscape.space.candidates.filter((_, index) => index % 7 === 1)) {
    for (let start = 0; start < 2; start++) {
      const server = source.start();
      const spots = knowledge.spotsOf(candidate).filter(({ point }) => [16, 64].includes(levelOf(point)));
      for (const [index, spot] of spots.entries()) {
        const truth = landscape.truth(candidate, spot.point);
        if (truth) knowledge.add(spot, spot, server(truth), index === 0);
      }
    }
  }
  return knowledge;
}

test('how far starts and looks scatter is learned: rough ground is told from quiet', () => {
  const noise = (ground: string): number => {
    const all = [1, 2, 3].map((seed) => {
      const knowledge = knowing(ground, seed);
      const { start, look } = knowledge.look(knowledge.seen[0]!).worth.noise;
      return Math.sqrt(start + look);
    });
    return all.reduce((sum, value) => sum + value, 0) / all.length;
  };
  expect(noise('quiet')).toBeLessThan(0.05);
  expect(noise('rough')).toBeGreaterThan(2 * noise('quiet'));
});

test('two looks that disagree leave a doubt of that size', () => {
  const knowledge = new Knowledge(landscape.space);
  const [spot] = knowledge.spots.filter(({ point }) => levelOf(point) === 64);
  for (const factor of [0.75, 1.25])
    knowledge.add(spot!, spot!, { values: { perf_throughput: 100 * factor } }, true);
  const { worth } = knowledge.look(spot!);
  expect(Math.exp(worth.mean)).toBeGreaterThan(85);
  expect(Math.exp(worth.mean)).toBeLessThan(115);
  expect(Math.sqrt(worth.variance)).toBeGreaterThan(0.05);
});

test('the interval of the verdict covers what starts differ by, also on rough ground', () => {
  const runs = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
    replay(landscape, bayesSearch(landscape.space), noiseOf('rough')!, seed),
  );
  const held = runs.filter(({ belief, winner }) => {
    const [low, high] = belief!.interval!;
    const value = winner!.values['perf_throughput']!;
    return value >= low && value <= high;
  });
  expect(held.length).toBeGreaterThanOrEqual(6);
});
