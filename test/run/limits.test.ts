import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LoadGenerator } from '../../src/load/load-generator.ts';
import type { Constraint } from '../../src/record/goal.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { profile } from '../../src/run/profile.ts';
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
    });
    return { asked, measurements: run.trials.flatMap(measurementsOf) };
  };
}

test('the limits on percentiles go with every point, and the shares beyond them are recorded with it', async () => {
  const { asked, measurements } = await runs()('perf_latency_p99: { max: 120 }, perf_throughput: { min: 5 }');
  expect(asked.length).toBeGreaterThan(1);
  expect(asked).toHaveLength(measurements.length);
  for (const limits of asked) expect(limits).toEqual([{ tag: 'perf_latency_p99', bound: 'max', value: 120 }]);
  for (const { beyond } of measurements)
    expect(beyond).toEqual({ perf_latency_p99: { limit: 120, share: 0.002, of: 700 } });
});

test('what was measured under other limits is the same measurement', async () => {
  const go = runs();
  const { measurements } = await go('perf_latency_p99: { max: 120 }');
  const other = await go('perf_latency_p99: { max: 150 }');
  expect(other.asked).toEqual([]);
  expect(other.measurements.map(({ startedAt }) => startedAt)).toEqual(
    measurements.map(({ startedAt }) => startedAt),
  );
});

test('a generator that does not count leaves everything as it was', async () => {
  const { measurements } = await runs(false)('perf_latency_p99: { max: 120 }');
  for (const measurement of measurements) expect(measurement).not.toHaveProperty('beyond');
});
