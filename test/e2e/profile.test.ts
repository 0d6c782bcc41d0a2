import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { installedTriton } from '../../src/install/cache.ts';
import { loadModel } from '../../src/server/load-model.ts';
import { LocalLauncher } from '../../src/server/local.ts';
import { folder, launchRequest, launchSettings } from '../support/experiment.ts';
import { expectThrough, journal, nothingLeft, project, read, results, tma, tmaWithBrowser } from './tma.ts';

const hasGpu = existsSync('/dev/nvidia0');
if (hasGpu) console.warn('skipped: the failure of a GPU variant, because this machine has a GPU');

const SWEEP = `
  add_sub:
    perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100, shape: ["INPUT0:16", "INPUT1:16"]}
    model_config_parameters:
      dynamic_batching: {max_queue_delay_microseconds: [0, 300]}
      instance_group: [[{kind: KIND_CPU, count: 1}], [{kind: KIND_GPU, count: 1}]]
    parameters: {concurrency: "1,4", batch_sizes: [1, 8]}`;

describe('a whole run on a real tritonserver', () => {
  const cwd = project(SWEEP, 'constraints: {perf_latency_p99: {max: 1000}}');
  let first: { code: number | null; output: string };
  beforeAll(async () => {
    first = await tmaWithBrowser(cwd, 'profile', '-f', 'perf.yaml');
  });

  test('ends well, with the ranked table, the verdict and the reports', () => {
    expect(first.output).toMatch(/add_sub: 5 configurations, 10 points/);
    expect(first.output).toContain(
      'skipped: client batch 8 exceeds max_batch_size 4 (10 points of 5 configurations)',
    );
    if (first.code === 0) expect(first.output).toMatch(/(Deploy|Keep) .* infer\/s.* at p99/);
    expect(first.output).toContain('report   tma-out/reports/summaries/add_sub/result_summary.html');
    // Without a winner the exit code says so; on a busy machine there may be none.
    const [{ winner }] = results(cwd).models;
    expect(first.code).toBe(winner ? 0 : 3);
  });

  test.skipIf(hasGpu)(
    'a GPU variant on a machine without one is a failed trial with its cause and log',
    () => {
      const failed = results(cwd).trials.filter((trial: { state: string }) => trial.state === 'failed');
      expect(failed.map((trial: { name: string }) => trial.name)).toEqual([
        'add_sub_config_1',
        'add_sub_config_3',
      ]);
      expect(failed[0].end.cause).toContain('KIND_GPU but no GPUs are available');
      expect(failed[0].end.logTail.join('\n')).toContain('KIND_GPU');
      expect(read(cwd, 'tma-out/reports/summaries/add_sub/result_summary.html')).toContain(
        'KIND_GPU but no GPUs are available',
      );
    },
  );

  test('client and server agree on what was measured', () => {
    const trial = results(cwd).trials.find((item: { name: string }) => item.name === 'add_sub_config_0');
    const memory: number[] = [];
    for (const { measurement } of trial.points.filter(
      (point: { state: string }) => point.state === 'measured',
    )) {
      const {
        whole: { values },
        durationS,
        point: {
          streams: [{ load }],
        },
      } = measurement;
      expect(values.perf_throughput).toBeGreaterThan(50);
      // Both count the same inferences, but for those that a window's edge cuts off.
      expect(values.perf_inference_count / (values.perf_throughput * durationS)).toBeGreaterThan(0.8);
      expect(values.perf_inference_count / (values.perf_throughput * durationS)).toBeLessThan(1.25);
      const inside = ['queue', 'compute_input', 'compute_infer', 'compute_output'].reduce(
        (sum, name) => sum + values[`perf_server_${name}`],
        0,
      );
      expect(inside).toBeLessThan(values.perf_latency_avg * 1.1);
      expect(values.perf_executed_batch).toBeGreaterThanOrEqual(1);
      expect(values.perf_executed_batch).toBeLessThanOrEqual(load.inFlight);
      memory.push(values.cpu_used_ram ?? 0);
      expect(values.perf_latency_p50).toBeLessThanOrEqual(values.perf_latency_p99);
    }
    // A short point may be over before a busy machine came to look at it.
    expect(Math.max(...memory)).toBeGreaterThan(20);
  });

  test('what was asked for was in effect', () => {
    const trial = results(cwd).trials.find((item: { name: string }) => item.name === 'add_sub_config_2');
    expect(trial.end.effective.dynamic_batching.max_queue_delay_microseconds).toBe('300');
    expect(trial.end.warnings).toEqual([]);
  });

  test("the table has Model Analyzer's header and a row a point", () => {
    const lines = read(cwd, 'tma-out/results/metrics-model-inference.csv').split('\n');
    expect(lines[0]).toBe(
      'Model,Batch,Concurrency,Model Config Path,Instance Group,Max Batch Size,Satisfies Constraints,Throughput (infer/sec),p99 Latency (ms),Throughput (infer/sec) 95% low,Throughput (infer/sec) 95% high,p99 Latency (ms) 95% low,p99 Latency (ms) 95% high,Requests,Looks,Starts,Marks',
    );
    expect(lines.filter((line) => line.startsWith('add_sub,'))).toHaveLength(hasGpu ? 10 : 6);
  });

  test('the PDF is one, with text', () => {
    const pdf = readFileSync(join(cwd, 'tma-out/reports/summaries/add_sub/result_summary.pdf'));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(20_000);
    expect(readdirSync(join(cwd, 'tma-out/reports/detailed'))).toHaveLength(3);
  });

  test('nothing is left running', async () => {
    expect(await nothingLeft()).toEqual([]);
  });

  test('the same command again measures nothing but what failed', async () => {
    const lines = journal(cwd).filter(
      (entry) => entry.kind === 'point' && entry.record.state === 'measured',
    ).length;
    const second = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expectThrough(second);
    expect(
      journal(cwd).filter((entry) => entry.kind === 'point' && entry.record.state === 'measured'),
    ).toHaveLength(lines);
  });

  test('reports come from the journal, without a server', async () => {
    mkdirSync(join(cwd, 'elsewhere'));
    const { code, output } = await tmaWithBrowser(
      cwd,
      'report',
      '--report-model-configs',
      'add_sub_config_1,add_sub_config_default',
      '--export-path',
      'elsewhere',
      '--config-file',
      'perf.yaml',
    );
    expect(code).toBe(0);
    const endings = output
      .trim()
      .split('\n')
      .map((line) => line.split('.').at(-1));
    // Of two configurations the page as HTML and PDF, the usual plots of what was measured, and the times.
    expect(endings.filter((ending) => ending === 'html')).toHaveLength(2);
    expect(endings.filter((ending) => ending === 'pdf')).toHaveLength(2);
    expect(endings.filter((ending) => ending === 'png')).toHaveLength(2);
    expect(read(cwd, 'elsewhere/reports/detailed/add_sub_config_default/detailed_report.html')).toContain(
      'Rank ',
    );
  });

  test('a written variant is a model that Triton serves as it lies there', async () => {
    const launcher = new LocalLauncher(launchSettings({ serverPath: installedTriton() }));
    await using server = await launcher.launch(
      launchRequest({
        modelRepository: join(cwd, 'tma-out', 'output_model_repository'),
        logFile: join(cwd, 'served.log'),
        flags: { 'disable-auto-complete-config': '' },
      }),
    );
    await loadModel(server, 'add_sub_config_2', undefined, {
      timeoutS: 60,
      signal: new AbortController().signal,
    });
    expect(await server.triton.config('add_sub_config_2')).toMatchObject({
      name: 'add_sub_config_2',
      dynamic_batching: { max_queue_delay_microseconds: '300' },
    });
    await launcher.close();
  });
});

