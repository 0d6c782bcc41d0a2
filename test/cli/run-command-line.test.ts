import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Goal } from '../../src/record/goal.ts';
import { SCHEMA_VERSION, type Trial } from '../../src/record/run.ts';
import { Journal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run as recorded, trial } from '../support/run.ts';
import { tma } from '../support/tma.ts';

describe('the command line', () => {
  test('--version and --help', async () => {
    expect(await tma(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const help = await tma(['profile', '--help']);
    expect(help.code).toBe(0);
    for (const flag of [
      '-f, --config-file <FILE>',
      '-m, --model-repository <DIR>',
      '--latency-budget <MS>',
      '--model-load-timeout <SECONDS>',
    ]) {
      expect(help.out).toContain(flag);
    }
    expect(help.out).not.toContain('--model-type');
    expect((await tma(['--help'])).out).toContain('Exit codes:');
  });

  test('an unknown flag is a mistake with the nearest one', async () => {
    const { code, error } = await tma(['profile', '--concurency', '3']);
    expect(code).toBe(2);
    expect(error).toContain("unknown option '--concurency'");
    expect(error).toContain('--concurrency');
  });

  test('a perf.yaml that was not named is no part of the run, and is pointed to', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'perf.yaml'), 'profile_models: m\nmodel_repository: .\n');
    const hint = '\n  there is a perf.yaml here: add -f perf.yaml\n';
    for (const command of ['plan', 'profile']) {
      expect(await tma([command], cwd)).toMatchObject({ code: 2, error: `no model to profile${hint}` });
      const named = await tma([command, '--profile-models', 'm'], cwd);
      expect(named).toMatchObject({ code: 2, error: `no model repository${hint}` });
    }
    mkdirSync(join(cwd, 'empty'));
    expect((await tma(['plan'], join(cwd, 'empty'))).error).not.toContain('perf.yaml here');
  });

  test('a tritonserver that is not where perf.yaml says is told with the place, and nothing is written', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'models', 'm', '1'), { recursive: true });
    const config = 'backend: "identity"\nmax_batch_size: 0\n';
    const tensor = 'name: "x" data_type: TYPE_FP32 dims: 1';
    const tensors = `input { ${tensor} }\noutput { ${tensor.replace('"x"', '"y"')} }\n`;
    writeFileSync(join(cwd, 'models', 'm', 'config.pbtxt'), config + tensors);
    const file = join(cwd, 'perf.yaml');
    writeFileSync(
      file,
      'profile_models: m\nmodel_repository: models\ntriton_server_path: bin/tritonserver\n',
    );
    const what = `${file}:3:21: no executable tritonserver at bin/tritonserver`;
    const { code, error, out } = await tma(['profile', '-f', file], cwd);
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(error).toContain(`${what}\n  write where it is, or leave triton_server_path`);
    expect(readdirSync(cwd).sort()).toEqual(['models', 'perf.yaml']);
    const plan = await tma(['plan', '-f', file], cwd);
    expect(plan.code).toBe(0);
    expect(plan.out).toContain(`warning   ${what}: write where it is`);
  });

  test('mistakes of all kinds are told in one round: flags, values, perf.yaml, models', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'perf.yaml'), 'profile_models: m\nmodel_repository: .\nbatch_size: 3\n');
    const flags = ['--bogus', '7', '--gpuz=0', '--patience', 'quik', '--latency-budget'];
    const { code, error, out } = await tma(['profile', '-f', 'perf.yaml', ...flags], cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error.replaceAll(`${cwd}/`, '')).toBe(
      [
        "error: option '--latency-budget <MS>' argument missing",
        "error: unknown option '--bogus'",
        "error: unknown option '--gpuz=0'",
        '(Did you mean --gpus?)',
        'cannot read perf.yaml: no such file or directory',
        '  name the perf.yaml with -f FILE',
        '',
      ].join('\n'),
    );
    const there = await tma(['profile', '-f', join(cwd, 'perf.yaml'), ...flags], cwd);
    for (const text of [
      "'--bogus'",
      'did you mean "quick"?',
      'unknown key "batch_size"',
      'model "m" is not in',
    ])
      expect(there.error).toContain(text);
    expect(existsSync(join(cwd, 'tma-out'))).toBe(false);
  });

  test.each([
    [['export', '--format', 'kserv'], 'Did you mean kserve?'],
    [['-m', 'onlin', 'plan'], 'Did you mean online?'],
    [['instal'], 'Did you mean install?'],
    [['load', '-m', 'x', '-i', 'htpp'], 'did you mean "http"?'],
  ])('what is meant by %j is asked', async (args, text) => {
    expect(await tma(args)).toMatchObject({ code: 2, error: expect.stringContaining(text) });
  });

  test('--help stands in groups, what most runs need first, and every option in one', async () => {
    const headings = async (...args: string[]): Promise<string[]> =>
      (await tma([...args, '--help'])).out.match(/^[A-Z].*:$/gm) ?? [];
    expect(await headings('profile')).toEqual([
      ...['Common options:', 'Load:', 'Search:', 'Server:', 'Limits and costs:'],
      ...['Comparison, and ends for scripts:', 'Reports:'],
    ]);
    expect((await headings('report'))[0]).toBe('Common options:');
    expect((await headings())[1]).toBe('Finding the best configuration:');
  });

  test.each(['profile', 'plan', 'report', 'export', 'compare', 'load', 'init'])(
    '%s --help breaks lines between words, also beside long names',
    async (command) => {
      const options = (await tma([command, '--help'])).out
        .split('\n')
        .filter((line) => line.startsWith('  '));
      expect(options.filter((line) => line.length > 80)).toEqual([]);
      expect(options.filter((line) => /^ {4,}\S/.test(line)).length).toBeGreaterThan(0);
    },
  );

  test('what stands before the command belongs behind it, and without one it is profile', async () => {
    const mistake = expect.stringContaining('no model repository');
    const options = ['--profile-models', 'm'];
    for (const args of [
      ['-v', 'profile', ...options],
      ['-q', '-m', 'offline', 'profile', ...options],
      ['-v', ...options],
      [...options, 'profile'],
      options,
      ['-v', 'plan', ...options],
    ])
      expect(await tma(args), args.join(' ')).toMatchObject({ code: 2, error: mistake });
    const models = await tma(['-m', 'nowhere', ...options]);
    expect(models).toMatchObject({ code: 2, error: expect.stringContaining('no model repository at') });
  });

  test.each(['--always_report-gpu-metrics', '--always_report_gpu_metrics', '--always-report_gpu-metrics'])(
    '%s is the flag with hyphens, for every command that has it',
    async (flag) => {
      expect((await tma(['profile', flag])).error).toContain('no model to profile');
      expect((await tma(['report', flag])).error).toContain('nothing is recorded');
    },
  );

  test('a mistake in the file: its place, exit code 2, no stack, nothing written', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'm'));
    writeFileSync(join(cwd, 'perf.yaml'), 'profile_models: m\nmodel_repository: .\nbatch_size: 3\n');
    const { code, error, out } = await tma(['profile', '-f', join(cwd, 'perf.yaml')], cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toBe(`${cwd}/perf.yaml:3:1: unknown key "batch_size"\n  did you mean "batch_sizes"?\n`);
    expect(existsSync(join(cwd, 'tma-out'))).toBe(false);
  });

  test('a repository that is not there, with the place that names it', async () => {
    const cwd = folder();
    const file = join(cwd, 'perf.yaml');
    writeFileSync(file, 'profile_models: m\nmodel_repository: gone\n');
    const hint = 'name it with --model-repository DIR';
    expect((await tma(['profile', '-f', file], cwd)).error).toMatch(
      /perf\.yaml:2:19: no model repository at \S+gone\n {2}write the folder that the models lie in, or name it with --model-repository DIR\n$/,
    );
    const named = await tma(['profile', '-f', file, '-m', 'elsewhere'], cwd);
    expect(named.error).toMatch(/^no model repository at \S+elsewhere\n/);
    expect(named.error).toContain(`  ${hint}\n`);
  });

  test('a file that is not there', async () => {
    const { code, error } = await tma(['profile', '-f', 'nowhere.yaml']);
    expect(code).toBe(2);
    expect(error).toContain('cannot read nowhere.yaml');
  });

  test('options of Model Analyzer without effect are accepted', async () => {
    const { error } = await tma([
      'profile',
      '-m',
      '.',
      '--profile-models',
      'm',
      '--perf-analyzer-timeout',
      '5',
      '--collect-cpu-metrics',
    ]);
    expect(error).toContain('model "m" is not in');
  });
});

