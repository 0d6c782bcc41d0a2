import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT, type Process } from '../../src/cli/process.ts';
import { codeOfRun } from '../../src/cli/run-code.ts';
import { faultOf, refuse } from '../../src/ground/errors.ts';
import { SCHEMA_VERSION } from '../../src/record/run.ts';
import { Journal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run as recorded, trial } from '../support/run.ts';
import { tma } from '../support/tma.ts';

/** A folder with model `m`, a perf.yaml for it, and what a run measured of it. */
function project(more = ''): string {
  const cwd = folder();
  mkdirSync(join(cwd, 'models', 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'models', 'm', 'config.pbtxt'), 'name: "m"\nbackend: "python"\n');
  writeFileSync(
    join(cwd, 'perf.yaml'),
    `model_repository: ${cwd}/models\nprofile_models: m\nconcurrency: 1\n${more}`,
  );
  const record = new Journal(join(cwd, 'tma-out', 'checkpoints'));
  const goals = [
    { models: ['m'], objectives: [{ tag: 'perf_latency_p99', weight: 1 }], constraints: [] },
  ] as const;
  const overall = { objectives: goals[0].objectives, constraints: [] };
  record.append({
    kind: 'session',
    schemaVersion: SCHEMA_VERSION,
    ...recorded().sessions[0]!,
    goals: [...goals].map((goal) => ({ ...goal, models: ['m'] as [string] })),
    overall,
  });
  const { points, state: _state, end: _end, ...variant } = trial('m_config_default', [measurement({})]);
  record.append({ kind: 'variant', ...variant });
  for (const point of points) record.append({ kind: 'point', variant: variant.key, record: point });
  record.close();
  return cwd;
}

const PERF = ['-f', 'perf.yaml'];

/** Runs a command line in such a folder. */
async function inProject(args: readonly string[], more?: string, changes?: Partial<Process>) {
  const cwd = project(more);
  return await tma(
    args.map((arg) => (arg === 'perf.yaml' ? join(cwd, arg) : arg)),
    cwd,
    changes,
  );
}

/** Nobody, not even root, makes a folder there. */
const NOT_TO_BE_WRITTEN = '/sys/tma';
const NO_PERF_ANALYZER = ['--load-generator', 'perf_analyzer', '--perf-analyzer-path', '/nowhere/pa'];

