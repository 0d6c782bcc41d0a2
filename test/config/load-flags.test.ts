import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFlags } from '../../src/config/load-flags.ts';
import { NO_FLAGS, readLoadFlags } from '../../src/config/read-load-flags.ts';
import { experimentOf, folder } from '../support/experiment.ts';

const read = (flags: Record<string, unknown>) => {
  const problems: string[] = [];
  const result = readLoadFlags(flags, (flag, message) => problems.push(`${flag}: ${message}`));
  return { ...result, problems };
};
const file = (text: string): string => {
  const path = join(folder(), 'numbers.txt');
  writeFileSync(path, text);
  return path;
};

test('nothing given is the default', () => {
  const { problems, ...flags } = read({});
  expect(problems).toEqual([]);
  expect(flags).toEqual(NO_FLAGS);
});

describe('what ends a point', () => {
  test.each([
    [{}, { kind: 'precision', precision: 0.03, limitMs: 2500 }],
    [
      { precision: 1, 'time-limit': 30 },
      { kind: 'precision', precision: 0.01, limitMs: 30_000 },
    ],
    [
      { 'measurement-interval': 5000 },
      { kind: 'windows', intervalMs: 5000, minRequests: 20, stability: 0.1, maxWindows: 10 },
    ],
    [
      { 'measurement-mode': 'count_windows', 'measurement-request-count': 80, 'stability-percentage': 5 },
      { kind: 'windows', intervalMs: 1, minRequests: 80, stability: 0.05, maxWindows: 10 },
    ],
    [
      { 'max-trials': 4, 'stop-rule': 'precision' },
      { kind: 'precision', precision: 0.03, limitMs: 2500 },
    ],
    [
      { 'stop-rule': 'windows' },
      { kind: 'windows', intervalMs: 600, minRequests: 20, stability: 0.1, maxWindows: 10 },
    ],
  ])('%j', (flags, rule) => {
    expect(read(flags).load.stopRule).toEqual(rule);
  });

  test('options of the whole run, which flags of a model win over', () => {
    const ruleOf = (yaml: string) => experimentOf(yaml).models[0]!.load.stopRule;
    expect(ruleOf('profile_models: m\nprecision: 5\ntime_limit: 8')).toMatchObject({
      precision: 0.05,
      limitMs: 8000,
    });
    expect(ruleOf('precision: 5\nprofile_models: {m: {perf_analyzer_flags: {precision: 1}}}')).toMatchObject({
      precision: 0.01,
    });
    expect(ruleOf('precision: 5\nprofile_models: {m: {perf_analyzer_flags: {max-trials: 3}}}')).toMatchObject(
      {
        kind: 'windows',
      },
    );
  });
});

describe('arrivals', () => {
  test('a rate, gaps in microseconds, times; the last two bring their rate', () => {
    expect(read({ 'request-rate-range': '100:300:100' }).requestRates).toEqual([100, 200, 300]);
    expect(read({ 'request-rate-range': '0.5' }).requestRates).toEqual([0.5]);
    const gaps = read({ 'request-intervals': file('10000\n30000\n') });
    expect([gaps.requestRates, gaps.load.arrivals]).toEqual([[50], { kind: 'intervals', gapsMs: [10, 30] }]);
    const times = read({ 'request-times': file('300\n100\n\n200\n') });
    expect([times.requestRates, times.load.arrivals]).toEqual([
      [10],
      { kind: 'trace', timesMs: [0, 100, 200] },
    ]);
    expect(read({ 'request-distribution': 'poisson' }).load.arrivals).toEqual({ kind: 'poisson' });
  });
});

