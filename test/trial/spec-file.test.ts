import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_CONTAINER_OPTIONS } from '../../src/config/docker-args.ts';
import { atRate, inFlight } from '../../src/record/load-point.ts';
import { readSpec, writeSpec } from '../../src/trial/spec-file.ts';
import type { ServedModel } from '../../src/trial/trial-spec.ts';
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
      serverEnvironment: {
        API_TOKEN: 'tok$en-1234',
        LEVEL: 'debug',
        OMP_NUM_THREADS: '4',
        HOME_OF: '$HOME',
        OTHER: `$\{HOME}`,
        HF: 'hf_abc',
        DB_PASSWORD: '$ecret-hunter2',
        PIN: '~9',
        PATH: '/opt/bin:$PATH',
      },
      load: load({
        headers: [
          ['Authorization', 'Bearer abc.def'],
          ['X-Priority', '1'],
        ],
        flags: ['-H', 'Authorization: Bearer abc.def', '--string-data', 'costs $5'],
      }),
      serverFlags: {
        'http-restricted-api': 'inference:admin=sw0rdfish',
        'cache-config': ['redis,host=h', 'redis,password=r3dis'],
        'trace-config': 'opentelemetry,url=http://me:tr4ce@host/v1',
        'log-verbose': '1',
      },
      container: {
        ...NO_CONTAINER_OPTIONS,
        environment: { API_TOKEN: 'another-one' },
        labels: { token: 'l4bel', team: 'hf_abc is theirs' },
        fields: { Entrypoint: ['sh', '-c', 'API_KEY=3ntry exec tritonserver'] },
      },
    },
  );
  const SET = {
    TMA_ENV_API_TOKEN: 'tok$en-1234',
    TMA_ENV_API_TOKEN_2: 'another-one',
    TMA_ENV_HF: 'hf_abc',
    TMA_ENV_DB_PASSWORD: '$ecret-hunter2',
    TMA_ENV_PIN: '~9',
    TMA_ENV_PATH: '/opt/bin:$PATH',
    TMA_HEADER_AUTHORIZATION: 'Bearer abc.def',
    TMA_FLAG_HTTP_RESTRICTED_API: 'sw0rdfish',
    TMA_FLAG_CACHE_CONFIG: 'r3dis',
    TMA_FLAG_TRACE_CONFIG: 'tr4ce',
    TMA_LABEL_TOKEN: 'l4bel',
    TMA_FIELD_ENTRYPOINT: '3ntry',
  };
  const path = written(spec);
  const text = readFileSync(path, 'utf8');
  const { settings } = JSON.parse(text);

  test.each(Object.entries(SET))('%s', (name, value) => {
    expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
    expect(text).toContain(`$\{${name}}`);
  });

  test('what is ordinary, or only passed on, can be read and changed', () => {
    expect(settings.serverEnvironment).toMatchObject({
      LEVEL: 'debug',
      OMP_NUM_THREADS: '4',
      HOME_OF: '$HOME',
      OTHER: `$\{HOME}`,
    });
    expect(settings.load.headers[1]).toEqual(['X-Priority', '1']);
    expect(settings.load.flags.slice(2)).toEqual(['--string-data', 'costs $5']);
    expect(settings.serverFlags['log-verbose']).toBe('1');
  });

  test('they are filled in from the environment', () => {
    expect(readSpec(path, SET)).toEqual(JSON.parse(JSON.stringify(spec)));
  });

  test("the shell's own are none: a variable that happens to be set there gives no wrong value", () => {
    expect(() => readSpec(path, { ...SET, TMA_ENV_PATH: undefined, PATH: '/usr/bin' })).toThrow(
      'TMA_ENV_PATH is not set',
    );
  });

  test('what is missing is named, all of it at once', () => {
    expect(() => readSpec(path, {})).toThrow(/TMA_HEADER_AUTHORIZATION.* are not set/);
    expect(() => readSpec(path, {})).toThrow('TMA_ENV_API_TOKEN, ');
  });
});

