import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../src/load/perf-analyzer/ending.ts';
import { parseOutput } from '../../../src/load/perf-analyzer/output.ts';
import { parseTable } from '../../../src/load/perf-analyzer/text-table.ts';

/** Real runs of perf_analyzer 2.60.0: what it printed, wrote and ended with. */
const FOLDER = join(import.meta.dirname, '../../fixtures/perf_analyzer');
const read = (file: string): string =>
  existsSync(join(FOLDER, file)) ? readFileSync(join(FOLDER, file), 'utf8') : '';
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.meta.json'))
  .map((file) => file.replace('.meta.json', ''));
const codeOf = (name: string): number => (JSON.parse(read(`${name}.meta.json`)) as { rc: number }).rc;
const levelsOf = (name: string) => parseOutput(read(`${name}.stdout`));
const rowsOf = (name: string) => parseTable(read(`${name}.out.csv`));

describe('what it printed and what it wrote agree', () => {
  const good = names.filter((name) => codeOf(name) === 0 && rowsOf(name).length > 0);
  test('there are samples', () => expect(good.length).toBeGreaterThan(15));

  test.each(good)('%s', (name) => {
    const levels = levelsOf(name).filter(({ client }) => client);
    const rows = rowsOf(name);
    expect(levels).toHaveLength(rows.length);
    for (const { load, client, server } of levels) {
      const row = rows.find(
        ({ values }) => (values['Concurrency'] ?? values['Request Rate']) === load?.value,
      )!;
      expect(row, `${load?.value}`).toBeDefined();
      expect(client!.throughput).toBeCloseTo(row.values['Inferences/Second']!, 2);
      for (const percent of [50, 90, 95, 99])
        expect(client!.percentilesUs[percent]).toBe(row.values[`p${percent} latency`]);
      if (server?.queueUs !== undefined && name !== 'ensemble')
        expect(server.queueUs).toBe(row.values['Server Queue']);
      expect(row.empty).toEqual(
        ['collect_metrics_cpu_only', 'err_metrics_url'].includes(name) ? expect.any(Array) : [],
      );
    }
  });
});

describe('every form of the grammar', () => {
  const last = (name: string) => levelsOf(name).at(-1)!;

  test('passes of -v, and the split of send and receive', () => {
    const { passes, client } = last('conc_http_v');
    expect(passes).toHaveLength(3);
    expect(passes[0]).toEqual({ throughput: 1217.71, latencyUs: 1626 });
    expect(client).toMatchObject({ sendUs: 111, receiveUs: 0, responseWaitUs: 1745, overheadPercent: 0.87 });
    expect(last('conc_grpc_v').client).toMatchObject({
      sendUs: expect.any(Number),
      receiveUs: expect.any(Number),
    });
  });

  test('a percentile instead of the average', () => {
    const { client } = last('conc_http_p95_batch2');
    expect(client?.averageUs).toBeUndefined();
    expect(client).toMatchObject({ sendReceiveUs: 175, responseWaitUs: 3587 });
    expect(client?.percentilesUs[95]).toBe(9735);
  });

  test('request rates, sequences, decoupled models', () => {
    expect(levelsOf('rate_constant').map(({ load }) => load)).toEqual([
      { kind: 'request rate', value: 50 },
      { kind: 'request rate', value: 100 },
    ]);
    expect(last('sequence').client).toMatchObject({ sequenceCount: 542, sequenceRate: 149.93 });
    expect(last('decoupled_stream').client).toMatchObject({ responseThroughput: 326.41, averageUs: 11800 });
  });

  test('composing models of an ensemble keep to themselves', () => {
    const { server, composing } = last('ensemble');
    expect(server).toMatchObject({ inferenceCount: 2836, queueUs: 1172, computeUs: 805 });
    expect(composing.map(({ name, executionCount, queueUs }) => [name, executionCount, queueUs])).toEqual([
      ['add_sub', 2838, 227],
      ['dynb', 1637, 945],
    ]);
  });

  test('caches', () => {
    expect(last('cache').server).toMatchObject({
      cacheHitCount: 10027,
      cacheMissCount: 1,
      cacheHitUs: 4,
      cacheMissUs: 69909,
      requestUs: 32,
    });
    expect(last('cache').server?.computeInferUs).toBeUndefined();
  });

  test('several GPUs, printed and written', () => {
    const uuid = 'GPU-22222222-aaaa-bbbb-cccc-000000000002';
    expect(last('collect_metrics_2gpu_simulated').gpus).toMatchObject({
      utilization: { [uuid]: 54.46 },
      power: { [uuid]: 120.448 },
      usedMemory: { [uuid]: 2e9 },
    });
    const row = rowsOf('collect_metrics_2gpu_simulated').find(({ values }) => values['Concurrency'] === 2)!;
    expect(row.gpus['Avg GPU Utilization']?.[uuid]).toBe(0.5446);
  });

  test('a load that was given up has no figures, and a level with a warm-up stands there once', () => {
    const levels = levelsOf('latency_threshold');
    expect(levels.map(({ load, client }) => [load?.value, client !== undefined])).toEqual([
      [1, true],
      [5, true],
      [9, false],
    ]);
    expect(levelsOf('warmup_time_windows')).toHaveLength(1);
  });

  test('lines of several ranks, numbers that wrapped around, older forms', () => {
    const text = [
      '[1,0]<stdout>:Request concurrency: 2',
      '[1,0]<stdout>:  Client: ',
      '[1,0]<stdout>:    Request count: 10',
      '[1,0]<stdout>:    Throughput: 1.2e+06 infer/sec',
      '[1,0]<stdout>:    Avg latency: 12 usec (standard deviation 18446744073709551 usec)',
      '[1,0]<stdout>:    something new: 7',
    ].join('\n');
    expect(parseOutput(text)[0]?.client).toEqual({
      requestCount: 10,
      throughput: 1.2e6,
      averageUs: 12,
      percentilesUs: {},
    });
  });
});

