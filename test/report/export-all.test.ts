import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError, userError } from '../../src/ground/errors.ts';
import { rank } from '../../src/rank/rank.ts';
import { EXPORTERS, exportAll, throwFailures } from '../../src/report/export-all.ts';
import { bestNames, type Exporter, resultOf } from '../../src/report/exporter.ts';
import { pagesOf } from '../../src/report/pages.ts';
import { put } from '../../src/report/put.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { measurement, result, run, trial } from '../support/run.ts';

const recorded = run(
  trial('m_config_default', [measurement({ perf_throughput: 100 })]),
  trial('m_config_0', [measurement({ perf_throughput: 200 })]),
);
const goal = { models: ['m'] as const, objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const rankings = [rank(recorded, goal)];
const made = result(recorded, rankings);
const tables = EXPORTERS.filter(({ format }) => format === 'csv');
const failing = (error: unknown): Exporter => ({
  name: 'failing',
  format: 'csv',
  write: async () => {
    throw error;
  },
});

test('a result is plain data: it survives being sent elsewhere', () => {
  expect(structuredClone(made)).toEqual(made);
});

test('figures are written before pages, and those before what needs a browser', () => {
  expect(EXPORTERS.map(({ name }) => name)).toEqual([
    ...['csv', 'json', 'best', 'junit', 'markdown', 'benchmark', 'openmetrics'],
    ...['html', 'pdf', 'png'],
  ]);
});

test('an exporter of your own is written beside the others', async () => {
  const mine: Exporter = {
    name: 'decisions',
    format: 'csv',
    write: async ({ rankings: all }, to) => ({
      files: [put(to, 'results/decisions.txt', all.map(({ decision }) => decision.kind).join('\n'))],
      notes: [],
    }),
  };
  const path = folder();
  const all = await exportAll(made, path, { exporters: [...tables, mine] });
  expect(all.at(-1)).toMatchObject({ exporter: mine, files: [join(path, 'results/decisions.txt')] });
});

describe('one that fails keeps no other from writing', () => {
  test('and what the user can put right is told of all together, each once', async () => {
    const path = folder();
    mkdirSync(join(path, 'results/results.json'), { recursive: true });
    const full = failing(userError('the disk is full'));
    const all = await exportAll(made, path, { exporters: [full, ...tables, full] });
    expect(all.map((item) => 'error' in item)).toEqual([true, false, true, false, true]);
    expect(readdirSync(join(path, 'results')).sort()).toEqual(['best', 'i.csv', 'results.json']);
    let thrown: unknown;
    try {
      throwFailures(all);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).problems.map(({ message }) => message)).toEqual([
      'the disk is full',
      `cannot write ${join(path, 'results/results.json')}: a folder is in the way`,
    ]);
  });

  test('a bug of ours stays one', async () => {
    const bug = new TypeError('a bug');
    const all = await exportAll(made, folder(), { exporters: [failing(userError('full')), failing(bug)] });
    expect(() => throwFailures(all)).toThrow(bug);
  });

  test('nothing that failed is nothing thrown', async () => {
    throwFailures(await exportAll(made, folder(), { exporters: tables }));
  });
});

describe('what is asked for', () => {
  test('pages are made once for all that write them', () => {
    expect(pagesOf(made)).toBe(pagesOf(made));
  });

  const paths = async (...asked: Parameters<typeof resultOf>) =>
    (await pagesOf(resultOf(...asked))).map(({ path }) => path);
  const reports = experimentOf('profile_models: m\nnum_configs_per_model: 1').reports;

  test('the summary and the best configurations, unless they are to be left out', async () => {
    expect(await paths(recorded, rankings, reports)).toEqual([
      'reports/summaries/m/result_summary',
      'reports/detailed/m_config_0/detailed_report',
      'reports/index',
    ]);
    expect(await paths(recorded, rankings, { ...reports, skipDetailed: true })).toEqual([
      'reports/summaries/m/result_summary',
      'reports/index',
    ]);
    expect(bestNames(rankings, 5)).toEqual(['m_config_0', 'm_config_default']);
  });

  test('configurations by name alone; one that is not there has no page', async () => {
    const detailed = ['m_config_default', 'constructor'];
    expect(await paths(recorded, rankings, reports, { summaries: false, detailed, plotsOf: {} })).toEqual([
      'reports/detailed/m_config_default/detailed_report',
    ]);
  });
});

test('what lies there and is no file of tma stays', async () => {
  const path = folder();
  mkdirSync(join(path, 'results'));
  writeFileSync(join(path, 'results/mine.txt'), 'mine');
  await exportAll(made, path, { exporters: tables });
  expect(readdirSync(join(path, 'results')).sort()).toEqual(['best', 'i.csv', 'mine.txt', 'results.json']);
});
