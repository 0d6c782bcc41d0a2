import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarkExporter, benchmarks } from '../../../src/report/exporters/benchmark.ts';
import { folder } from '../../support/experiment.ts';
import { CASES } from '../../support/export-cases.ts';

test.each(['twoModels', 'hostile'] as const)('%s as last agreed on', async (name) => {
  const text = (['higher', 'lower'] as const).map((better) =>
    JSON.stringify(benchmarks(CASES[name](), better), undefined, 2),
  );
  await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`../../golden/exporters/${name}.benchmark.json`);
});

test('a file for each direction, of the winner and the default, in the metrics that the model is judged by', async () => {
  const path = folder();
  const { files } = await benchmarkExporter.write(CASES.small(), path);
  expect(files).toEqual([
    join(path, 'results/benchmark-bigger-is-better.json'),
    join(path, 'results/benchmark-smaller-is-better.json'),
  ]);
  expect(JSON.parse(readFileSync(files[0]!, 'utf8'))).toEqual([
    {
      name: 'm: throughput of the winner',
      unit: 'infer/s',
      value: 180,
      range: '± 5',
      extra: 'm_config_0 with 1 request in flight\n95 % interval 175 to 185',
    },
    {
      name: 'm: throughput of the default',
      unit: 'infer/s',
      value: 100,
      range: '± 3',
      extra: 'm_config_default with 1 request in flight\n95 % interval 97.0 to 103',
    },
  ]);
  // An interval that has one end only is no range.
  expect(JSON.parse(readFileSync(files[1]!, 'utf8'))[0]).toEqual({
    name: 'm: p99 latency of the winner',
    unit: 'ms',
    value: 8,
    extra: 'm_config_0 with 1 request in flight\n95 % interval 7.50 or more',
  });
});

test('names are the same whatever wins, and each stands once', () => {
  for (const better of ['higher', 'lower'] as const) {
    const names = benchmarks(CASES.twoModels(), better).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.join()).not.toContain('config_0');
  }
});

test('nothing decided is no winner; what the action would refuse as empty is taken away', async () => {
  expect(benchmarks(CASES.unknown(), 'higher').map(({ name }) => name)).toEqual([
    'm: throughput of the default',
  ]);
  const path = folder();
  const { files } = await benchmarkExporter.write(CASES.small(), path);
  expect(await benchmarkExporter.write(CASES.nothingMeasured(), path)).toEqual({ files: [], notes: [] });
  expect(files.some(existsSync)).toBe(false);
});