test('several models, one without config.pbtxt: each by its own, and all of them together', async () => {
  const cwd = project(
    '[no_config, {add_sub: {parameters: {concurrency: 2}, objectives: [perf_latency_p99]}}]',
    'num_top_model_configs: 2\nplots: {mine: {title: Mine, x_axis: concurrency, y_axis: perf_latency_p99}}',
  );
  const { code, output } = await tmaWithBrowser(cwd, 'profile', '-f', 'perf.yaml');
  const { models, acrossModels } = results(cwd);
  expect(output).toMatch(
    /What was decided for each model:\ndecision +Model .*\n.* no_config\b.*\n.* add_sub\b/,
  );
  // On a busy machine the client may be the limit, and nothing is decided.
  if (models.every(({ winner }: { winner: unknown }) => winner)) {
    expect(output).toContain('Keep the default of no_config: ');
    expect(output).toMatch(/\nkeep +no_config +no_config_config_default .*\nkeep +add_sub /);
  }
  expect(output).toContain('The best 2 configurations of all models, by the highest throughput:');
  expectThrough({ code, output });
  expect(models.map(({ objectives }: { objectives: { tag: string }[] }) => objectives[0]!.tag)).toEqual([
    'perf_throughput',
    'perf_latency_p99',
  ]);
  expect(acrossModels.ranking).toHaveLength(2);
  const page = 'tma-out/reports/summaries/Best Configs Across All Models/result_summary';
  expect(read(cwd, `${page}.html`)).toContain('aria-label="Mine"');
  expect(
    readFileSync(join(cwd, `${page}.pdf`))
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
  for (const of of ['no_config', 'add_sub_config_default', 'Best Configs Across All Models']) {
    const picture = readFileSync(join(cwd, 'tma-out', 'plots', 'simple', of, 'mine.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
  }
  const text = read(cwd, 'tma-out/output_model_repository/no_config_config_default/config.pbtxt');
  expect(text).toContain('max_batch_size: 2');
  expect(text).toContain('data_type: TYPE_FP32');
});

test.skipIf(hasGpu)(
  'a limit on GPU memory where there is no GPU: ranked, said, promised nothing, and no pass',
  async () => {
    const cwd = project('add_sub', 'constraints: {gpu_used_memory: {max: 8000}}');
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
    expectThrough({ code, output });
    expect(output).toContain('gpu_used_memory was not measured (no GPU here): its limit is not checked');
    expect(output).toContain('Nothing can be promised for add_sub');
    expect(results(cwd).models[0]).toMatchObject({
      decision: { kind: 'unfinished', reason: 'constraints unknown', variant: null },
      leader: { variant: 'add_sub_config_default', satisfiesConstraints: null },
    });
    expect(existsSync(join(cwd, 'tma-out/results/best'))).toBe(false);
    const strict = await tma(cwd, 'profile', '-f', 'perf.yaml', '-q', '--fail-on-unmet-constraints');
    expect(strict.code).toBe(4);
    expect(strict.output).toMatch(/^--fail-on-unmet-constraints: Nothing can be promised .*no GPU here/);
  },
);

test('the OCR example, with and without its accelerator', async () => {
  const cwd = folder();
  const example = resolve('examples/text-recognition');
  writeFileSync(
    join(cwd, 'perf.yaml'),
    [
      `model_repository: ${example}/model_repository`,
      'profile_models:',
      '  text_recognition:',
      '    perf_analyzer_flags: {measurement-interval: 300, stability-percentage: 50}',
      '    model_config_parameters:',
      '      dynamic_batching: {}',
      '      optimization:',
      '        - {}',
      '        - execution_accelerators: {cpu_execution_accelerator: [{name: openvino}]}',
      '        - execution_accelerators: {cpu_execution_accelerator: [{name: no_such_thing}]}',
      '    parameters: {concurrency: 2}',
    ].join('\n'),
  );
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expectThrough({ code, output });
  const { trials } = results(cwd);
  expect(trials.map((trial: { state: string }) => trial.state)).toEqual([
    'measured',
    'measured',
    'measured',
    'failed',
  ]);
  expect(trials[2].end.effective.optimization.execution_accelerators.cpu_execution_accelerator[0].name).toBe(
    'openvino',
  );
  expect(output).toContain("unknown execution accelerator 'no_such_thing'");
});

test('the package is a library, too', () => {
  const script =
    "import { loadExperiment, profile, rank, METRICS } from 'triton-model-analyzer'; console.log(typeof profile, typeof rank, METRICS.length > 10, typeof loadExperiment)";
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(printed.trim()).toBe('function function true function');
});

test('nothing is listed: instances and batch sizes upwards, on the CPU where there is no GPU; request rates', async () => {
  const cwd = folder();
  writeFileSync(
    join(cwd, 'perf.yaml'),
    [
      `model_repository: ${resolve('test/fixtures/models')}`,
      'profile_models: add_sub',
      'perf_analyzer_flags: {measurement-interval: 300, stability-percentage: 100}',
      'request_rate: [50, 100]',
      'run_config_search_max_instance_count: 2',
      'run_config_search_max_model_batch_size: 2',
      'gpus: []',
    ].join('\n'),
  );
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
  expect(output).toContain('add_sub: 5 configurations, 10 points');
  expect(output).toContain('1 to 2 instances are tried, with max_batch_size 1 to 2');
  expect(output).toContain('add_sub_config_0, 50 requests/s:');
  expectThrough({ code, output });
  const { trials } = results(cwd);
  const second = trials[1];
  expect(second.models[0].config).toMatchObject({
    max_batch_size: 1,
    instance_group: [{ kind: 'KIND_CPU', count: 1 }],
    dynamic_batching: {},
  });
  expect(trials.length).toBeGreaterThanOrEqual(3);
  expect(read(cwd, 'tma-out/results/metrics-model-inference.csv')).toMatch(/^Model,Batch,Request Rate,/);
});