test('headers, TLS, compression, sequences, shared memory', () => {
  const { load, problems } = read({
    'http-header': ['Authorization: Bearer a=b c', 'x:y'],
    'ssl-grpc-use-ssl': true,
    'ssl-grpc-root-certifications-file': 'ca.pem',
    'ssl-https-verify-peer': 0,
    'grpc-compression-algorithm': 'gzip',
    'sequence-id-range': '5:9',
    'sequence-length-variation': 0,
    'shared-memory': 'system',
  });
  expect(problems).toEqual([]);
  expect(load).toMatchObject({
    headers: [
      ['Authorization', 'Bearer a=b c'],
      ['x', 'y'],
    ],
    tls: { grpc: { caFile: 'ca.pem', verifyPeer: true }, http: { verifyPeer: false } },
    compression: 'gzip',
    sequences: { idStart: 5, idEnd: 9, variation: 0, length: 20 },
    sharedMemory: { outputBytes: 102_400 },
  });
});

test('whether a length of sequences was asked for is known', () => {
  expect(read({}).load.sequences).not.toHaveProperty('lengthGiven');
  expect(read({ 'sequence-length': 20 }).load.sequences).toMatchObject({ length: 20, lengthGiven: true });
});

test("perf_analyzer's arguments: values stay whole, switches stand alone, ours stay here", () => {
  const { load, theirs } = read({
    'http-header': 'a: b = c',
    async: true,
    streaming: 'TRUE',
    'verbose-csv': false,
    shape: ['x:1,2', 'y:3'],
    precision: 2,
    'model-version': 3,
  });
  expect(load.flags).toEqual([
    '-H',
    'a: b = c',
    '--async',
    '--streaming',
    '--shape',
    'x:1,2',
    '--shape',
    'y:3',
    '-x',
    '3',
  ]);
  expect(theirs).toEqual(['async', 'verbose-csv']);
});

test.each<[Record<string, unknown>, string]>([
  [{ percentil: 3 }, 'percentil: unknown flag "percentil": did you mean "percentile"?'],
  [{ input_data: 'zero' }, 'input_data: unknown flag "input_data": write input-data'],
  [{ percentile: 100 }, 'percentile: expected a number from 1 to 99, found 100'],
  [{ 'batch-size': '' }, 'batch-size: expected a number 1 or more, found ""'],
  [{ shape: 'x' }, 'shape: expected INPUT:SIZE,SIZE..., found "x"'],
  [{ 'concurrency-range': '4:1' }, 'concurrency-range: expected start:end:step'],
  [
    { 'request-rate-range': '5', 'concurrency-range': '5' },
    'request-rate-range: is given beside concurrency-range',
  ],
  [{ 'request-intervals': '/nowhere' }, 'request-intervals: cannot read /nowhere'],
  [{ 'http-header': 'nothing' }, 'http-header: expected NAME:VALUE, found 7 letters that are none'],
  [{ 'http-header': 'a: b\r\nc: d' }, 'http-header: expected NAME:VALUE'],
  [{ 'sequence-id-range': '9:5' }, 'sequence-id-range: expected first:last'],
  [{ streaming: 'maybe' }, 'streaming: expected true or false, found "maybe"'],
  [{ protocol: 'quic' }, 'protocol: expected http or grpc, found "quic"'],
  [{ 'stop-rule': 'never' }, 'stop-rule: expected precision or windows'],
  [{ 'input-data': ['random', 'a.json'] }, 'input-data: only .json files can be given several at once'],
  [{ 'ssl-https-private-key-type': 'P12' }, 'ssl-https-private-key-type: expected PEM or DER, found "P12"'],
])('%j', (flags, message) => {
  expect(read(flags).problems.join('\n')).toContain(message);
});

test('a line of a file that is no number is named', () => {
  const path = file('5\nfive\n');
  expect(read({ 'request-intervals': path }).problems[0]).toContain(
    `${path}:2: expected a number, found "five"`,
  );
});

test('every flag of the table has a help text, and short ones are given once', () => {
  const shorts = [...loadFlags.values()].flatMap(({ short }) => (short ? [short] : []));
  expect(new Set(shorts).size).toBe(shorts.length);
  for (const [name, { help }] of loadFlags) expect(help, name).not.toBe('');
});