describe('tma report', () => {
  const BOTH = [
    trial('m_config_default', [measurement({ perf_latency_p99: 9 })]),
    trial('m_config_0', [measurement({ perf_latency_p99: 5 })]),
  ];
  const journal = (trials: readonly Trial[] = BOTH): string => {
    const cwd = folder();
    const record = new Journal(join(cwd, 'tma-out', 'checkpoints'));
    const goals: Goal[] = [
      { models: ['m'], objectives: [{ tag: 'perf_latency_p99', weight: 1 }], constraints: [] },
    ];
    const overall = {
      objectives: goals[0]!.objectives,
      constraints: [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 6 }],
    };
    record.append({
      kind: 'session',
      schemaVersion: SCHEMA_VERSION,
      ...recorded().sessions[0]!,
      goals,
      overall,
    });
    for (const item of trials) {
      const { points, state: _state, end: _end, ...variant } = item;
      record.append({ kind: 'variant', ...variant });
      for (const point of points) record.append({ kind: 'point', variant: item.key, record: point });
    }
    record.close();
    return cwd;
  };

  test('makes the pages of the configurations named, without a server', async () => {
    const cwd = journal();
    mkdirSync(join(cwd, 'out'));
    const { code, out } = await tma(
      [
        'report',
        '--report-model-configs',
        'm_config_0,m_config_default',
        '--export-path',
        './out',
        '-o',
        'html',
      ],
      cwd,
    );
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toEqual([
      'out/reports/detailed/m_config_0/detailed_report.html',
      'out/reports/detailed/m_config_default/detailed_report.html',
    ]);
  });

  test('without names makes everything anew, by the goals of the journal', async () => {
    const cwd = journal();
    const { out } = await tma(['report', '-o', 'html,csv'], cwd);
    expect(out).toContain('tma-out/reports/summaries/m/result_summary.html');
    expect(existsSync(join(cwd, 'tma-out/results/metrics-model-inference.csv'))).toBe(true);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(cwd, 'tma-out/reports/summaries/m/result_summary.html'), 'utf8')).toContain(
      'looking for the lowest p99 latency',
    );
  });

  test('tells what was decided, and where to look first', async () => {
    const { code, out } = await tma(['report', '-o', 'html,csv'], journal());
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^Nothing is decided for m yet: .* The best so far is m_config_0: .* at p99 5\.00 ms/,
    );
    expect(lines).toContain('report   tma-out/reports/summaries/m/result_summary.html');
    expect(lines).toContain('detailed tma-out/reports/detailed (2 configurations)');
    expect(out).not.toContain('detailed_report.html');
  });

  test('where nothing was measured it says so, and ends with 3', async () => {
    const { code, out, error } = await tma(
      ['report', '-o', 'html'],
      journal([trial('m_config_default', [])]),
    );
    expect(code).toBe(3);
    expect(out).toContain('Nothing is decided for m yet');
    expect(error).toBe('nothing was measured: the pages say what failed, and why\n');
  });

  test('all models together are judged as they were profiled, unless something else is said', async () => {
    const { readFileSync } = await import('node:fs');
    const names = async (...more: string[]): Promise<string[]> => {
      const cwd = journal();
      await tma(['report', '-o', 'csv', '--num-top-model-configs', '5', ...more], cwd);
      const { acrossModels } = JSON.parse(readFileSync(join(cwd, 'tma-out/results/results.json'), 'utf8'));
      return acrossModels.ranking.map(({ variant }: { variant: string }) => variant);
    };
    expect(await names()).toEqual(['m_config_0']);
    expect(await names('--latency-budget', '20')).toEqual(['m_config_0', 'm_config_default']);
  });

  test('a name that was not profiled', async () => {
    const { code, error } = await tma(['report', '-n', 'm_config_1'], journal());
    expect(code).toBe(2);
    expect(error).toContain('"m_config_1" was not profiled\n  did you mean "m_config_0"?');
  });

  test('nothing recorded', async () => {
    const { code, error } = await tma(['report', '-n', 'm_config_1']);
    expect(code).toBe(2);
    expect(error).toContain('run `tma profile` first');
  });
});

