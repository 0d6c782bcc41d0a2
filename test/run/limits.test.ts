import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LoadGenerator } from '../../src/load/load-generator.ts';
import type { Constraint } from '../../src/record/goal.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { profile } from '../../src/run/profile.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { altered, type Outcome } from '../../src/search/search.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';

const yaml = (constraints: string): string => `
profile_models:
  m:
    parameters: { concurrency: [1, 2] }
    constraints: { ${constraints} }
`;

/** A model's folder in which runs follow each other. */
function runs(counts = true) {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'name: "m"\nbackend: "python"\n');
  return async (constraints: string) => {
    const asked: (readonly Constraint[] | undefined)[] = [];
    const outcomes: Outcome[] = [];
    const generator: LoadGenerator = {
      ...fakeGenerator(),
      async run(job) {
        asked.push(job.limits);
        const result = await fakeGenerator().run(job);
        const beyond = Object.fromEntries(
          (job.limits ?? []).map(({ tag, value }) => [tag, { limit: value, share: 0.002, of: 700 }]),
        );
        return counts ? { ...result, beyond } : result;
      },
    };
    const { run } = await profile(experimentOf(yaml(constraints), {}, cwd), {
      launcher: new FakeLauncher(),
      generator,
      search: (space) => {
        const search = bruteSearch(space);
        return altered(search, {
          tell: (ask, outcome) => {
            outcomes.push(outcome);
            search.tell(ask, outcome);
          },
        });
      },
    });
    return { asked, outcomes, measurements: run.trials.flatMap(measurementsOf) };
  };
}

test('the limits on percentiles go with every point, are recorded with it, and told to the search', async () => {
  const { asked, outcomes, measurements } = await runs()(
    'perf_latency_p99: { max: 120 }, perf_throughput: { min: 5 }',
  );
  expect(asked.length).toBeGreaterThan(1);
  expect(asked).toHaveLength(measurements.length);
  for (const limits of asked) expect(limits).toEqual([{ tag: 'perf_latency_p99', bound: 'max', value: 120 }]);
  for (const { beyond } of measurements)
    expect(beyond).toEqual({ perf_latency_p99: { limit: 120, share: 0.002, of: 700 } });
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ beyond: { perf_latency_p99: { share: 0.002, of: 700 } } });
});

test('what was measured under other limits is the same measurement, and its shares are not those of the limits of now', async () => {
  const go = runs();
  const { outcomes } = await go('perf_latency_p99: { max: 120 }');
  const other = await go('perf_latency_p99: { max: 150 }');
  expect(other.asked).toEqual([]);
  expect(other.outcomes).toHaveLength(outcomes.length);
  for (const outcome of other.outcomes) expect(outcome).not.toHaveProperty('beyond');
  const same = await go('perf_latency_p99: { max: 120 }');
  expect(same.asked).toEqual([]);
  for (const outcome of same.outcomes) expect(outcome).toHaveProperty('beyond');
});

test('a generator that does not count leaves everything as it was', async () => {
  const { outcomes, measurements } = await runs(false)('perf_latency_p99: { max: 120 }');
  for (const measurement of measurements) expect(measurement).not.toHaveProperty('beyond');
  for (const outcome of outcomes) expect(outcome).not.toHaveProperty('beyond');
});
