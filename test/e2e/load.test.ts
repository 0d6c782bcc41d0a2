import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedPerfAnalyzer } from '../../src/install/cache.ts';
import { folder } from '../support/experiment.ts';
import { MODELS, somebodysServer } from './somebodys-server.ts';
import { expectThrough, nothingLeft, read, results, tma } from './tma.ts';

const missing = existsSync(installedPerfAnalyzer())
  ? undefined
  : (process.env['TMA_NO_PERF_ANALYZER'] ?? 'it is not installed');
if (missing) console.warn(`SKIPPED: everything with the real perf_analyzer, because ${missing}`);

describe('tma load on a real server', () => {
  let server: Awaited<ReturnType<typeof somebodysServer>>;
  const address = (protocol: string): string =>
    `localhost:${protocol === 'grpc' ? server.remote.grpc.port : server.remote.http.port}`;
  beforeAll(async () => {
    const models = ['add_sub', 'repeat', 'accumulate'].map((name) => `--load-model=${name}`);
    server = await somebodysServer(MODELS, '--model-control-mode=explicit', ...models);
  });
  afterAll(() => server.stop());

  const run = async (model: string, protocol: string, ...args: string[]) => {
    const all = ['load', '-m', model, '-u', address(protocol), '-i', protocol, '--time-limit', '1.5'];
    return await tma(folder(), ...all, ...args);
  };
  /** The points of `--json`. */
  const points = async (model: string, protocol: string, ...args: string[]) => {
    const { code, output } = await run(model, protocol, '--json', ...args);
    expect(code, output).toBe(0);
    // Notes go to standard error, which the helper mixes in.
    const json = JSON.parse(output.slice(output.indexOf('{\n')));
    return json.points as Record<string, number & Record<string, number>>[];
  };
  const SHAPES = ['--shape', 'INPUT0:4', '--shape', 'INPUT1:4'];

  test.each(['http', 'grpc'])(
    '%s: every load in turn, with what the server tells of it',
    async (protocol) => {
      const found = await points('add_sub', protocol, '--concurrency-range', '1:4:3', '-b', '2', ...SHAPES);
      expect(found.map((point) => [point.concurrency, point.batch_size])).toEqual([
        [1, 2],
        [4, 2],
      ]);
      for (const point of found) {
        const inFlight = ((point.perf_throughput! / 2) * point.perf_latency_avg!) / 1000;
        // On a busy machine the client's thread may wait for a core while it could send the next request.
        expect(Math.abs(inFlight / point.concurrency! - 1)).toBeLessThan(0.25);
        expect(point.perf_executed_batch).toBeGreaterThanOrEqual(2);
        expect(point.perf_server_request).toBeLessThan(point.perf_latency_avg!);
        expect(point.intervals!['perf_throughput']).toHaveLength(2);
        expect(Object.keys(point.failures!)).toEqual([]);
        // Requests at the edges are counted on one side or the other.
        expect(Math.abs(point.perf_inference_count! / 2 - point.requests!)).toBeLessThan(
          point.requests! / 10,
        );
        const { reasons } = point.bottleneck as unknown as { reasons: string[] };
        expect(reasons.filter((reason) => !/busiest thread|in flight on average/.test(reason))).toEqual([]);
      }
    },
  );

  test.each(['http', 'grpc'])('%s: an open loop keeps its rate', async (protocol) => {
    const [point] = await points(
      'add_sub',
      protocol,
      ...['--request-rate-range', '200', '--request-distribution', 'poisson', '--time-limit', '3'],
      ...SHAPES,
    );
    expect(point!.request_rate).toBe(200);
    expect(Math.abs(point!.perf_send_rate! / 200 - 1)).toBeLessThan(0.15);
    expect(point!.perf_service_latency_p50).toBeLessThanOrEqual(point!.perf_latency_p50!);
    expect(point!.client).toMatchObject({ asked: 200, dropped: 0, full: false });
  });

  test.each(['http', 'grpc'])('%s: sequences begin, go on and end in order', async (protocol) => {
    const [point] = await points(
      'accumulate',
      protocol,
      '--concurrency-range',
      '3',
      '--sequence-length',
      '5',
    );
    expect(point!.failures).toEqual({});
    const steps = point!.perf_throughput! / point!.perf_sequence_throughput!;
    expect(steps).toBeGreaterThan(4);
    expect(steps).toBeLessThan(6);
  });

  test('a decoupled model: every response is timed', async () => {
    const [point] = await points('repeat', 'grpc', '--concurrency-range', '2');
    const responses = point!.perf_response_throughput! / point!.perf_throughput!;
    expect(responses).toBeGreaterThan(2);
    expect(responses).toBeLessThan(8);
    expect(point!.perf_inter_response_p50).toBeGreaterThan(4);
    expect(point!.perf_inter_response_p50).toBeLessThan(30);
    expect(point!.perf_first_response_p50).toBeLessThan(point!.perf_latency_p99!);
  });

  test('a decoupled model by HTTP is refused, with the way out', async () => {
    const { code, output } = await run('repeat', 'http');
    expect(output).toContain('repeat is decoupled, which only gRPC carries: use protocol grpc');
    expect(code).toBe(3);
  });

  test('an ordinary model through streams', async () => {
    const [point] = await points('add_sub', 'grpc', '--streaming', '--concurrency-range', '4', ...SHAPES);
    expect(point!.failures).toEqual({});
    expect(point!.perf_throughput).toBeGreaterThan(50);
  });

  test.each(['http', 'grpc'])('%s: tensors in shared memory, which is given back', async (protocol) => {
    const [point] = await points('add_sub', protocol, '--shared-memory', 'system', '-b', '2', ...SHAPES);
    expect(point!.failures).toEqual({});
    expect(point!.perf_throughput).toBeGreaterThan(50);
    expect(await nothingLeft()).toEqual([]);
  });

  test.each(['http', 'grpc'])('%s: through a library, and compressed', async (protocol) => {
    const [library] = await points('add_sub', protocol, '--engine', 'library', ...SHAPES);
    expect(library!.failures).toEqual({});
    expect(library!.client).toMatchObject({ engine: expect.stringMatching(/undici|grpc-js/) });
    if (protocol === 'http') return;
    for (const engine of ['raw', 'library']) {
      const flags = ['--engine', engine, '--grpc-compression-algorithm', 'gzip'];
      const [packed] = await points('add_sub', protocol, ...flags, ...SHAPES);
      expect(packed!.failures).toEqual({});
    }
    const [stream] = await points('repeat', protocol, '--engine', 'library');
    expect(stream!.perf_response_throughput).toBeGreaterThan(stream!.perf_throughput!);
  });

  test.each([
    ['http', 'raw'],
    ['grpc', 'raw'],
    ['http', 'library'],
    ['grpc', 'library'],
  ])('%s, %s: answers are compared with validation_data', async (protocol, engine) => {
    const cwd = folder();
    const file = (name: string, sum: number): string => {
      const step = { INPUT0: { content: [1, 2], shape: [2] }, INPUT1: { content: [3, 4], shape: [2] } };
      const expected = {
        OUTPUT0: { content: [4, sum], shape: [2] },
        OUTPUT1: { content: [-2, -2], shape: [2] },
      };
      writeFileSync(join(cwd, name), JSON.stringify({ data: [step], validation_data: [expected] }));
      return join(cwd, name);
    };
    const [good] = await points(
      'add_sub',
      protocol,
      '--engine',
      engine,
      '--input-data',
      file('good.json', 6),
    );
    expect(good!.failures).toEqual({});
    const bad = await run('add_sub', protocol, '--engine', engine, '--input-data', file('bad.json', 7));
    expect(bad.output).toContain('output "OUTPUT0" is not what validation_data says');
    expect(bad.code).toBe(3);
  });

  test("what the model refuses is told in the server's words; a size that is guessed is said", async () => {
    const refused = await run('add_sub', 'http', '--shape', 'INPUT0:4', '--shape', 'INPUT1:3');
    expect(refused.code).toBe(3);
    expect(refused.output).toMatch(/1 in flight: failed: \d+ of \d+ requests failed: .*broadcast/);
    const guessed = await run('add_sub', 'grpc', '--shape', 'INPUT0:64');
    expect(guessed.output).toContain('input "INPUT1" has a variable size, [-1]: [64] is sent, a guess');
    expect(guessed.code).toBe(0);
  });

  test('a load that fails is in the exit code, also when others before it did not', async () => {
    // No machine has so many ports.
    const { code, output } = await run(
      'add_sub',
      'http',
      ...SHAPES,
      '--concurrency-range',
      '1:100001:100000',
    );
    expect(output).toMatch(/infer\/s|throughput/i);
    expect(output).toMatch(/100001 in flight: failed: 100001 connections .*ask for fewer requests in flight/);
    expect(code).toBe(3);
  });

  test('mistakes cost nothing', async () => {
    const cwd = folder();
    const url = address('http');
    const told = async (...args: string[]) => await tma(cwd, 'load', ...args);
    expect(await told('-m', 'nothing', '-u', url)).toMatchObject({
      code: 2,
      output: expect.stringContaining("unknown model: 'nothing'"),
    });
    expect(await told('-u', url)).toMatchObject({ code: 2, output: expect.stringContaining('-m MODEL') });
    expect(await told('-m', 'add_sub', '-u', url, '--concurrency-range', '4:1')).toMatchObject({
      code: 2,
      output: expect.stringContaining('--concurrency-range: expected start:end:step'),
    });
    expect(await told('-m', 'add_sub', '-u', url, '--shape', 'INPUT7:3')).toMatchObject({
      code: 2,
      output: expect.stringContaining('the model has no input "INPUT7"'),
    });
    expect(await told('-m', 'add_sub', '-u', 'localhost:1')).toMatchObject({
      code: 5,
      output: expect.stringContaining('no Triton answers at http://localhost:1'),
    });
  });

  test("the table, and perf_analyzer's CSV", async () => {
    const cwd = folder();
    const args = ['-m', 'add_sub', '-u', address('http'), '--time-limit', '1', ...SHAPES, '-f', 'out.csv'];
    const { code, output } = await tma(cwd, 'load', ...args);
    expect(code).toBe(0);
    expect(output).toMatch(/in flight {2}batch {2}infer\/s +95 % {2}avg ms/);
    const [header, row, end] = read(cwd, 'out.csv').split('\n');
    expect(header).toMatch(/^Concurrency,Inferences\/Second,Client Send,Network\+Server Send\/Recv,/);
    expect(row).toMatch(/^1,\d+(\.\d+)?(,\d+){11}$/);
    expect(end).toBe('');
  });

  describe.skipIf(missing)('by the real perf_analyzer', () => {
    const by = ['--load-generator', 'perf_analyzer', '-p', '500', '-s', '100'];

    test.each(['http', 'grpc'])('%s: the same figures under the same names', async (protocol) => {
      const [theirs] = await points('add_sub', protocol, '--concurrency-range', '2', ...SHAPES, ...by);
      const [ours] = await points('add_sub', protocol, '--concurrency-range', '2', ...SHAPES);
      const tags = Object.keys(theirs!).filter((tag) => tag.startsWith('perf_'));
      expect(tags.length).toBeGreaterThan(12);
      for (const tag of tags) expect(ours).toHaveProperty(tag);
      expect(theirs!.perf_throughput! / ours!.perf_throughput!).toBeGreaterThan(0.4);
      expect(theirs!.perf_throughput! / ours!.perf_throughput!).toBeLessThan(2.5);
      expect(theirs!.client).toEqual({ engine: 'perf_analyzer' });
    });

    test('request rates, sequences, decoupled models, a percentile instead of the average', async () => {
      const [rate] = await points('add_sub', 'http', '--request-rate-range', '50', ...SHAPES, ...by);
      expect(rate).toMatchObject({ request_rate: 50 });
      expect(Math.abs(rate!.perf_throughput! / 50 - 1)).toBeLessThan(0.1);
      const [sequence] = await points('accumulate', 'grpc', '--sequence-length', '5', ...by);
      expect(sequence!.perf_sequence_throughput).toBeGreaterThan(1);
      const [decoupled] = await points('repeat', 'grpc', ...by);
      expect(decoupled!.perf_response_throughput).toBeGreaterThan(decoupled!.perf_throughput!);
      const [percentile] = await points('add_sub', 'http', '--percentile', '95', ...SHAPES, ...by);
      expect(percentile!.perf_latency_p95).toBeGreaterThan(0);
    });

    test('values with blanks and = arrive whole; its own complaints are understood', async () => {
      const [point] = await points('add_sub', 'http', '-H', 'x-note: a = b c', ...SHAPES, ...by);
      expect(point!.perf_throughput).toBeGreaterThan(10);
      const refused = await run('add_sub', 'http', '-b', '64', ...SHAPES, ...by);
      expect(refused.output).toContain('client batch exceeds max_batch_size 4 of add_sub');
      const unknown = await run(
        'add_sub',
        'http',
        '--load-generator',
        'perf_analyzer',
        '--perf-analyzer-path',
        '/bin/true',
      );
      expect(unknown.output).toContain('/bin/true is no perf_analyzer that runs here');
      expect(unknown.code).toBe(5);
    });

    test('a run that takes too long is ended', async () => {
      const limits = ['--perf-analyzer-timeout', '2', '-p', '3000', '--load-generator', 'perf_analyzer'];
      const { code, output } = await run('add_sub', 'http', ...SHAPES, ...limits);
      expect(output).toContain('perf_analyzer took longer than 2 s');
      expect(code).toBe(3);
    });

    test('windows that never agree are made longer, then kept and marked', async () => {
      const never = ['-s', '0.1', '-r', '3', '-p', '100', '--perf-analyzer-max-auto-adjusts', '1'];
      const args = ['--load-generator', 'perf_analyzer', ...never, ...SHAPES];
      const [point] = await points('add_sub', 'http', '--concurrency-range', '2', ...args);
      expect(point!.precise).toBe(false);
      expect(String(point!.warnings)).toContain('gave this load up as unstable');
      expect(point!.perf_throughput).toBeGreaterThan(10);
    });

    test('tma profile measures with it', async () => {
      const cwd = folder();
      writeFileSync(
        join(cwd, 'perf.yaml'),
        [
          `model_repository: ${MODELS}`,
          'load_generator: perf_analyzer',
          'perf_output: true',
          'perf_output_path: out.log',
          'perf_analyzer_flags: {measurement-interval: 500, stability-percentage: 100, verbose: true}',
          'profile_models: {add_sub: {parameters: {concurrency: [1, 2]}, model_config_parameters: {max_batch_size: [2]}}}',
        ].join('\n'),
      );
      const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
      expect(output).not.toContain('without effect');
      expectThrough({ code, output });
      const { sessions, trials } = results(cwd);
      expect(sessions[0].environment.generator).toBe('perf_analyzer');
      const measured = trials.flatMap((trial: { points: { state: string }[] }) => trial.points);
      expect(measured.map(({ state }: { state: string }) => state)).toEqual(Array(4).fill('measured'));
      const told = readFileSync(join(cwd, 'out.log'), 'utf8');
      expect(told.match(/perf_analyzer -m add_sub .*--concurrency-range [12]/g)).toHaveLength(4);
      expect(told.match(/Throughput: .* infer\/sec/g)?.length).toBeGreaterThanOrEqual(4);
    });
  });
});

