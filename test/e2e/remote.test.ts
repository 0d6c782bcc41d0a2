import { execFileSync } from 'node:child_process';
import { type Stats, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { MODELS, somebodysServer } from './somebodys-server.ts';
import { expectThrough, journal, read, results, start, tma } from './tma.ts';

const SHAPE =
  'perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100, shape: ["INPUT0:4", "INPUT1:4"]}';

const project = (yaml: string): string => {
  const cwd = folder();
  const flags = yaml.includes('perf_analyzer_flags') ? '' : SHAPE;
  writeFileSync(
    join(cwd, 'perf.yaml'),
    `${flags}\nsentinel_minutes: 0\nconcurrency: 1,2\nrun_config_search_disable: true\n${yaml}\n`,
  );
  return cwd;
};

const profile = (cwd: string, ...options: string[]) => tma(cwd, 'profile', '-f', 'perf.yaml', ...options);

const sweep = (delays: string): string =>
  `profile_models: {add_sub: {model_config_parameters: {dynamic_batching: {max_queue_delay_microseconds: ${delays}}}}}`;
/** The default and one more. */
const SWEEP = sweep('300');

describe('a server that somebody else runs, under model control', () => {
  let server: Awaited<ReturnType<typeof somebodysServer>>;
  beforeAll(async () => {
    server = await somebodysServer(MODELS, '--model-control-mode=explicit', '--load-model=no_config');
  });
  afterAll(() => server.stop());

  test('its own models, without a repository here: variants are loaded and unloaded, what ran before is back', async () => {
    const cwd = project(sweep('[0, 300]'));
    const { code, output } = await profile(cwd, ...server.options);
    expect(output).toContain('already: no_config; what else runs there takes its share');
    expectThrough({ code, output });
    const { trials, sessions, servers } = results(cwd);
    expect(sessions[0].environment).toMatchObject({ launcher: 'remote', gpus: [] });
    expect(servers[0].version).toBe('2.51.0');
    expect(trials.map(({ state }: { state: string }) => state)).toEqual(['measured', 'measured', 'measured']);
    expect(trials[2].end.effective.dynamic_batching.max_queue_delay_microseconds).toBe('300');
    const {
      whole: { values },
      shared,
    } = trials[2].points[0].measurement;
    expect(shared).toBe(true);
    expect(values.perf_server_compute_infer).toBeGreaterThan(0);
    expect(values).not.toHaveProperty('cpu_used_ram');
    const index = await server.triton.repositoryIndex();
    expect(index.filter(({ state }) => state === 'READY').map(({ name }) => name)).toEqual(['no_config']);
    expect(read(cwd, 'tma-out/output_model_repository/add_sub_config_1/config.pbtxt')).toContain('300');
  });

  test('by gRPC alone: variants, statistics, load', async () => {
    const cwd = project(`${SHAPE.replace('interval: 100', 'interval: 300')}\n${SWEEP}`);
    const { code, output } = await profile(cwd, ...server.grpcOptions);
    expect(output).not.toContain('failed');
    expectThrough({ code, output });
    const { trials, sessions } = results(cwd);
    expect(sessions[0].environment).toMatchObject({ launcher: 'remote', protocol: 'grpc' });
    expect(sessions[0].environment.server).toMatch(/^grpc:\/\/localhost:\d+$/);
    expect(trials[1].end.effective.dynamic_batching.max_queue_delay_microseconds).toBe('300');
    const {
      whole: { values },
      requests,
    } = trials[1].points[1].measurement;
    // Those at a window's edges are counted on one side or the other, on a busy machine a good many.
    expect(values.perf_inference_count / requests).toBeGreaterThan(0.7);
    expect(values.perf_inference_count / requests).toBeLessThan(1.4);
    expect(values.perf_server_compute_infer).toBeGreaterThan(0);
    expect(values.perf_client_send_recv).toBeGreaterThan(0);
    expect(read(cwd, 'tma-out/reports/summaries/add_sub/result_summary.html')).toMatch(
      /closed loop, gRPC on/,
    );
  });

  test('a model that was ready is ready again, as it was', async () => {
    const cwd = project(
      'perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}\nprofile_models: {no_config: {model_config_parameters: {max_batch_size: [3]}}}',
    );
    const { code, output } = await profile(cwd, ...server.options);
    expectThrough({ code, output });
    expect((await server.triton.config('no_config'))['max_batch_size']).toBe(2);
  });

  test('a model of which it knows nothing is sent along', async () => {
    const repository = folder();
    execFileSync('cp', ['-r', join(MODELS, 'add_sub'), join(repository, 'elsewhere')]);
    execFileSync('sed', ['-i', 's/add_sub/elsewhere/', join(repository, 'elsewhere', 'config.pbtxt')]);
    const cwd = project(SWEEP.replace('add_sub', 'elsewhere'));
    const { code, output } = await profile(cwd, '--model-repository', repository, ...server.options);
    expect(output).not.toContain('failed');
    expectThrough({ code, output });
    expect(results(cwd).trials[1].end.effective.dynamic_batching.max_queue_delay_microseconds).toBe('300');
  });

  test('a model that nobody has is said', async () => {
    const { code, output } = await profile(project('profile_models: nothing'), ...server.options);
    expect(output).toContain('the server knows no model "nothing"');
    expect(output).toContain('--model-repository');
    expect(code).toBe(2);
  });

  test('without loading, what runs there is measured as it is', async () => {
    const cwd = project(
      'perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}\nprofile_models: {no_config: {model_config_parameters: {max_batch_size: [2, 4]}}}',
    );
    const { code, output } = await profile(cwd, '--reload-model-disable', ...server.options);
    expect(output).toContain('what the server runs is measured as it is');
    expectThrough({ code, output });
    expect(results(cwd).trials).toHaveLength(1);
    const other = project('profile_models: add_sub');
    const missing = await profile(other, '--reload-model-disable', ...server.options);
    expect(missing.output).toContain('the server does not serve model "add_sub"');
    expect(missing.code).toBe(2);
  });

  test('a model that somebody unloads under load', async () => {
    const cwd = project(`${SHAPE.replace('interval: 100', 'interval: 3000')}\nprofile_models: add_sub`);
    const running = start(cwd, 'profile', '-f', 'perf.yaml', ...server.options);
    for (let waited = 0; waited < 200; waited++) {
      const [statistics] = await server.triton.statistics('add_sub').catch(() => []);
      if ((statistics?.inference_count ?? 0) > 100) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    await server.triton.unload('add_sub');
    const { output } = await running.ended;
    expect(output).toMatch(/failed: model unloaded: /);
  });
});

test('a server that is not under model control says so', async () => {
  const repository = folder();
  execFileSync('cp', ['-r', join(MODELS, 'no_config'), repository]);
  const server = await somebodysServer(repository);
  const { code, output } = await profile(project('profile_models: no_config'), ...server.options);
  await server.stop();
  expect(output).toContain('model control off');
  expect(output).toContain('--model-control-mode=explicit');
  expect(code).toBe(5);
});

test('nobody there: the address and what to give', async () => {
  const silent = createServer();
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const { port } = silent.address() as AddressInfo;
  silent.close();
  const { code, output } = await profile(
    project('profile_models: m'),
    ...['--triton-launch-mode', 'remote', '--triton-http-endpoint', `localhost:${port}`],
    ...['--client-max-retries', '1'],
  );
  expect(output).toContain(`no Triton answers at http://localhost:${port} (waited 1 s)`);
  expect(code).toBe(5);
});

describe('one server for many variants, several variants at once', () => {
  const local = (more: string): string => project(`model_repository: ${MODELS}\n${more}`);

  test('--server-reuse: loaded and unloaded on one server, memory marked as shared', async () => {
    const cwd = local(SWEEP);
    const { code, output } = await profile(cwd, '--server-reuse');
    expectThrough({ code, output });
    const { trials } = results(cwd);
    const times = trials.map(({ end }: { end: { steps: { startS: number } } }) => end.steps.startS);
    // No server starts as soon as that.
    expect(times[1]).toBeLessThan(0.2);
    expect(trials[1].points[0].measurement).toMatchObject({ shared: true });
    expect(trials[1].end.effective.dynamic_batching.max_queue_delay_microseconds).toBe('300');
    expect(read(cwd, 'tma-out/reports/summaries/add_sub/result_summary.html')).toContain('shared');
  });

  test('--parallel: two variants at once, every point once, in its own trial', async () => {
    const cwd = local(sweep('[0, 100, 300]'));
    const { code, output } = await profile(cwd, '--parallel', '2', '--gpus', '[]');
    expectThrough({ code, output });
    const { trials } = results(cwd);
    expect(trials.map(({ points }: { points: unknown[] }) => points.length)).toEqual([2, 2, 2, 2]);
    const order = journal(cwd).filter(({ kind }) => kind === 'point' || kind === 'end');
    expect(order.filter(({ kind }) => kind === 'end')).toHaveLength(4);
    // Two at once: by their logs the server of one ran while that of another did.
    const lives = trials.map(({ name }: { name: string }) =>
      statSync(join(cwd, 'tma-out', 'checkpoints', 'logs', `${name}.log`)),
    );
    const overlaps = lives.flatMap((one: Stats, index: number) =>
      lives
        .slice(index + 1)
        .filter((other: Stats) => one.birthtimeMs < other.mtimeMs && other.birthtimeMs < one.mtimeMs),
    );
    expect(overlaps.length).toBeGreaterThan(0);
    expect(output).toMatch(/^\[8\/8\]/m);
  });

  test('--client-protocol grpc on a server of its own; its answers to wrong requests are told', async () => {
    const good = await profile(local(SWEEP), '--client-protocol', 'grpc');
    expect(good.output).not.toContain('failed');
    expectThrough(good);
    const bad = local('perf_analyzer_flags: {measurement-interval: 100}\nprofile_models: failing');
    const { output } = await profile(bad, '--client-protocol', 'grpc');
    expect(output).toMatch(/requests failed: the tokenizer has no such word/);
  });

  test('more lanes than cores', async () => {
    const { code, output } = await profile(local(SWEEP), '--parallel', '500', '--gpus', '[]');
    expect(output).toContain('parallel: 500 variants at once need 500 CPU cores');
    expect(code).toBe(5);
  });
});
