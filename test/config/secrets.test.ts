import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  addressWithoutSecrets,
  argumentsWithoutSecrets,
  commandWithoutSecrets,
  secretsOfFlags,
  withoutSecrets,
} from '../../src/config/secrets.ts';
import { folder, messageOf } from '../support/experiment.ts';
import { tma } from '../support/tma.ts';

const SECRET = 'sw0rdfish';
const yaml = [
  'model_repository: .',
  'profile_models:',
  `  m: { perf_analyzer_flags: { http-header: ["Authorization: Bearer ${SECRET}"] } }`,
  `perf_analyzer_flags: { http-header: "X-Key:${SECRET}" }`,
  `triton_server_environment: { KEY: ${SECRET}, PIN: ab1, PASSED: $PASSED }`,
  `triton_docker_args: { environment: ["TOKEN=${SECRET}"] }`,
  `triton_server_flags: { http-restricted-api: "inference:admin=${SECRET}" }`,
].join('\n');

describe('tma plan prints no secret', () => {
  test.each([['--configs', '--options'], ['--json']])('%j', async (...flags) => {
    const cwd = folder();
    mkdirSync(join(cwd, 'm', '1'), { recursive: true });
    writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'backend: "python"\n');
    writeFileSync(join(cwd, 'perf.yaml'), yaml);
    const { code, out, error } = await tma(['plan', '-f', join(cwd, 'perf.yaml'), ...flags], cwd);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).not.toContain(SECRET);
    expect(out).not.toContain('ab1');
    expect(out).toContain('[not shown]');
    expect(out).toContain('$PASSED');
  });

  test.each([
    `perf_analyzer_flags: {http-header: "${SECRET}"}`,
    `perf_analyzer_flags: {http-header: ["Key ${SECRET}", {Key: ${SECRET}}]}`,
    `perf_analyzer_flags: {http-header: {Key: ${SECRET}}}`,
    `perf_analyzer_flags: "-H 'Key: ${SECRET}'"`,
    `triton_server_environment: ["KEY=${SECRET}"]`,
    `triton_server_environment: {KEY: {value: ${SECRET}}}`,
    `triton_server_flags: {http-restricted-api: {inference: ${SECRET}}}`,
  ])('nor does a mistake: %s', (line) => {
    const message = messageOf(`profile_models: m\n${line}`);
    expect(message).toContain('expected');
    expect(message).not.toContain(SECRET);
  });
});

test('names stay, values go', () => {
  expect(
    withoutSecrets({ 'http-header': ['A: b', 'c'], triton_server_environment: { X: 1 }, x: [2] }),
  ).toEqual({
    'http-header': ['A:[not shown]', '[not shown]'],
    triton_server_environment: { X: '[not shown]' },
    x: [2],
  });
  expect(argumentsWithoutSecrets(['-m', 'x', '-H', 'A:b', '--percentile', '9'])).toEqual([
    ...['-m', 'x', '-H', 'A:[not shown]', '--percentile', '9'],
  ]);
});

test('what is secret in a setting goes, too, and the rest stays', () => {
  expect(
    withoutSecrets({
      triton_server_flags: {
        'cache-config': ['redis,host=h,password=sw0rdfish', 'local,size=1048576'],
        'trace-config': 'opentelemetry,url=http://me:sw0rdfish@host/v1',
        'http-restricted': 'inference:admin=sw0rdfish',
        'grpc-server-key': '/etc/tls/key.pem',
        'http-reuse-port': 'true',
      },
    }),
  ).toEqual({
    triton_server_flags: {
      'cache-config': ['redis,host=h,password=[not shown]', 'local,size=1048576'],
      'trace-config': 'opentelemetry,url=http://me:[not shown]@host/v1',
      'http-restricted': 'inference:[not shown]',
      'grpc-server-key': '/etc/tls/key.pem',
      'http-reuse-port': 'true',
    },
  });
});

test('what is secret in flags is known, to be taken out of what a server says; an ordinary word is not', () => {
  expect(
    secretsOfFlags({
      'http-restricted-api': ['inference:admin=sw0rdfish', 'health'],
      'cache-config': 'redis,password=r3dis',
      'log-verbose': '1',
    }),
  ).toEqual([{ 'http-restricted-api': 'sw0rdfish' }, { 'cache-config': 'r3dis' }]);
});

describe('an address to post to', () => {
  test('is told without what opens it', () => {
    expect(addressWithoutSecrets('https://user:pass@host:8443/services/T0/B0?token=1#x')).toBe(
      'https://host:8443/[not shown]',
    );
    expect(addressWithoutSecrets('http://host?token=1')).toBe('http://host/[not shown]');
    expect(addressWithoutSecrets('http://user@host/')).toBe('http://host');
  });

  test.each([
    [['--on-finish', 'https://host/SECRET', '-q']],
    [['--on-finish=https://host/SECRET', '-q']],
    [['--on_fin', 'https://host/SECRET', '-q']],
    [['--on-f=https://host/SECRET', '-q', '--on-finish', 'SECRET']],
  ])('is in no command line that is recorded: %j', (words) => {
    const recorded = commandWithoutSecrets(['tma', 'profile', '-f', 'perf.yaml', ...words]);
    expect(recorded.join(' ')).not.toContain('SECRET');
    expect(recorded).toHaveLength(words.length + 4);
    expect(recorded.slice(0, 4)).toEqual(['tma', 'profile', '-f', 'perf.yaml']);
    expect(recorded).toContain('-q');
  });
});