test("gRPC over TLS: with the authority's certificate, and not without", async () => {
  const file = (name: string): string => resolve('test/fixtures/tls', name);
  const server = await somebodysServer(
    MODELS,
    ...['--model-control-mode=explicit', '--load-model=add_sub', '--grpc-use-ssl=true'],
    ...[`--grpc-server-cert=${file('server.pem')}`, `--grpc-server-key=${file('server-key.pem')}`],
  );
  try {
    const { port } = server.remote.grpc;
    const load = (...args: string[]) =>
      tma(
        folder(),
        'load',
        '-m',
        'add_sub',
        '-i',
        'grpc',
        '-u',
        `localhost:${port}`,
        '--time-limit',
        '1',
        ...args,
      );
    const ca = ['--ssl-grpc-root-certifications-file', file('ca.pem')];
    for (const engine of ['raw', 'library']) {
      const { code, output } = await load('--json', '--engine', engine, '--ssl-grpc-use-ssl', ...ca);
      expect(code, output).toBe(0);
      expect(JSON.parse(output.slice(output.indexOf('{\n'))).points[0].client.engine).toContain('over TLS');
    }
    expect((await load('--ssl-grpc-use-ssl')).output).toContain('no Triton answers');
    expect((await load()).output).toContain('no Triton answers');
  } finally {
    await server.stop();
  }
});
