import { beforeAll, describe, expect, test } from 'vitest';
import { expectThrough, journal, nothingLeft, project, results, tma } from './tma.ts';

/** 9 configurations at 8 loads: more than is measured whole. */
const SPACE = `
  add_sub:
    perf_analyzer_flags: {precision: 20, time-limit: 0.3, shape: ["INPUT0:16", "INPUT1:16"]}
    model_config_parameters:
      max_batch_size: [1, 2, 4, 8]
      instance_group: [[{kind: KIND_CPU, count: 1}], [{kind: KIND_CPU, count: 2}]]
    parameters: {concurrency: [1, 2, 3, 4, 5, 6, 7, 8]}`;

describe("tma's own search on a real tritonserver", () => {
  const cwd = project(SPACE);
  const search = [
    'profile',
    '-f',
    'perf.yaml',
    '--run-config-search-mode',
    'auto',
    '--max-measurements',
    '9',
  ];
  let first: { code: number | null; output: string };
  beforeAll(async () => {
    first = await tma(cwd, ...search, '--max-variants', '3');
  });

  test('looks at some, measures the best again on a fresh server, and says why it ended', async () => {
    expect(first.output).toContain(
      'add_sub: 72 points; bayes looks for the best of them in up to 9 measurements',
    );
    expect(first.output).toMatch(/ in flight again: [\d.,]+ infer\/s/);
    expect(first.output).toMatch(
      /bayes looked at \d of 72 points in \d measurements, 3 of 9 configurations of add_sub; it ended because/,
    );
    if (first.code === 0) expect(first.output).toMatch(/(Deploy|Keep) .* infer\/s.* at p99/);
    expectThrough(first);
    expect(await nothingLeft()).toEqual([]);
  });

  test('the journal and the results hold its account and every look', () => {
    const [model] = results(cwd).models;
    expect(model.search).toMatchObject({ search: 'bayes', points: { all: 72 }, configurations: { seen: 3 } });
    const looks = journal(cwd).filter(({ kind, record }) => kind === 'point' && record.again);
    expect(looks.length).toBeGreaterThanOrEqual(1);
    expect(model.pareto.metrics).toEqual(['perf_throughput', 'perf_latency_p99']);
    expect(model.pareto.points.length).toBeGreaterThan(0);
  });

  test('the same command again measures nothing', async () => {
    const lines = journal(cwd).length;
    const again = await tma(cwd, ...search, '--max-variants', '3');
    expect(again.output).not.toContain('starting');
    const added = journal(cwd)
      .slice(lines)
      .map(({ kind }) => kind);
    expect(added.filter((kind) => kind === 'point' || kind === 'end')).toEqual([]);
  });
});