describe("as Model Analyzer's users type it", () => {
  const model = (): string => {
    const cwd = folder();
    mkdirSync(join(cwd, 'm', '1'), { recursive: true });
    writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'name: "m"\nbackend: "python"\n');
    writeFileSync(join(cwd, 'perf.yaml'), `model_repository: ${cwd}\nprofile_models: m\nconcurrency: 2\n`);
    return cwd;
  };

  test('flags cut short, and with _', async () => {
    const cwd = model();
    const { code, out } = await tma(
      [
        'plan',
        '-f',
        join(cwd, 'perf.yaml'),
        '--output-model-repository=/a',
        '--triton_launch_mode',
        'local',
        '--json',
      ],
      cwd,
    );
    expect(code).toBe(0);
    const { options } = JSON.parse(out);
    expect(options.output_model_repository_path).toEqual({ value: '/a', source: 'command line' });
    expect(options.triton_launch_mode.source).toBe('command line');
    expect(options.concurrency).toEqual({ value: [2], source: `${cwd}/perf.yaml:3:1` });
  });

  test('a flag that could be several is a mistake that names them', async () => {
    const { code, error } = await tma(['profile', '--triton-docker-im', 'x', '--run-config-search-max', '3']);
    expect(code).toBe(2);
    expect(error).toMatch(/^--run-config-search-max could be --run-config-search-max-concurrency, --run-/);
  });

  test('a program that is not there: nothing is left where nothing could begin', async () => {
    const cwd = model();
    const { code, error } = await tma(
      [
        'profile',
        '-f',
        join(cwd, 'perf.yaml'),
        '--perf-analyzer-path',
        '/nowhere',
        '--load-generator',
        'perf_analyzer',
      ],
      cwd,
    );
    expect({ code, error }).toEqual({
      code: 5,
      error: expect.stringContaining('perf_analyzer is not at /nowhere'),
    });
    expect(existsSync(join(cwd, 'tma-out'))).toBe(false);
  });

  test('-m is the mode before the command and the repository behind it; analyze is profile', async () => {
    const cwd = model();
    const wrong = await tma(
      ['-m', 'offline', 'analyze', '-m', '/nowhere', '-f', join(cwd, 'perf.yaml')],
      cwd,
    );
    expect(wrong).toMatchObject({
      code: 2,
      error: expect.stringContaining('no model repository at /nowhere'),
    });
    expect((await tma(['-m', 'sometimes', 'profile'], cwd)).error).toContain(
      'Allowed choices are online, offline',
    );
  });

  test('nothing at all prints the help', async () => {
    expect(await tma([])).toMatchObject({ code: 0, out: expect.stringContaining('Usage: tma') });
  });
});

