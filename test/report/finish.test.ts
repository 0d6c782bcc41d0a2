import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError, userError } from '../../src/ground/errors.ts';
import { type Finish, finishNotice } from '../../src/report/finish.ts';
import { experimentOf } from '../support/experiment.ts';
import { CASES } from '../support/export-cases.ts';

const startedAt = new Date('2026-01-01T00:00:00Z');
const endedAt = new Date('2026-01-01T00:01:01.5Z');
const experiment = experimentOf('profile_models: m');
const noticeOf = (finish: Partial<Finish>, of = experiment) =>
  finishNotice(of, { exitCode: 0, interrupted: false, startedAt, endedAt, ...finish });

test('says what a run came to, in figures and words', () => {
  const { run, rankings } = CASES.small();
  const { models, ...notice } = noticeOf({ run, rankings });
  expect(notice).toEqual({
    schemaVersion: 1,
    state: 'done',
    exitCode: 0,
    session: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationS: 61.5,
    tma: expect.stringMatching(/^\d+\./),
    text: `tma profile: done, exit code 0\n${models[0]!.verdict}`,
    modelsLeftOut: 0,
    mistakes: [],
  });
  expect(models).toEqual([
    {
      model: 'm',
      decision: {
        kind: 'deploy',
        reason: 'better',
        variant: 'm_config_0',
        point: { streams: [{ model: 'm', load: { kind: 'concurrency', inFlight: 1 }, batchSize: 1 }] },
      },
      verdict: expect.stringMatching(/^Deploy m_config_0: 180 infer/),
      values: { perf_throughput: 180, perf_latency_p99: 8 },
      intervals: { perf_throughput: [175, 185], perf_latency_p99: [7.5, null] },
      marks: [],
      constraints: 'met',
      gain: expect.objectContaining({ is: 'measured', assumed: [] }),
    },
  ]);
  expect(models[0]!.gain!.percent).toBeCloseTo(80);
});

test('where nothing is decided no configuration is named, and the figures are of the leader', () => {
  const { run, rankings } = CASES.unknown();
  const [model] = noticeOf({ run, rankings, exitCode: 4 }).models;
  expect(model).toMatchObject({
    decision: { kind: 'unfinished', reason: 'constraints unknown', variant: null, point: null },
    values: { perf_throughput: 180, perf_latency_p99: 8 },
    constraints: 'unknown',
  });
  const nothing = CASES.nothingMeasured();
  expect(noticeOf({ ...nothing, exitCode: 3 }).models[0]).toMatchObject({
    decision: { kind: 'none' },
    values: {},
    intervals: {},
    constraints: null,
    gain: null,
  });
});

describe('the state', () => {
  test.each([
    [0, 'done'],
    [1, 'failed'],
    [2, 'failed'],
    [3, 'done'],
    [4, 'done'],
    [5, 'failed'],
    [6, 'done'],
  ])('of exit code %s is %s', (exitCode, state) => {
    expect(noticeOf({ exitCode })).toMatchObject({ exitCode, state });
  });

  test('of what somebody ended is interrupted', () => {
    expect(noticeOf({ exitCode: 130, interrupted: true }).state).toBe('interrupted');
  });
});

describe('mistakes', () => {
  test('are told in words, each once; of a bug only that it is one', () => {
    const mistake = userError('no model', 'name one', { file: 'perf.yaml', line: 1, column: 2 });
    const errors = [mistake, mistake, new TypeError('cannot read properties of /home/someone')];
    expect(noticeOf({ exitCode: 2, errors })).toMatchObject({
      session: null,
      models: [],
      mistakes: ['perf.yaml:1:2: no model\n  name one', 'a bug of tma'],
    });
  });

  test('of any number are bounded', () => {
    const problems = Array.from({ length: 5000 }, (_, at) => ({ message: `${at} ${'x'.repeat(10_000)}` }));
    const notice = noticeOf({ exitCode: 2, errors: [new UserError(problems)] });
    expect(notice.mistakes.at(-1)).toBe('and 4990 mistakes more');
    expect(JSON.stringify(notice).length).toBeLessThan(32 * 1024);
  });
});

test('of any number of models it is bounded, and what is left out is counted', () => {
  const { run, rankings } = CASES.small();
  const many = Array.from({ length: 5000 }, () => rankings[0]!);
  const notice = noticeOf({ run, rankings: many });
  expect(notice.models.length).toBeGreaterThan(50);
  expect(notice.models.length + notice.modelsLeftOut).toBe(5000);
  expect(JSON.stringify(notice).length).toBeLessThan(70 * 1024);
});

describe('nothing secret is in it', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('whatever the sentences hold: environments, headers, flags, addresses, settings', () => {
    vi.stubEnv('CI_JOB_TOKEN', 'SECRET-of-the-shell');
    const of = experimentOf(
      [
        'profile_models: m',
        'triton_server_environment: { API_KEY: SECRET-of-the-server, PASSED: $CI_JOB_TOKEN }',
        'perf_analyzer_flags: { http-header: "Authorization: Bearer SECRET-of-a-header" }',
        'triton_server_flags: { cache-config: "redis,password=SECRET-of-a-flag" }',
      ].join('\n'),
    );
    const message = [
      ...['SECRET-of-the-shell', 'SECRET-of-the-server', 'SECRET-of-a-header', 'SECRET-of-a-flag'],
      ...['http://user:SECRET-of-an-address@host/', 'token=SECRET-setting'],
    ].join(' | ');
    const notice = noticeOf({ exitCode: 2, errors: [userError(message)] }, of);
    expect(JSON.stringify(notice)).not.toContain('SECRET');
    expect(notice.mistakes[0]).toContain('[value of CI_JOB_TOKEN]');
  });

  test('nothing in it acts on a terminal', () => {
    const notice = noticeOf({ exitCode: 2, errors: [userError('\u001b[31mred\u202e')] });
    expect(notice.mistakes).toEqual(['\\x1b[31mred\\u202e']);
  });
});
