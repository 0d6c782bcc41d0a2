import { expect, test } from 'vitest';
import { Covariances } from '../../../src/search/bayes/covariances.ts';
import { MetricModels } from '../../../src/search/bayes/models.ts';

const covariances = new Covariances([{ configuration: [1], load: [3, 0, 3] }]);
const shape = { configuration: 2, load: 3, each: 1, common: 0.5, relative: 0.2, both: 0.1, own: 0.05 };

/** What is learned from these looks at one point, each on a server of its own. */
const learned = (values: readonly number[], heavyTails: boolean): MetricModels =>
  MetricModels.learn(
    {
      ids: values.map(() => 0),
      values,
      servers: values.map((_, index) => index),
      variances: values.map(() => 0.02 ** 2),
    },
    {
      heavyTails,
      bases: [{ mean: () => 0, shapes: [shape] }],
      noises: [0.02, 0.08, 0.2].map((look) => ({ start: 0.02, look })),
    },
    covariances,
  );

const FOUR = [0.05, -0.06, 0.02, -0.01];

test('a look that is far off says little of a metric that is so now and then', () => {
  const mean = learned([...FOUR, 1.5], false).predict(0).mean;
  expect(mean).toBeGreaterThan(0.2);
  expect(learned([...FOUR, 1.5], true).predict(0).mean).toBeLessThan(mean / 3);
});

test('two looks that are far off in the same way leave a doubt', () => {
  const one = learned([...FOUR, 1.5], true).predict(0);
  const two = learned([...FOUR, 1.5, 1.5], true).predict(0);
  expect(two.mean).toBeGreaterThan(one.mean);
  expect(two.variance).toBeGreaterThan(one.variance);
});

test('looks that agree are as well known either way', () => {
  const [plain, heavy] = [learned(FOUR, false).predict(0), learned(FOUR, true).predict(0)];
  expect(heavy.mean).toBeCloseTo(plain.mean, 2);
  expect(Math.sqrt(heavy.variance)).toBeLessThan(1.2 * Math.sqrt(plain.variance));
  expect(Math.sqrt(heavy.variance)).toBeGreaterThan(0.6 * Math.sqrt(plain.variance));
});

test('what is believed of points in flight is added to what was seen of them', () => {
  const models = learned([...FOUR, 1.5], true);
  const believing = models.believing([0, 0]);
  expect(believing.predict(0).mean).toBeCloseTo(models.predict(0).mean, 2);
  expect(believing.predict(0).variance).toBeLessThan(models.predict(0).variance);
});

test('a point that lies apart from all others is what was seen there, and its neighbours are what the others say', () => {
  const loads = [0, 1, 2, 3, 4, 5, 6, 7];
  const ladder = new Covariances(loads.map((load) => ({ configuration: [1], load: [load, 0, load] })));
  const seen = loads.filter((load) => load !== 6);
  const smooth = { ...shape, each: 0.1, common: 0.1, relative: 0.1, own: 0.02 };
  const models = MetricModels.learn(
    {
      ids: seen,
      values: seen.map((load) => (load === 5 ? -1 : 0.01 * load)),
      servers: seen,
      variances: seen.map(() => 0.05 ** 2),
    },
    {
      heavyTails: true,
      bases: [{ mean: () => 0, shapes: [smooth] }],
      noises: [{ start: 0.02, look: 0.05 }],
    },
    ladder,
  );
  expect(models.predict(5).mean).toBeLessThan(-0.8);
  for (const load of [4, 6]) expect(models.predict(load).mean).toBeGreaterThan(-0.2);
});

test('what was seen alike on several servers is believed though all others make expect less; once it may be luck', () => {
  const loads = [0, 1, 2, 3, 4, 5, 6, 7];
  const ladder = new Covariances(loads.map((load) => ({ configuration: [1], load: [load, 0, load] })));
  const smooth = { ...shape, each: 0.1, common: 0.1, relative: 0.1, own: 0.02 };
  const believed = (looks: number): number => {
    const ids = [...loads.filter((load) => load !== 5), ...Array.from({ length: looks }, () => 5)];
    const models = MetricModels.learn(
      {
        ids,
        values: ids.map((id) => (id === 5 ? 0.25 : 0)),
        servers: ids.map((_, index) => index),
        variances: ids.map(() => 0.01 ** 2),
      },
      { bases: [{ mean: () => 0, shapes: [smooth] }], noises: [{ start: 0.09, look: 0.01 }] },
      ladder,
    );
    return models.predict(5).mean;
  };
  expect(believed(1)).toBeLessThan(0.18);
  expect(believed(3)).toBeGreaterThan(0.2);
});
