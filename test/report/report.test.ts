import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { besidesHeadline, verdict } from '../../src/rank/verdict.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import { parseResults } from '../../src/record/results.ts';
import type { BeliefRecord, SearchRecord } from '../../src/record/run.ts';
import { EXPORTERS, exportAll } from '../../src/report/export-all.ts';
import { resultsJson } from '../../src/report/exporters/json.ts';
import { timeBreakdownData } from '../../src/report/figures/time-breakdown.ts';
import { detailedPages, summaryPages } from '../../src/report/pages.ts';
import { checkExportPath } from '../../src/report/put.ts';
import {
  csvText,
  gpuTable,
  inferenceTable,
  resultTables,
  round,
  serverTable,
} from '../../src/report/tables.ts';
import { folder } from '../support/experiment.ts';
import { pageText } from '../support/page.ts';
import { measurement, result, run, trial } from '../support/run.ts';

const stages = {
  perf_server_queue: 1,
  perf_server_compute_input: 0.1,
  perf_server_compute_infer: 6,
  perf_server_compute_output: 0.2,
};
const base = trial('m_config_default', [
  measurement({ perf_throughput: 100, perf_latency_p99: 12, ...stages }, 1),
  measurement({ perf_throughput: 110, perf_latency_p99: 24, ...stages }, 2),
]);
const better = trial('m_config_0', [
  measurement({ perf_throughput: 180, perf_latency_p99: 9, ...stages }, 1),
  measurement({ perf_throughput: 240, perf_latency_p99: 30, ...stages }, 2, {
    stable: false,
    warnings: ['not steady'],
  }),
]);
const failed = trial('m_config_1', [], {
  assignment: { instance_group: [{ kind: 'KIND_GPU', count: 1 }], evil: '<script>alert(1)</script>' },
  points: [
    { state: 'failed', key: 'k', point: inFlight('m', 1), cause: 'no GPUs are <available>' },
    {
      state: 'skipped',
      points: [inFlight('m', 1, 9)],
      reason: 'client batch 9 exceeds max_batch_size 4',
    },
  ],
  end: {
    cause: 'no GPUs are <available>',
    logTail: ['E1123 first', 'E1123 second'],
    logFile: 'logs/m_config_1.log',
    warnings: [],
    steps: { startS: 0.1, loadS: 0.2, warmupS: 0, measureS: 0, stopS: 0.2 },
  },
});
const all = run(base, better, failed);
const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }] as const,
};
const ranking = rank(all, goal);

