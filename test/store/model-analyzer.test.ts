import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_OBJECTIVES } from '../../src/config/goals.ts';
import { rank } from '../../src/rank/rank.ts';
import { csvText, resultTables, tablesText } from '../../src/report/csv.ts';
import { readCheckpoint } from '../../src/store/model-analyzer.ts';
import { measurementsOf } from '../../src/store/run.ts';
import { folder } from '../support/experiment.ts';

/** What the real Model Analyzer 1.58 wrote, for add_sub on the real tritonserver and perf_analyzer. */
const FIXTURES = resolve('test/fixtures/model-analyzer');
const fixture = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');

function directoryWith(name = '0.ckpt', change: (text: string) => string = (text) => text): string {
  const directory = folder();
  copyFileSync(join(FIXTURES, 'add_sub.ckpt'), join(directory, name));
  writeFileSync(join(directory, name), change(fixture('add_sub.ckpt')));
  return directory;
}

describe("Model Analyzer's checkpoint", () => {
  const { run, warnings } = readCheckpoint(directoryWith())!;
  const limit = { tag: 'perf_latency_p99', bound: 'max', value: 3 } as const;
  const ranking = rank(run, { name: 'add_sub', objectives: DEFAULT_OBJECTIVES, constraints: [limit] });

  test('has its variants, configurations and points', () => {
    expect(warnings).toEqual([]);
    expect(run.trials.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['add_sub_config_default', true],
      ...[0, 1, 2, 3].map((index) => [`add_sub_config_${index}`, false]),
    ]);
    const last = run.trials.at(-1)!;
    expect(last.config).toMatchObject({
      name: 'add_sub',
      max_batch_size: 8,
      dynamic_batching: { max_queue_delay_microseconds: '100' },
      parameters: { threads: { string_value: '2' } },
    });
    expect(last.assignment).toMatchObject({ max_batch_size: 8 });
    expect(last.assignment).not.toHaveProperty('backend');
    expect(measurementsOf(last).map(({ point }) => point)).toEqual(
      [1, 2].flatMap((batchSize) => [1, 4].map((concurrency) => ({ batchSize, concurrency }))),
    );
  });

  test("gives Model Analyzer's own table, byte for byte", () => {
    const tables = resultTables(run, [ranking]);
    expect(csvText(tables.inference)).toBe(fixture('add_sub.csv'));
    expect(tablesText([tables.inference])).toBe(fixture('add_sub.table.txt'));
  });

  test('is ranked anew by other objectives and constraints, as Model Analyzer does', () => {
    const other = rank(run, {
      name: 'add_sub',
      objectives: [
        { tag: 'perf_latency_p99', weight: 10 },
        { tag: 'perf_throughput', weight: 5 },
      ],
      constraints: [{ tag: 'perf_throughput', bound: 'min', value: 2000 }],
    });
    expect(csvText(resultTables(run, [other]).inference)).toBe(fixture('add_sub-by-latency.csv'));
  });

  test('the newest counts; the older format without the names of variants is read, too', () => {
    const directory = directoryWith('10.ckpt', (text) => {
      const { 'ModelManager.model_variant_name_manager': _, ...older } = JSON.parse(text);
      return JSON.stringify(older);
    });
    writeFileSync(join(directory, '9.ckpt'), 'old');
    expect(readCheckpoint(directory)?.file).toBe(join(directory, '10.ckpt'));
    expect(readCheckpoint(directory)?.run.trials).toHaveLength(5);
  });

  test('none there; one that was cut short', () => {
    expect(readCheckpoint(folder())).toBeUndefined();
    expect(readCheckpoint('/nowhere')).toBeUndefined();
    const cut = directoryWith('0.ckpt', (text) => text.slice(0, 1000));
    expect(() => readCheckpoint(cut)).toThrow(/0\.ckpt: not a checkpoint of Model Analyzer's/);
  });
});
