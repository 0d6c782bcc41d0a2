import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { type LoadServer, loadServer, noPerfAnalyzer, SHAPES } from './load-server.ts';
import { MODELS, somebodysServer } from './somebodys-server.ts';
import { expectThrough, nothingLeft, read, results, tma } from './tma.ts';

/** What `tma load` understands, sends and says. How its figures fit together is in load.figures.test.ts. */
describe('tma load on a real server', () => {
  let server: LoadServer;
  beforeAll(async () => {
    server = await loadServer({ seconds: 0.5 });
  });
  afterAll(() => server.stop());
  const run: LoadServer['run'] = (...args) => server.run(...args);
  const points: LoadServer['points'] = (...args) => server.points(...args);

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

  test.each([
    ['a model that is not there', ['-m', 'nothing'], "unknown model: 'nothing'"],
    ['no model', [], '-m MODEL'],
    [
      'a range that ends before it starts',
      ['-m', 'add_sub', '--concurrency-range', '4:1'],
      '--concurrency-range: expected start:end:step',
    ],
    ['a size for no input', ['-m', 'add_sub', '--shape', 'INPUT7:3'], 'the model has no input "INPUT7"'],
  ])('%s costs nothing', async (_what, args, words) => {
    const { code, output } = await tma(folder(), 'load', '-u', server.address('http'), ...args);
    expect(output).toContain(words);
    expect(code).toBe(2);
  });

  test('nor does a server that is not there', async () => {
    const { code, output } = await tma(folder(), 'load', '-m', 'add_sub', '-u', 'localhost:1');
    expect(output).toContain('no Triton answers at http://localhost:1');
    expect(code).toBe(5);
  });

  test("the table, and perf_analyzer's CSV", async () => {
    const cwd = folder();
    const args = [
      '-m',
      'add_sub',
      '-u',
      server.address('http'),
      '--time-limit',
      '0.5',
      ...SHAPES,
      '-f',
      'out.csv',
    ];
    const { code, output } = await tma(cwd, 'load', ...args);
    expect(code).toBe(0);
    expect(output).toMatch(/in flight {2}batch {2}infer\/s +95 % {2}avg ms/);
    const [header, row, end] = read(cwd, 'out.csv').split('\n');
    expect(header).toMatch(/^Concurrency,Inferences\/Second,Client Send,Network\+Server Send\/Recv,/);
    expect(row).toMatch(/^1,\d+(\.\d+)?(,\d+){11}$/);
    expect(end).toBe('');
  });

  describe.skipIf(noPerfAnalyzer)('by the real perf_analyzer', () => {
    const by = ['--load-generator', 'perf_analyzer', '-p', '200', '-s', '100'];

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
          'sentinel_minutes: 0',
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
      // It is started again where a window of a busy machine held nothing.
      const commands = told.match(/perf_analyzer -m add_sub .*--concurrency-range [12]/g) ?? [];
      expect(commands.length).toBeGreaterThanOrEqual(4);
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
        '0.5',
        ...args,
      );
    const ca = ['--ssl-grpc-root-certifications-file', file('ca.pem')];
    for (const engine of ['raw', 'library']) {
      const { code, output } = await load('--json', '--engine', engine, '--ssl-grpc-use-ssl', ...ca);
      expect(code, output).toBe(0);
      expect(JSON.parse(output.slice(output.indexOf('{\n'))).points[0].client.engine).toContain('over TLS');
    }
    // Both wait for a while whether one comes yet.
    for (const { output } of await Promise.all([load('--ssl-grpc-use-ssl'), load()]))
      expect(output).toContain('no Triton answers');
  } finally {
    await server.stop();
  }
});