describe('tables', () => {
  test("Model Analyzer's columns and how sure they are, best first, passing before failing", () => {
    expect(csvText(inferenceTable([ranking]))).toBe(
      [
        'Model,Batch,Concurrency,Model Config Path,Instance Group,Max Batch Size,Satisfies Constraints,Throughput (infer/sec),p99 Latency (ms),Throughput (infer/sec) 95% low,Throughput (infer/sec) 95% high,Requests,Looks,Starts,Marks',
        'm,1,1,m_config_0,2:CPU,10,Yes,180.0,9.0,171,189,1000,1,1,',
        'm,1,2,m_config_0,2:CPU,10,No,240.0,30.0,228,252,1000,1,1,unstable',
        'm,1,2,m_config_default,2:CPU,16,No,110.0,24.0,104.5,115.5,1000,1,1,',
        'm,1,1,m_config_default,2:CPU,16,No,100.0,12.0,95,105,1000,1,1,',
        '',
        '',
      ].join('\n'),
    );
  });

  test('the header begins as the one of a real Model Analyzer', () => {
    const [header] = readFileSync('test/fixtures/model-analyzer/metrics-model-inference.csv', 'utf8').split(
      '\n',
    );
    expect(inferenceTable([ranking]).headers.join(',').startsWith(`${header},`)).toBe(true);
  });

  test('marks and ends of intervals are fields to ask for; nothing is added to what was asked for', () => {
    const taken = measurement({}, 1, { takenOver: true, stable: false, startedAt: '2026-01-10T02:00:00Z' });
    const again = rank(run(trial('m_config_default', [taken])), goal);
    const { headers, rows } = inferenceTable([again], ['perf_throughput_low', 'marks', 'nothing_high']);
    expect(headers).toEqual(['Throughput (infer/sec) 95% low', 'Marks']);
    expect(rows).toEqual([['95', 'unstable;taken-over:2026-01-10']]);
  });

  test('what else it is judged by is a column, with the ends of its interval', () => {
    const looked = measurement({}, 1, { intervals: { perf_latency_avg: [7, 9] } });
    const judged = { ...goal, objectives: [{ tag: 'perf_latency_avg', weight: 1 }] };
    const { headers } = inferenceTable([rank(run(trial('m_config_default', [looked])), judged)]);
    expect(headers.filter((header) => header.startsWith('Avg'))).toEqual([
      'Avg Latency (ms)',
      'Avg Latency (ms) 95% low',
      'Avg Latency (ms) 95% high',
    ]);
  });

  test('what Model Analyzer measured gets no columns of what it did not record', () => {
    const bare = rank(run(trial('m_config_default', [measurement({}, 1, { requests: 0 })])), goal);
    expect(inferenceTable([bare]).headers.at(-1)).toBe('p99 Latency (ms)');
  });

  test('a row for each GPU, and the server alone', () => {
    const gpus = {
      'GPU-a': { gpu_used_memory: 2000, gpu_utilization: 50, gpu_power_usage: 120 },
      'GPU-b': { gpu_used_memory: 3000 },
    };
    const withGpus = rank(run(trial('m_config_default', [measurement({}, 1, { gpus })])), goal);
    expect(gpuTable([withGpus]).rows).toEqual([
      ['m', 'GPU-a', '1', '1', 'm_config_default', '2:CPU', 'Yes', '2000.0', '50.0', '120.0', ''],
      ['m', 'GPU-b', '1', '1', 'm_config_default', '2:CPU', 'Yes', '3000.0', 'None', 'None', ''],
    ]);
    expect(serverTable({ name: 'triton', version: '1', gpus }).rows[0]).toEqual([
      'triton-server',
      'GPU-a',
      '2000.0',
      '50.0',
      '120.0',
    ]);
  });

  test('of one GPU the ends of its intervals are known, of several none', () => {
    const own = { gpu_utilization: 50 };
    const tableOf = (gpus: Readonly<Record<string, typeof own>>) => {
      const looked = measurement({}, 1, { gpus, intervals: { gpu_utilization: [45, 55] } });
      return gpuTable([rank(run(trial('m_config_default', [looked])), goal)]);
    };
    const { headers, rows } = tableOf({ 'GPU-a': own });
    expect(headers.slice(-4)).toEqual([
      'GPU Utilization (%)',
      'GPU Utilization (%) 95% low',
      'GPU Utilization (%) 95% high',
      'Marks',
    ]);
    expect(rows[0]!.slice(-4, -1)).toEqual(['50.0', '45', '55']);
    expect(tableOf({ 'GPU-a': own, 'GPU-b': own }).headers.join()).not.toContain('95%');
  });

  test('a limit on what was not measured is neither kept nor broken', () => {
    const memory = { tag: 'gpu_used_memory', bound: 'max', value: 1000 } as const;
    const unknown = rank(all, { ...goal, constraints: [memory] });
    const { headers, rows } = inferenceTable([unknown]);
    const cells = rows.map((row) => row[headers.indexOf('Satisfies Constraints')]);
    expect(new Set(cells)).toEqual(new Set(['Unknown']));
    const both = inferenceTable([rank(all, { ...goal, constraints: [memory, ...goal.constraints] })]);
    expect(both.rows.map((row) => row[both.headers.indexOf('Satisfies Constraints')])).toEqual([
      ...['Unknown', 'No', 'No', 'No'],
    ]);
  });

  test('commas in cells are quoted', () => {
    expect(csvText({ headers: ['a', 'b'], rows: [['1,2', 'say "x"']] })).toBe('a,b\n"1,2","say ""x"""\n\n');
  });
});

describe('figures are data first', () => {
  test('stages by load, in order of load', () => {
    const { bars, loads } = timeBreakdownData([measurement(stages, 4), measurement(stages, 1)]);
    expect(loads.map((item) => item.load)).toEqual(['1', '4']);
    expect(loads[0]?.totalMs).toBeCloseTo(7.3);
    expect(bars.slice(0, 4).map((bar) => bar.stage)).toEqual([
      'queue',
      'compute input',
      'compute infer',
      'compute output',
    ]);
  });
});