describe('what became of it', () => {
  const wanted: Record<string, string | RegExp> = {
    err_bad_flag: 'this perf_analyzer does not know --no-such-flag',
    err_bad_host: 'the name of the server is not known',
    err_bad_value: /Failed to parse --measurement-interval\. Invalid value provided: abc/,
    err_batch_nobatch: 'client batch above 1 on a model that does not batch',
    err_batch_too_big: 'client batch exceeds max_batch_size 8 of add_sub',
    err_binsearch_nolat: /--latency-threshold cannot be 0/,
    err_capi: /Unable to find filepath: \/opt\/tritonserver/,
    err_conn_refused_http: 'the server refuses connections',
    err_fixed_schedule: /When using `--fixed-schedule`/,
    err_help_short: /Invalid short option '-h'/,
    err_infer_fails: 'CUDA out of memory (fake)',
    err_input_data: /Unsupported type provided: '\/nonexistent\.json'/,
    err_model_not_found: 'the server does not know model "nope"',
    err_model_not_found_grpc: 'the server does not know model "nope"',
    err_no_model: /Failed to parse -m/,
    err_no_valid_requests: 'window too small',
    err_no_valid_requests_grpc: 'window too small',
    err_openai_kind: /Must supply --input-data/,
    err_shape_missing: 'input "TEXT" has a variable size: give it with shape: TEXT:SIZE',
    err_unstable_range: 'unstable',
    err_unstable_single: 'unstable',
    help: /Invalid long option|does not know --help/,
    shm_system: /libcudart/,
  };
  test.each(names)('%s', (name) => {
    const outcome = outcomeOf(
      codeOf(name),
      undefined,
      `${read(`${name}.stdout`)}\n${read(`${name}.stderr`)}`,
    );
    const told = outcome.kind === 'failed' ? outcome.message : outcome.kind;
    const want = codeOf(name) === 0 ? 'done' : wanted[name];
    expect(want, `a sample without an expectation: ${told}`).toBeDefined();
    if (want instanceof RegExp) expect(told).toMatch(want);
    else expect(told).toBe(want);
  });

  test("Triton's library that can't be loaded, or does not start, is no failure of one load", () => {
    const told = (text: string) => outcomeOf(99, undefined, text);
    expect(
      told(
        'error: failed to create triton client backend: unable to load backend library: libnuma.so.1: cannot open shared object file',
      ),
    ).toEqual({
      kind: 'failed',
      noServer: true,
      message: "Triton's library can't be loaded: libnuma.so.1: cannot open shared object file",
    });
    expect(
      told(
        'E1123 13:24:49.18 26327 model_repository_manager.cc:1460] "Poll failed for model directory \'bad\': failed to read text proto from /r/bad/config.pbtxt"\nerror: creating server: Internal - failed to load all models',
      ),
    ).toMatchObject({ noServer: true, message: expect.stringMatching(/^Poll failed .*config\.pbtxt$/) });
    expect(told('error: creating server: Internal - failed to load all models')).toMatchObject({
      noServer: true,
      message: 'Triton does not start inside perf_analyzer: Internal - failed to load all models',
    });
  });

  test('interrupted with exit code 0 is not done; a loader that lacks its library; killed', () => {
    expect(outcomeOf(0, undefined, read('sigint.stderr'))).toMatchObject({ kind: 'failed' });
    const loader =
      "perf_analyzer: /lib/libc.so.6: version `GLIBC_2.38' not found (required by perf_analyzer)";
    expect(outcomeOf(1, undefined, loader)).toMatchObject({ message: expect.stringContaining('GLIBC_2.38') });
    expect(outcomeOf(undefined, 'SIGKILL', '')).toEqual({
      kind: 'failed',
      message: 'perf_analyzer was ended by SIGKILL',
    });
  });
});