test("report reads Model Analyzer's checkpoint where there is no journal", async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'checkpoints'));
  copyFileSync('test/fixtures/model-analyzer/add_sub.ckpt', join(cwd, 'checkpoints', '0.ckpt'));
  writeFileSync(
    join(cwd, 'perf.yaml'),
    'profile_models: add_sub\nconstraints: {perf_latency_p99: {max: 3}}\nmodel_repository: .\n',
  );
  const { code, error, out } = await tma(['report', '-f', join(cwd, 'perf.yaml'), '-o', 'csv', '-v'], cwd);
  expect({ code, error }).toEqual({
    code: 0,
    error: `checkpoints holds an earlier run, so that everything stays in this folder as it was, not in tma-out\nfrom Model Analyzer's checkpoint ${cwd}/checkpoints/0.ckpt\n`,
  });
  expect(out).toContain('Models (Inference):');
  const file = 'metrics-model-inference.csv';
  expect(readFileSync(join(cwd, 'results', file), 'utf8')).toBe(
    readFileSync('test/fixtures/model-analyzer/add_sub.csv', 'utf8'),
  );
  expect(existsSync(join(cwd, 'reports/summaries/add_sub/result_summary.html'))).toBe(true);
});

describe('tma plan', () => {
  test('says in few lines what there is, every configuration and every option where asked, and writes nothing', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'm', '1'), { recursive: true });
    writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'name: "m"\nbackend: "python"\n');
    writeFileSync(
      join(cwd, 'perf.yaml'),
      'model_repository: .\ntriton_server_environment: {KEY: secret-word}\nprofile_models: {m: {parameters: {concurrency: [1, 3]}, model_config_parameters: {instance_group: [{count: [1, 2]}]}}}\n',
    );
    const short = await tma(['plan', '-f', join(cwd, 'perf.yaml')], cwd);
    expect(short.out.split('\n').length).toBeLessThanOrEqual(10);
    expect(short.out).not.toMatch(/m_config_1|perf\.yaml:1:1|secret-word/);
    const { code, out, error } = await tma(
      ['plan', '-f', join(cwd, 'perf.yaml'), '--configs', '--options'],
      cwd,
    );
    expect(error).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('m: 3 configurations, 6 points');
    expect(out).toContain('m_config_1: 1, 3 in flight');
    expect(out).toContain('count: 2');
    expect(out).toMatch(/^model_repository +\. +.*perf.yaml:1:1$/m);
    expect(out).not.toContain('secret-word');
    expect(readdirSync(cwd).sort()).toEqual(['m', 'perf.yaml']);
  });

  test('a wrong file is told as profile tells it', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'perf.yaml'), 'profile_models: m\nmodel_repository: .\nbatch_size: 3\n');
    const file = join(cwd, 'perf.yaml');
    const [plan, profile] = [await tma(['plan', '-f', file], cwd), await tma(['profile', '-f', file], cwd)];
    expect(plan).toEqual({ ...profile, cwd });
    expect(plan.code).toBe(2);
  });
});