describe('pages', async () => {
  const [summary] = await summaryPages(all, [ranking]);
  const details = await detailedPages(all, [better, failed], [ranking]);

  test('the summary as last agreed on', async () => {
    await expect(pageText(summary!.html)).toMatchFileSnapshot('../golden/result_summary.html');
  });

  test('the page of one configuration as last agreed on', async () => {
    await expect(pageText(details[0]!.html)).toMatchFileSnapshot('../golden/detailed_report.html');
  });

  test('say the verdict, the change, the failure and its log', () => {
    const { document } = parseHTML(summary!.html);
    const text = document.body.textContent ?? '';
    expect(document.querySelector('#verdict h2')?.textContent).toContain('Deploy ');
    expect(document.querySelector('#verdict .what a')?.textContent).toBe('m_config_0');
    expect([...document.querySelectorAll('#apply pre .added')].map((line) => line.textContent)).toEqual([
      '+ max_batch_size: 10',
    ]);
    expect(text).toContain('no GPUs are <available>');
    expect(text).toContain('E1123 second');
    expect(text).toMatch(/skipped client batch 9 exceeds max_batch_size 4 \(1 point\)/);
    expect(
      [...document.querySelectorAll('section figure')].map(({ parentElement }) => parentElement.id),
    ).toEqual([...['pareto', 'load-curves', 'time-split', 'history']]);
    expect(document.querySelectorAll('tr#m_config_0')).toHaveLength(1);
  });

  test('load nothing from anywhere and run nothing that was not ours', async () => {
    const evil = rank(
      run(base, { ...better, models: [{ ...better.models[0], assignment: failed.models[0].assignment }] }),
      goal,
    );
    const { html } = (await summaryPages(all, [evil]))[0]!;
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;');
    expect([...html.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map((match) => match[1])).toEqual([]);
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });

  test('an interval of which one end is known stands wherever the figure does', async () => {
    const open = trial('m_config_default', [
      measurement({ perf_latency_p99: 9 }, 1, { intervals: { perf_latency_p99: [8.5, null] } }),
    ]);
    const { document } = parseHTML((await summaryPages(run(open), [rank(run(open), goal)]))[0]!.html);
    expect(document.querySelector('.numbers')?.textContent).toContain('9.00 ms 8.50 or more');
    expect(document.querySelector('ul.checks')?.textContent).toContain(
      '(9.00 ms, 95 % interval 8.50 or more)',
    );
    expect(document.querySelector('tr#m_config_default')?.textContent).toContain('9.008.50 or more');
  });

  test('fit a narrow screen: no column of a grid is wider than it', () => {
    expect(readFileSync('templates/report.css', 'utf8')).not.toMatch(/minmax\((?!min\()[1-9]/);
  });

  test('a run in which the client was the limit everywhere has a page without a winner', async () => {
    const bottleneck = { who: 'client', reasons: ['its busiest thread worked 99 % of the time'] } as const;
    const bound = run(trial('m_config_default', [measurement({}, 1, { bottleneck })]));
    const ranked = rank(bound, goal);
    expect(ranked.winner).toBeUndefined();
    const { html } = (await summaryPages(bound, [ranked]))[0]!;
    expect(html).toContain('the load generator was the limit');
    expect(html).toContain('m_config_default:');
  });

  test('a limit on what was not measured is shown as not checked, and why', async () => {
    const memory = { tag: 'gpu_used_memory', bound: 'max', value: 1000 } as const;
    const ranked = rank(all, { ...goal, constraints: [memory] });
    const { document } = parseHTML((await summaryPages(all, [ranked]))[0]!.html);
    expect(document.querySelector('.verdict')?.className).toBe('verdict open');
    expect(document.querySelector('ul.checks')?.textContent).toBe(
      '? GPU memory at most 1,000 MB (not measured: no GPU was seen)',
    );
    const cells = [...document.querySelectorAll('td .unknown')].map((cell) => cell.textContent);
    expect(new Set(cells)).toEqual(new Set(['not checked: GPU memory at most 1,000 MB']));
    expect(document.querySelectorAll('td .yes, td .no')).toHaveLength(0);
    expect(document.querySelector('figcaption')?.textContent).toContain('pale: a limit could not be checked');
  });

  test('a run where nothing worked still has a page', async () => {
    const nothing = rank(run(failed), goal);
    const { html } = (await summaryPages(run(failed), [nothing]))[0]!;
    expect(html).toContain('Nothing could be measured for m');
    expect(html).toContain('no GPUs are &lt;available&gt;');
  });
});

test('files lie where Model Analyzer puts them', async () => {
  const path = folder();
  checkExportPath(path);
  const exporters = EXPORTERS.filter(({ format }) => format === 'csv' || format === 'html');
  const written = await exportAll(result(all, [ranking], { detailed: [better.name] }), path, { exporters });
  expect(written.flatMap(({ files }) => files).map((file) => file.slice(path.length + 1))).toEqual([
    'results/i.csv',
    'results/results.json',
    'results/best/m/config.pbtxt',
    'reports/summaries/m/result_summary.html',
    'reports/detailed/m_config_0/detailed_report.html',
    'reports/index.html',
  ]);
  expect(readdirSync(path).sort()).toEqual(['reports', 'results']);
  expect(readFileSync(join(path, 'results/best/m/config.pbtxt'), 'utf8')).toBe(better.models[0].configText);
  expect(existsSync(join(path, 'results/g.csv'))).toBe(false);
});

test('results.json holds the verdict and everything measured', () => {
  const document = JSON.parse(resultsJson(result(all, [ranking])));
  expect(document).toMatchObject({
    schemaVersion: 2,
    models: [
      {
        model: 'm',
        winner: { variant: 'm_config_0', satisfiesConstraints: true, values: { perf_throughput: 180 } },
        default: { variant: 'm_config_default' },
      },
    ],
  });
  // The default breaks the limit.
  expect(document.models[0]).toMatchObject({ gainPercent: null, noGain: { reason: 'default misses' } });
  expect(document.trials).toHaveLength(3);
});

describe('one decision is followed by sentence, colour, tiles, diff, tag, results.json and best/', () => {
  const at = (name: string, throughput: number, changes: Partial<Measurement & Measurement['whole']> = {}) =>
    trial(name, [measurement({ perf_throughput: throughput }, 1, changes)]);
  const client = { bottleneck: { who: 'client', reasons: ['its thread was busy'] } } as const;
  const free = { ...goal, constraints: [] };
  const strict = { ...goal, constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 1 }] as const };
  const stopped: SearchRecord = {
    ...{ models: ['m'], search: 'manual', why: 'it was interrupted', interrupted: true, measurements: 2 },
    ...{ importance: [], skipped: [], remarks: [] },
    points: { all: 4, seen: 2 },
    configurations: { all: 2, seen: 2 },
  };
  const two = [at('m_config_default', 100), at('m_config_0', 200)];
  const believing = (changes: Partial<BeliefRecord>): SearchRecord => ({
    ...{ models: ['m'], search: 'bayes', why: '', measurements: 2, importance: [], skipped: [], remarks: [] },
    points: { all: 400, seen: 2 },
    configurations: { all: 40, seen: 2 },
    belief: {
      goal: { objectives: goal.objectives, constraints: goal.constraints },
      ...{ variant: 'm_config_0', point: inFlight('m', 1), value: 200, interval: [190, 210], keeps: 0.96 },
      better: { chance: 0.12, variant: 'm_config_9', point: inFlight('m', 4) },
      ...changes,
    },
  });
  /** Beyond the limit by less than the noise. */
  const near = [
    at('m_config_default', 100),
    at('m_config_0', 200, { values: { perf_throughput: 200, perf_latency_p99: 10.2 } }),
  ];

  test.each([
    ['deploy', run(...two), free, 'm_config_0', 'good'],
    ['keep', run(at('m_config_default', 100), at('m_config_0', 103)), free, 'm_config_default', 'good'],
    ['none', run(...two), strict, null, 'bad'],
    ['unfinished', { ...run(...two), searches: [stopped] }, free, null, 'open'],
    [
      'unfinished',
      run(at('m_config_default', 100, client), at('m_config_0', 200, client)),
      free,
      null,
      'open',
    ],
    [
      'deploy',
      { ...run(...two, at('m_config_1', 205)), searches: [believing({})] },
      goal,
      'm_config_0',
      'good',
    ],
    ['deploy', { ...run(...near), searches: [believing({})] }, goal, 'm_config_0', 'good'],
    [
      'unfinished',
      {
        ...run(near[1]!, at('m_config_default', 100, { values: { perf_latency_p99: 30 } })),
        searches: [believing({ keeps: 0.8 })],
      },
      goal,
      null,
      'open',
    ],
  ])('%s', async (kind, recorded, of, name, colour) => {
    const ranked = rank(recorded, of);
    const path = folder();
    // An earlier run's answer lies there.
    mkdirSync(join(path, 'results/best/m'), { recursive: true });
    writeFileSync(join(path, 'results/best/m/config.pbtxt'), 'name: "yesterday"');
    await exportAll(result(recorded, [ranked]), path, {
      exporters: EXPORTERS.filter(({ format }) => format === 'csv'),
    });
    const [json] = JSON.parse(readFileSync(join(path, 'results/results.json'), 'utf8')).models;
    const { document } = parseHTML((await summaryPages(recorded, [ranked]))[0]!.html);
    const chosen = recorded.trials.find((item) => item.name === name);

    expect(json.decision).toMatchObject({ kind, variant: name });
    expect(json.winner?.variant ?? null).toBe(name);
    expect(json.verdict).toBe(verdict(ranked));
    const beside = document.querySelector('p.verdict')?.textContent ?? '';
    if (kind === 'none') expect(json.verdict).toBe(`No configuration meets the constraints. ${beside}`);
    else expect(beside).toBe(name ? besidesHeadline(ranked) : json.verdict);
    expect(document.querySelector('#verdict')?.className).toBe(`answer ${colour}`);
    expect(document.querySelectorAll('.numbers')).toHaveLength(name ? 1 : 0);
    expect([...document.querySelectorAll('tr.winner')].map((row) => row.id)).toEqual(name ? [name] : []);
    expect(document.querySelectorAll('#apply pre .added')).toHaveLength(kind === 'deploy' ? 1 : 0);
    const best = join(path, 'results/best/m/config.pbtxt');
    expect(existsSync(best) ? readFileSync(best, 'utf8') : undefined).toBe(chosen?.models[0].configText);
    const sentence = { deploy: 'Deploy m_config_0', keep: 'Keep the default', none: 'No configuration' }[
      kind
    ];
    if (sentence) expect(json.verdict).toContain(sentence);
    else expect(json.verdict).not.toMatch(/Deploy|Keep/);
  });

  test('a limit that is overruled is kept in every place, with how sure that is', async () => {
    const recorded = { ...run(...near), searches: [believing({})] };
    const ranked = rank(recorded, goal);
    const { document } = parseHTML((await summaryPages(recorded, [ranked]))[0]!.html);
    const textOf = (selector: string) => document.querySelector(selector)?.textContent;
    expect(textOf('.verdict')).toContain('It keeps the limit with a chance of 96 %');
    expect(textOf('.checks li')).toBe(
      '✓ p99 latency at most 10.0 ms (10.2 ms, within the noise: kept with 96 %) 2.00 % above it',
    );
    expect(textOf('tr.winner td:last-child')).toBe('p99 latency at most 10.0 ms kept with 96 % (10.2)');
    const tiles = [...document.querySelectorAll('.numbers > div')].map((tile) =>
      tile.textContent!.replaceAll(/\s+/g, ' ').trim(),
    );
    expect(tiles).toEqual([
      'throughput 200 infer/s 190 to 210 over starts default 100',
      'p99 latency 10.2 ms default 10.0, limit 10.0',
      expect.stringMatching(/^against the default \+100 % ± [\d.]+ in throughput$/),
      'keeps the limit 96 %',
      'chance of better 12 % by more than 5 %: m_config_9 with 4 requests in flight',
    ]);
    const { headers, rows } = inferenceTable([ranked]);
    expect(rows[0]![headers.indexOf('Satisfies Constraints')]).toBe('Yes');
    const results = parseResults(
      resultsJson({ run: recorded, rankings: [ranked], across: undefined }),
      'r.json',
    );
    const [model] = results.models;
    expect(model!.winner!.checks).toEqual([
      { ...goal.constraints[0], measured: 10.2, verdict: 'met', met: true, believed: 0.96 },
    ]);
    expect(model!.belief).toEqual(recorded.searches[0]!.belief);
    expect(model!.gain!.plusMinus).toBe(ranked.gain!.plusMinus);
  });

  test('a belief that is not followed is no part of the verdict in results.json', () => {
    const recorded = { ...run(...two), searches: [believing({ variant: 'm_config_5' })] };
    const text = resultsJson({ run: recorded, rankings: [rank(recorded, goal)], across: undefined });
    const [model] = parseResults(text, 'r.json').models;
    expect(model).not.toHaveProperty('belief');
    expect(model!.search!.belief?.variant).toBe('m_config_5');
  });
});

test('an export path that can not be written is a mistake, told before anything is measured', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => checkExportPath(file)).toThrow(`cannot write ${file}`);
});