describe('what a command answers without a server', () => {
  test.each<[code: keyof typeof EXIT, args: string[], more?: string]>([
    ['done', ['--help']],
    ['done', ['--version']],
    ['done', ['profile', '--help']],
    ['done', ['install', '--help']],
    ['input', ['--bogus']],
    ['input', ['profile', ...PERF], 'concurency: 2'],
    ['input', ['profile', '-f', 'nowhere.yaml']],
    ['input', ['profile', ...PERF, '--model-repository', 'nowhere']],
    ['environment', ['profile', ...PERF, ...NO_PERF_ANALYZER]],
    ['environment', ['profile', ...PERF, '-e', NOT_TO_BE_WRITTEN]],
    // Both: what the user wrote comes first.
    ['input', ['profile', ...PERF, '-e', NOT_TO_BE_WRITTEN], 'concurency: 2'],
    ['done', ['plan', ...PERF]],
    ['input', ['plan', ...PERF, '--profile-models', 'nobody']],
    ['input', ['plan', '--bogus']],
    ['environment', ['plan', ...PERF, '--parallel', '100000']],
    ['done', ['completion', 'bash']],
    ['input', ['completion', 'bsh']],
    ['input', ['init', '-m', 'nowhere']],
    ['environment', ['init', '-f', `${NOT_TO_BE_WRITTEN}.yaml`]],
    ['done', ['report', '-o', 'html']],
    ['input', ['report', '-n', 'm_config_9']],
    ['input', ['report', '-s', 'nowhere']],
    ['environment', ['report', '-o', 'html', '-e', NOT_TO_BE_WRITTEN]],
    ['done', ['export', '--variant', 'm_config_default']],
    ['nothing', ['export']],
    ['input', ['export', '-s', 'nowhere']],
    ['input', ['export', ...PERF, '--force']],
    ['environment', ['export', '--variant', 'm_config_default', '--to', NOT_TO_BE_WRITTEN]],
    ['done', ['compare', 'tma-out', 'tma-out']],
    ['done', ['compare', 'tma-out', 'tma-out', '--fail-on', 'worse']],
    ['input', ['compare', 'nowhere', 'tma-out']],
    ['input', ['compare', 'tma-out', 'tma-out', '--fail-on', 'good > 5%']],
    ['environment', ['compare', 'tma-out', 'tma-out', '-e', NOT_TO_BE_WRITTEN]],
    ['input', ['load']],
    ['input', ['load', '-m', 'm', '--concurrency-range', '4:1']],
    ['environment', ['load', '-m', 'm', ...NO_PERF_ANALYZER]],
    ['input', ['trial']],
    ['input', ['trial', '--spec', 'nowhere.json']],
    ['input', ['trial', '--spec', 'perf.yaml']],
    ['input', ['install', 'something']],
    ['input', ['install', 'triton', '--bogus']],
  ])('%s: tma %j %s', async (code, args, more) => {
    const told = await inProject(args, more);
    expect(told.code, told.error).toBe(EXIT[code]);
    expect(told.error).not.toContain('    at ');
    // A command says why it did not do what was asked for.
    expect(told.error === '').toBe(code === 'done');
  });

  test.each([
    [['profile', ...PERF]],
    [['plan', ...PERF]],
    [['report']],
    [['export']],
    [['compare', 'tma-out', 'tma-out']],
    [['load', '-m', 'm']],
    [['trial', '--spec', 'x']],
  ])('bug: tma %j', async (args) => {
    const broken = () => {
      throw new TypeError('no ear');
    };
    const { code, error } = await inProject(args, '', { cwd: broken });
    expect(code).toBe(EXIT.bug);
    expect(error).toMatch(/please report it:\nTypeError: no ear\n +at /);
  });

  test('a machine that is out of something is no bug', async () => {
    const broken = () => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    };
    expect(await inProject(['plan', ...PERF], '', { cwd: broken })).toMatchObject({
      code: EXIT.environment,
      error: 'EMFILE: too many open files\n',
    });
  });

  test('lines of JSON say whose it is to mend', async () => {
    const faults = async (...args: string[]): Promise<string[]> =>
      (await inProject(args)).out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind === 'mistake')
        .map(({ fault }) => fault);
    expect(await faults('profile', '--json', ...PERF, ...NO_PERF_ANALYZER)).toEqual(['environment']);
    expect(await faults('profile', '--json', '-f', 'nowhere.yaml')).toEqual(['input']);
    expect(await faults('profile', '--json', '--bogus')).toEqual(['input']);
    expect(await faults('trial', '--spec', 'nowhere.json')).toEqual(['input']);
  });
});

describe('what a run that went through answers', () => {
  const deployed = { winner: {}, decision: { kind: 'keep', reason: 'best' } };
  const none = (reason: string) => ({ winner: undefined, decision: { reason } });
  const code = (rankings: readonly object[], failOnUnmetConstraints = true, kind?: string): number =>
    codeOfRun({ trials: [{ ...(kind && { end: { kind } }) }] } as never, rankings as never, {
      failOnUnmetConstraints,
    });

  test.each<[keyof typeof EXIT, readonly object[], boolean?, string?]>([
    ['done', [deployed]],
    ['done', [deployed], true, 'server died'],
    ['bug', [deployed], true, 'bug of tma'],
    ['nothing', [none('nothing measured')]],
    ['nothing', [deployed, none('client')]],
    ['nothing', [none('constraints'), none('too close')]],
    ['unmet', [deployed, none('constraints')]],
    ['unmet', [none('constraints unknown')]],
    ['done', [none('constraints unknown'), none('constraints')], false],
  ])('%s: %j', (expected, rankings, fails, kind) => {
    expect(code(rankings, fails, kind)).toBe(EXIT[expected]);
  });
});

test('of several mistakes the user has to mend one himself: input', () => {
  const here = { message: 'wrong' };
  const there = { message: 'missing', fault: 'environment' } as const;
  expect(faultOf([there, there])).toBe('environment');
  expect(faultOf([there, here])).toBe('input');
  expect(faultOf([])).toBe('input');
  const thrown = (() => {
    try {
      refuse(Array.from({ length: 50 }, () => there));
    } catch (error) {
      return error;
    }
  })() as { problems: (typeof there)[] };
  expect(thrown.problems.at(-1)).toMatchObject({ message: 'and 10 mistakes more' });
  expect(faultOf(thrown.problems)).toBe('environment');
});

test('the help and the documentation name every code', async () => {
  const { out } = await tma(['--help']);
  const page = readFileSync('docs/exit-codes.md', 'utf8');
  for (const code of Object.values(EXIT)) {
    expect(out.slice(out.indexOf('Exit codes:'))).toMatch(new RegExp(`\\b${code} `));
    expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  }
});
