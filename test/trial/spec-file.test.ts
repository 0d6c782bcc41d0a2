import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atRate, inFlight } from '../../src/record/load-point.ts';
import { readSpec, writeSpec } from '../../src/trial/spec-file.ts';
import { folder, load } from '../support/experiment.ts';
import { trialSpec } from '../support/spec.ts';

const written = (spec = trialSpec()): string => {
  const path = join(folder(), 'trials', 'm_config_0.json');
  writeSpec(path, spec);
  return path;
};

test('a spec that is written is read again as it was, with the points that it has', () => {
  const spec = trialSpec({
    points: [inFlight('m', 4), atRate('m', 10, 2)],
    server: { path: '/opt/tritonserver', hash: 'abc' },
  });
  const path = written(spec);
  expect(readSpec(path, {})).toEqual(JSON.parse(JSON.stringify(spec)));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

describe('secrets go in by reference', () => {
  const spec = trialSpec(
    {},
    {
      serverEnvironment: { API_TOKEN: 'tok$en-1234', LEVEL: 'debug', PATH2: '$HOME/x' },
      load: load({
        headers: [['Authorization', 'Bearer abc.def']],
        flags: ['-H', 'Authorization: Bearer abc.def', '--string-data', 'costs $5'],
      }),
    },
  );
  const path = written(spec);

  test('none of them stands in the file', () => {
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('tok$en');
    expect(text).not.toContain('abc.def');
    expect(text).toContain(`"withEnvironment": "$\{API_TOKEN}"`);
    expect(text).toContain(`"withEnvironment": "Authorization: $\{TMA_HEADER_AUTHORIZATION}"`);
    expect(text).toContain('"$HOME/x"');
  });

  test('they are filled in from the environment', () => {
    const read = readSpec(path, { API_TOKEN: 'tok$en-1234', TMA_HEADER_AUTHORIZATION: 'Bearer abc.def' });
    expect(read).toEqual(JSON.parse(JSON.stringify(spec)));
  });

  test('what is missing is named, all of it at once', () => {
    expect(() => readSpec(path, {})).toThrow(/TMA_HEADER_AUTHORIZATION.* are not set/);
    expect(() => readSpec(path, {})).toThrow('API_TOKEN');
  });
});

const ARRIVALS = 'settings.load.arrivals';
const GAPS = `${ARRIVALS}.gapsMs: expected one gap of more than 0 at least`;

describe('mistakes are told with their place', () => {
  const broken = (from: RegExp, to: string): string => {
    const path = written(trialSpec({ points: [inFlight('m', 4)] }));
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
    return path;
  };
  test.each([
    ['a field of the wrong type', /"seed": 1/, '"seed": "x"', 'settings.load.seed'],
    ['a field that is misspelt', /"serverFlags"/, '"severFlags"', /settings: .*"severFlags"/],
    ['a model that is none', /"role": "measured"/, '"role": "watched"', 'models.0.role'],
    [
      'a configuration that is none',
      /"name": "m",\s+"max_batch_size": 2/,
      '"max_batch_size": "x"',
      'models.0.config: no model configuration',
    ],
    [
      'a field of the configuration that is misspelt',
      /"name": "m",\s+"max_batch_size": 2/,
      '"max_batch_sizee": 2',
      `models.0.config.max_batch_sizee: no such field in Triton's ModelConfig: did you mean "max_batch_size"?`,
    ],
    [
      'one inside of it',
      /"name": "m",\s+"max_batch_size": 2/,
      '"instance_group": [{ "count": 1 }, { "cuont": 1 }]',
      `models.0.config.instance_group.1.cuont: no such field in Triton's ModelInstanceGroup`,
    ],
    [
      'a value that has no name',
      /"name": "m",\s+"max_batch_size": 2/,
      '"instance_group": [{ "kind": 77 }]',
      'models.0.config: kind has no value 77',
    ],
    [
      'a field of a load',
      /"inFlight": 4/,
      '"inFlight": 4, "inflight": 5',
      /points.0.streams.0.load: .*"inflight"/,
    ],
    ['a field of a stream', /"batchSize": 1/, '"batchSize": 1, "bs": 2', /points.0.streams.0: .*"bs"/],
    ['half a request in flight', /"inFlight": 4/, '"inFlight": 0.5', 'points.0.streams.0.load.inFlight'],
    ['gaps, and none of them', /"kind": "constant"/, '"kind": "intervals", "gapsMs": []', GAPS],
    ['gaps of nothing', /"kind": "constant"/, '"kind": "intervals", "gapsMs": [0, 0]', GAPS],
    [
      'gaps back in time',
      /"kind": "constant"/,
      '"kind": "intervals", "gapsMs": [-1, 2]',
      `${ARRIVALS}.gapsMs.0`,
    ],
    [
      'times, and none of them',
      /"kind": "constant"/,
      '"kind": "trace", "timesMs": []',
      `${ARRIVALS}.timesMs`,
    ],
    ['times in disorder', /"kind": "constant"/, '"kind": "trace", "timesMs": [3, 1]', 'times in their order'],
    ['arrivals of no kind', /"kind": "constant"/, '"kind": "constnat"', `${ARRIVALS}.kind`],
    ['no input data', /"inputData": \[[^\]]*\]/, '"inputData": []', 'settings.load.inputData'],
    ['more than a timer can wait', /"requestTimeoutMs": \d+/, '"requestTimeoutMs": 1e13', 'requestTimeoutMs'],
    [
      'a header of two lines',
      /"headers": \[\]/,
      '"headers": [["X", "a\\r\\nY: b"]]',
      'load.headers.0.1: expected a value of one line',
    ],
    [
      "a flag that is tma's own",
      /"serverFlags": \{\}/,
      '"serverFlags": { "http-port": "1" }',
      'http-port is decided by',
    ],
    [
      'a variant that can be no file',
      /"variant": "m_config_0"/,
      '"variant": "../x"',
      'variant: it can be no file name',
    ],
    ['another version', /"version": 1/, '"version": 7', 'version: expected 1: another tma wrote it'],
    ['a load without a level', /,\s+"inFlight": 4/, '', 'points.0.streams.0.load.inFlight'],
    [
      'a load on a model that is not in it',
      /"model": "m"/,
      '"model": "n"',
      'points.0: no load is put on "n", but on m',
    ],
  ])('%s', (_name, from, to, message) => {
    const path = broken(from, to);
    expect(() => readSpec(path, {})).toThrow(message);
  });

  test('no JSON, no file', () => {
    const path = join(folder(), 'spec.json');
    expect(() => readSpec(path, {})).toThrow('ENOENT');
    writeFileSync(path, '['.repeat(200_000) + ']'.repeat(200_000));
    expect(() => readSpec(path, {})).toThrow('nested too deep');
    writeFileSync(path, '{');
    expect(() => readSpec(path, {})).toThrow('no spec of a trial');
  });
});