describe('columns that are asked for', () => {
  const gpus = {
    'GPU-a': { gpu_used_memory: 2000.25, gpu_utilization: 50 },
    'GPU-b': { gpu_used_memory: 3000.75 },
  };
  const configured = trial('m_config_default', [measurement({}, 1, { gpus })], {
    config: {
      name: 'm',
      instance_group: [
        { kind: 'KIND_GPU', count: 2 },
        { kind: 'KIND_GPU', count: 1, gpus: [0] },
        { kind: 'KIND_CPU', count: 1 },
      ],
      parameters: { threads: { string_value: '4' } },
    },
  });
  const recorded = { ...run(configured), servers: [{ name: 'triton', version: '1', gpus }] };
  const tables = resultTables(recorded, [rank(recorded, goal)], {
    inference: [
      'instance_group',
      'backend_parameter/threads',
      'backend_parameter/none',
      'cpu_used_ram',
      'perf_throughput',
    ],
    server: ['gpu_uuid', 'gpu_utilization', 'gpu_used_memory'],
  });

  test('in their order; a parameter of the configuration; a metric that nothing has is left out', () => {
    expect(tables.inference.headers).toEqual([
      'Instance Group',
      'backend_parameter/threads',
      'backend_parameter/none',
      'Throughput (infer/sec)',
    ]);
    // Two on each of two GPUs, one on one of them.
    expect(tables.inference.rows).toEqual([['5:GPU + 1:CPU', '4', 'None', '100.0']]);
    expect(tables.gpu.headers).toContain('GPU UUID');
    expect(tables.server.rows).toEqual([
      ['GPU-a', '50.0', '2000.2'],
      ['GPU-b', 'None', '3000.8'],
    ]);
  });

  test('a decimal in the middle goes to the even side, as in Python', () => {
    expect([0.25, 0.75, 0.35, 2.5, -0.25, 1e6 + 0.25].map(round)).toEqual([
      ...['0.2', '0.8', '0.3', '2.5', '-0.2', '1000000.2'],
    ]);
  });
});