describe('lines of JSON tell what is wrong, too', () => {
  const told = (out: string): unknown[] =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('profile --json: a mistake in perf.yaml, with its place', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'm'));
    writeFileSync(join(cwd, 'perf.yaml'), 'model_repository: .\nprofile_models: m\nconcurency: 3\n');
    const { code, out, error } = await tma(['profile', '-f', join(cwd, 'perf.yaml'), '--json'], cwd);
    expect(code).toBe(2);
    expect(told(out)).toEqual([
      {
        kind: 'mistake',
        fault: 'input',
        at: expect.any(String),
        message: expect.stringContaining('concurency'),
        place: expect.objectContaining({ line: 3, column: 1 }),
        hint: expect.stringContaining('concurrency'),
      },
    ]);
    expect(error).toContain('perf.yaml:3:1');
  });

  test('profile --json: a model that is not there, told once', async () => {
    const cwd = folder();
    const { code, out } = await tma(
      ['profile', '--model-repository', cwd, '--profile-models', 'm', '--json'],
      cwd,
    );
    expect(code).toBe(2);
    expect(told(out)).toMatchObject([{ kind: 'mistake', message: expect.stringContaining('"m" is not in') }]);
  });

  test.each<[string, string[], object]>([
    [
      'an unknown flag, with the nearest one',
      ['profile', '--json', '--concurency', '3'],
      {
        message: "unknown option '--concurency'",
        hint: 'did you mean --concurrency?',
        at: expect.any(String),
      },
    ],
    ['an unknown flag', ['analyze', '--bogus', '--jso'], { message: "unknown option '--bogus'" }],
    [
      'a flag without its value',
      ['-m', 'offline', 'profile', '--json', '--latency-budget'],
      { message: expect.stringContaining("'--latency-budget <MS>' argument missing") },
    ],
    [
      'a flag that could be several',
      ['profile', '--run-config-search-max', '3', '--json'],
      { message: expect.stringContaining('could be'), hint: 'write more of the one that is meant' },
    ],
    [
      'a mode that is none',
      ['-m', 'sometimes', 'profile', '--json'],
      { message: expect.stringContaining('Allowed choices are online, offline') },
    ],
    ['trial without --spec', ['trial'], { message: "required option '--spec <FILE>' not specified" }],
    [
      'trial with an unknown flag',
      ['trial', '--bogus', '--spec', 'x'],
      { message: "unknown option '--bogus'" },
    ],
  ])('the command line: %s', async (_name, args, mistake) => {
    const { code, out, error } = await tma(args);
    expect(code).toBe(2);
    expect(told(out)).toEqual([expect.objectContaining({ kind: 'mistake', ...mistake })]);
    expect(error).not.toBe('');
  });

  test('nothing but what was asked for: help, and mistakes where no lines are', async () => {
    expect((await tma(['profile', '--json', '--help'])).out).toMatch(/^Usage/);
    expect((await tma(['trial', '--help'])).out).toMatch(/^Usage/);
    for (const args of [
      ['profile', '--bogus'],
      ['plan', '--json', '--bogus'],
    ])
      expect(await tma(args)).toMatchObject({ code: 2, out: '' });
  });

  test('trial: a spec that is not there', async () => {
    const { code, out, error } = await tma(['trial', '--spec', 'nowhere.json']);
    expect(code).toBe(2);
    expect(told(out)).toMatchObject([{ kind: 'mistake', message: expect.stringContaining('nowhere.json') }]);
    expect(error).toContain('nowhere.json');
  });
});
