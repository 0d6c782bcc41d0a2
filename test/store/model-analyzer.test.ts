import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_OBJECTIVES } from '../../src/config/goals.ts';
import { rank } from '../../src/rank/rank.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { EXPORTERS, exportAll } from '../../src/report/export-all.ts';
import { methodView } from '../../src/report/method.ts';
import { csvText, resultTables, tablesText } from '../../src/report/tables.ts';
import { readCheckpoint } from '../../src/store/model-analyzer.ts';
import { folder } from '../support/experiment.ts';
import { result } from '../support/run.ts';

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
  const ranking = rank(run, { models: ['add_sub'], objectives: DEFAULT_OBJECTIVES, constraints: [limit] });

  test('has its variants, configurations and points', () => {
    expect(warnings).toEqual([]);
    expect(run.trials.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['add_sub_config_default', true],
      ...[0, 1, 2, 3].map((index) => [`add_sub_config_${index}`, false]),
    ]);
    const last = run.trials.at(-1)!;
    expect(last.models[0].config).toMatchObject({
      name: 'add_sub',
      max_batch_size: 8,
      dynamic_batching: { max_queue_delay_microseconds: '100' },
      parameters: { threads: { string_value: '2' } },
    });
    expect(last.models[0].assignment).toMatchObject({ max_batch_size: 8 });
    expect(last.models[0].assignment).not.toHaveProperty('backend');
    expect(measurementsOf(last).map(({ point }) => point)).toEqual(
      [1, 2].flatMap((batchSize) => [1, 4].map((concurrency) => inFlight('add_sub', concurrency, batchSize))),
    );
  });

  test("gives Model Analyzer's own table, byte for byte", () => {
    const tables = resultTables(run, [ranking]);
    expect(csvText(tables.inference)).toBe(fixture('add_sub.csv'));
    expect(tablesText([tables.inference])).toBe(fixture('add_sub.table.txt'));
  });

  test('is ranked anew by other objectives and constraints, as Model Analyzer does', () => {
    const other = rank(run, {
      models: ['add_sub'],
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

describe('a checkpoint that is not as it was in 1.58', () => {
  interface RunConfig {
    _model_config_variant?: { model_config: Record<string, unknown> };
    _composing_config_variants?: unknown;
  }
  type Stored = Record<string, [{ _model_run_configs: [RunConfig] }]>;
  /** The fixture, changed. */
  const changed = (change: (results: Stored) => void): string =>
    directoryWith('0.ckpt', (text) => {
      const document = JSON.parse(text);
      change(document['ResultManager.results']._results.add_sub);
      return JSON.stringify(document);
    });
  const runConfig = (results: Stored, name: string) => results[name]![0]._model_run_configs[0];
  const configIn = (results: Stored, name: string) =>
    runConfig(results, name)._model_config_variant!.model_config;

  test('composing models that were changed, too, are said, and no configuration is called the best alone', async () => {
    const directory = changed((results) => {
      for (const name of Object.keys(results)) {
        runConfig(results, name)._composing_config_variants = [
          { model_config: { name: 'preprocess' }, variant_name: 'preprocess_config_0', cpu_only: true },
        ];
      }
    });
    const { run, warnings } = readCheckpoint(directory)!;
    expect(warnings).toEqual([
      expect.stringMatching(
        /^add_sub: its composing models \(preprocess\) were changed, too, .* results\/best$/,
      ),
    ]);
    const ranking = rank(run, { models: ['add_sub'], objectives: DEFAULT_OBJECTIVES, constraints: [] });
    const tables = EXPORTERS.filter(({ format }) => format === 'csv');
    const all = await exportAll(result(run, [ranking]), directory, { exporters: tables });
    expect(all.flatMap(({ files }) => files).map((file) => basename(file))).toEqual([
      'i.csv',
      'results.json',
    ]);
    expect(existsSync(join(directory, 'results', 'best'))).toBe(false);
  });

  test('entries of a map in another order are no change', () => {
    const parameters = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, { stringValue: name }]));
    const directory = changed((results) => {
      configIn(results, 'add_sub_config_default').parameters = parameters('a', 'b', 'c');
      configIn(results, 'add_sub_config_0').parameters = parameters('c', 'a', 'b');
    });
    const [base, other] = readCheckpoint(directory)!.run.trials;
    const changes = other!.models[0].diff.filter(({ change }) => change !== ' ').map(({ text }) => text);
    expect(changes.join()).not.toMatch(/key|string_value/);
    expect(other!.models[0].assignment).not.toHaveProperty('parameters');
    expect(base!.models[0].configText).toContain('key: "c"');
  });

  test.each([
    [
      'a variant without a configuration',
      (results: Stored) => delete runConfig(results, 'add_sub_config_1')._model_config_variant,
    ],
    [
      'a variant that is a number',
      (results: Stored) => {
        Object.assign(results, { add_sub_config_1: 7 });
      },
    ],
    [
      'a configuration with a wrong field',
      (results: Stored) => {
        configIn(results, 'add_sub_config_1').input = 7;
      },
    ],
    [
      'a name that leads elsewhere',
      (results: Stored) => {
        results['../../../../escaped'] = results['add_sub_config_1']!;
        delete results['add_sub_config_1'];
      },
    ],
  ])('%s is left out, and said', (_name, change) => {
    const { run, warnings } = readCheckpoint(changed((results) => void change(results)))!;
    expect(warnings).toEqual([expect.stringContaining('is left out: ')]);
    expect(run.trials.map(({ name }) => name)).toEqual(
      ['default', 0, 2, 3].map((name) => `add_sub_config_${name}`),
    );
  });

  test("a measurement that can't be read is left out, what Python writes for no number is no value", () => {
    const directory = directoryWith('0.ckpt', (text) =>
      text
        .replace(/"_value": [\d.]+/, '"_value": NaN')
        .replace('"concurrency-range": 4', '"concurrency-range": -4'),
    );
    const { run, warnings } = readCheckpoint(directory)!;
    expect(warnings).toEqual(['add_sub_config_default: a measurement is left out: concurrency-range is -4']);
    expect(run.trials[0]!.points).toHaveLength(3);
    expect(JSON.stringify(run)).not.toContain('null,');
  });

  test('what it does not say is not told as nothing', () => {
    const { run } = readCheckpoint(directoryWith())!;
    const { rows, unknown } = methodView(run, run.trials);
    expect(rows.map(({ name }) => name)).toEqual(['Load', 'Measured', 'Journal']);
    expect(rows).toContainEqual({ name: 'Measured', value: '20 points of 5 configurations' });
    expect(unknown).toBe('Not recorded: machine, times, version of the server, GPUs.');
  });

  test('something else of its name', () => {
    const directory = folder();
    mkdirSync(join(directory, '7.ckpt'));
    expect(() => readCheckpoint(directory)).toThrow('it is no file');
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(() => readCheckpoint(directoryWith('0.ckpt', () => deep))).toThrow('nested too deep');
  });
});
