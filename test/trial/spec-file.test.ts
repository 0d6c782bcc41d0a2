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
    writeFileSync(path, '{');
    expect(() => readSpec(path, {})).toThrow('no spec of a trial');
  });
});