describe('how sure each figure is, in results.json', () => {
  const again = (item: Measurement, afresh: boolean) => ({
    state: 'measured' as const,
    key: 'k',
    measurement: item,
    ...(afresh && { again: 'afresh' as const }),
  });
  const repeated = {
    ...trial('m_config_0', []),
    state: 'measured' as const,
    points: [
      again(measurement({ perf_throughput: 180 }, 1, { stable: false }), false),
      again(measurement({ perf_throughput: 190 }), true),
    ],
  };
  const written = parseResults(
    resultsJson(result(run(base, repeated), [rank(run(base, repeated), goal)])),
    'r',
  );

  test('the interval holds another start where there were several; requests, looks and starts stand beside it', () => {
    const { winner } = written.models[0]!;
    expect(winner).toMatchObject({ variant: 'm_config_0', requests: 2000, looks: 2, starts: 2 });
    const [low, high] = winner!.intervals['perf_throughput']!;
    expect(low).toBeLessThan(176);
    expect(high).toBeGreaterThan(194);
    expect(written.models[0]!.default).toMatchObject({ requests: 1000, looks: 1, starts: 1, marks: [] });
  });

  test('marks are tags with words, on entries, on the front and on every point that carries one', () => {
    expect(written.marks?.['unstable']).toEqual({
      words: 'not as precise or as steady as was asked',
      advice: 'measure it longer (--time-limit)',
    });
    expect(written.models[0]!.winner!.marks).toEqual([
      { tag: 'unstable', text: expect.stringContaining('steady') },
    ]);
    expect(written.models[0]!.pareto.points[0]!.marks).toHaveLength(1);
    const points = written.trials.find(({ name }) => name === 'm_config_0')!.points;
    expect(points.map((point) => (point.state === 'measured' ? (point.marks ?? []).length : -1))).toEqual([
      1, 0,
    ]);
  });

  test('a file of an earlier tma, without them, is read', () => {
    const { marks: _, ...old } = JSON.parse(JSON.stringify(written));
    for (const model of old.models) {
      for (const item of [model.winner, model.leader, model.default, ...model.ranking])
        for (const key of ['requests', 'looks', 'starts', 'marks']) delete item[key];
      for (const item of model.pareto.points)
        for (const key of ['intervals', 'requests', 'looks', 'starts', 'marks']) delete item[key];
    }
    expect(parseResults(JSON.stringify(old), 'old').models[0]!.winner!.marks).toBeUndefined();
  });
});

