import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparisonSchema } from '../../src/record/comparison.ts';
import { folder } from '../support/experiment.ts';
import { pacedModel } from '../support/paced-model.ts';
import { nothingLeft, read, tma } from './tma.ts';

/** Some numbers of instances, of which the default has one, and always the loads 1 and 3. */
const perf = (counts: readonly number[]): string => `model_repository: models
profile_models:
  paced:
    model_config_parameters:
      instance_group: [${counts.map((count) => `[{ kind: KIND_CPU, count: ${count} }]`).join(', ')}]
    parameters: { concurrency: [1, 3] }
    perf_analyzer_flags: { measurement-interval: 500 }
output_formats: [csv, html]
`;

const cwd = folder();
const pace = pacedModel(cwd);
const night = (...more: string[]) =>
  tma(cwd, 'profile', '-f', 'perf.yaml', '--baseline', 'tma-out', '--fail-on', 'worse', ...more);

writeFileSync(join(cwd, 'perf.yaml'), perf([3]));

test('the first night has nothing to compare with, and says so', async () => {
  const { code, output } = await night();
  expect(output).toMatch(/baseline: nothing is recorded in .*tma-out yet/);
  expect(code).toBe(2);
  expect(existsSync(join(cwd, 'tma-out', 'results'))).toBe(false);
  expect((await tma(cwd, 'profile', '-f', 'perf.yaml')).code).toBe(0);
});

test('the same model is not worse, though the journal knows it already', async () => {
  const { code, output } = await night();
  expect(output).toContain('paced_config_0 with 3 in flight measured anew, early and late');
  expect(code, output).toBe(0);
  const comparison = comparisonSchema.parse(JSON.parse(read(cwd, 'tma-out/results/comparison.json')));
  // The default and the winner, each with one load that is measured anew.
  expect(comparison.models[0]!.common).toMatchObject({ configurations: 2, points: 2, same: 2 });
  expect(comparison.gates[0]!.state).not.toBe('failed');
});

test('a model that got slower is worse after three looks, with a page; what this run does not list is measured', async () => {
  pace(0.05);
  writeFileSync(join(cwd, 'perf.yaml'), perf([2]));
  const { code, output } = await night('--fresh');
  expect(output).toContain('paced_config_baseline with 3 in flight');
  expect(output).toMatch(/paced is worse: throughput -[4567]\d/);
  expect(output).toMatch(/--fail-on worse: paced is worse/);
  expect(code, output).toBe(6);
  expect(read(cwd, 'tma-out/reports/comparison.html')).toContain('paced is worse');
  const results = JSON.parse(readFileSync(join(cwd, 'tma-out', 'results', 'results.json'), 'utf8'));
  const [{ points }] = results.trials.filter(
    ({ name }: { name: string }) => name === 'paced_config_baseline',
  );
  expect(points).toHaveLength(3);
});

test('nothing is left', async () => {
  expect(await nothingLeft()).toEqual([]);
});