test('two headers of one name have a variable each', () => {
  const headers = [
    ['X-Key', 'first-value'],
    ['x-key', 'second-value'],
    ['X.Key', 'third-value'],
    ['X-Key', 'first-value'],
  ] as const;
  const spec = trialSpec({}, { load: load({ headers }) });
  const read = readSpec(written(spec), {
    TMA_HEADER_X_KEY: 'first-value',
    TMA_HEADER_X_KEY_2: 'second-value',
    TMA_HEADER_X_KEY_3: 'third-value',
  });
  expect(read.settings.load.headers).toEqual(headers);
});

test("tma's own words, models and paths stay what they are, whatever a variable holds", () => {
  const spec = trialSpec(
    {},
    { serverEnvironment: { MODE: 'local', MODEL: 'm_config_0', REPOSITORY: '/models' } },
  );
  const json = JSON.parse(readFileSync(written(spec), 'utf8'));
  expect(json).toMatchObject({ variant: 'm_config_0', modelRepository: '/models' });
  expect(json.settings.launch.mode).toBe('local');
});

test("what the shell holds under a secret's name is taken from there", () => {
  const spec = trialSpec({}, { container: { ...NO_CONTAINER_OPTIONS, labels: { who: 'ci/gl-12345/x' } } });
  const path = join(folder(), 'spec.json');
  writeSpec(path, spec, { CI_JOB_TOKEN: 'gl-12345', HOME: '/models' });
  expect(readFileSync(path, 'utf8')).not.toContain('gl-12345');
  expect(readSpec(path, { CI_JOB_TOKEN: 'gl-12345' })).toEqual(JSON.parse(JSON.stringify(spec)));
});

test('texts that look like references, or hold any letters, are read as they were', () => {
  const texts = [
    `$\{HOME}`,
    '$$',
    '\uE000X\uE000',
    '\uE000tok-1234567\uE001',
    `a$\{TMA_ENV_T}b tok-1234567`,
    '\0',
  ];
  const spec = trialSpec(
    {},
    { serverEnvironment: { T: 'tok-1234567' }, load: load({ flags: texts, stringData: '$5 \uE000\uE000' }) },
  );
  expect(readSpec(written(spec), { TMA_ENV_T: 'tok-1234567' })).toEqual(JSON.parse(JSON.stringify(spec)));
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

  test.each<[string, Partial<ServedModel>[], string]>([
    [
      'two models to measure',
      [{}, { name: 'n' }],
      'models.1.role: load is put on one model in this version, and "m" is measured',
    ],
    ['a model twice', [{}, {}], 'models.1.name: "m" is there already'],
    [
      'a model twice, once composing',
      [{}, { role: 'composing', config: undefined, assignment: {} }],
      'models.1.name: "m" is there already',
    ],
    ['no model to measure', [{ role: 'composing' }], 'models: no load is put on any of them: expected one'],
    [
      'the measured model behind another',
      [{ role: 'composing', config: undefined, assignment: {} }, { name: 'n' }],
      'models.0.role: expected the model that is measured first',
    ],
    [
      'a configuration for a composing model',
      [{}, { name: 'n', role: 'composing', assignment: {} }],
      'models.1.config: "n" is composing: in this version it is served as it lies in the model repository',
    ],
    [
      'a setting for a composing model',
      [{}, { name: 'n', role: 'composing', config: undefined }],
      'models.1.assignment: "n" is composing: in this version nothing is set in its configuration',
    ],
  ])('%s', (_name, models, message) => {
    const [model] = trialSpec().models;
    const [first, ...others] = models.map((changes) => ({ ...model, ...changes }));
    expect(() => readSpec(written(trialSpec({ models: [first!, ...others] })), {})).toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`^[^\\n]*: ${message}[^\\n]*$`)) }),
    );
  });

  test('no JSON, no file', () => {
    const path = join(folder(), 'spec.json');
    expect(() => readSpec(path, {})).toThrow('no such file or directory');
    writeFileSync(path, '['.repeat(200_000) + ']'.repeat(200_000));
    expect(() => readSpec(path, {})).toThrow('nested too deep');
    writeFileSync(path, '{');
    expect(() => readSpec(path, {})).toThrow('no spec of a trial');
  });
});