describe('findings', () => {
  const idle = trial(
    'm_config_0',
    [1, 2, 4].map((load) =>
      measurement({ perf_throughput: 180 + load, perf_latency_p99: 9, gpu_utilization: 41 }, load),
    ),
    { config: { name: 'm', max_batch_size: 10, instance_group: [{ kind: 'KIND_GPU', count: 2 }] } },
  );
  const found = run(base, idle);
  const ranked = rank(found, goal);

  test('stand on the summary page, with links to the rows that carry them', async () => {
    const [page] = await summaryPages(found, [ranked]);
    const { document } = parseHTML(page!.html);
    const items = [...document.querySelectorAll('ul.findings li')];
    expect(items.map((item) => item.textContent)).toContainEqual(
      expect.stringContaining('The GPU works for 41.0 % of the time'),
    );
    for (const link of document.querySelectorAll('ul.findings a')) {
      expect(document.querySelector(`tr[id="${link.getAttribute('href')!.slice(1)}"]`)).not.toBeNull();
    }
    expect(document.querySelector('ul.findings a')).not.toBeNull();
  });

  test('are in results.json, with the figures that carry them', () => {
    const { findings } = parseResults(resultsJson(result(found, [ranked])), 'r').models[0]!;
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'idle-gpu',
        kind: 'gain',
        evidence: expect.arrayContaining([
          expect.objectContaining({
            variant: 'm_config_0',
            values: expect.objectContaining({ gpu_utilization: 41 }),
          }),
        ]),
      }),
    );
  });

  test('a page without any has no heading for them', async () => {
    const [page] = await summaryPages(run(base), [rank(run(base), goal)]);
    expect(page!.html).not.toContain('What else was found');
  });
});

test('a gain that the noise may explain is no difference, in results.json and on the page of the configuration', async () => {
  const close = trial('m_config_0', [measurement({ perf_throughput: 102 }, 1)]);
  const far = trial('m_config_11', [measurement({ perf_throughput: 180 }, 1)]);
  const default_ = trial('m_config_default', [measurement({ perf_throughput: 100 }, 1)]);
  const differs = (other: typeof close): unknown => {
    const ranked = rank(run(default_, other), { ...goal, constraints: [] });
    const { ranking: entries } = parseResults(resultsJson(result(run(default_, other), [ranked])), 'r')
      .models[0]!;
    return entries.find(({ variant }) => variant === other.name)!.gain?.differs;
  };
  expect([differs(close), differs(far)]).toEqual([false, true]);
  const ranked = rank(run(default_, close), { ...goal, constraints: [] });
  const [page] = await detailedPages(run(default_, close), [default_], [ranked]);
  expect(page!.html).toContain('Rank 2 of 2, tied with the first.');
});
