import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { printConfigText } from '../../src/model-config/config.ts';
import { diffText } from '../../src/model-config/diff.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import type { Goal } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { loadedModels, SCHEMA_VERSION, type Trial } from '../../src/record/run.ts';
import { Journal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run as recorded, trial } from '../support/run.ts';
import { tma } from '../support/tma.ts';

const P99 = { tag: 'perf_latency_p99', bound: 'max' as const, value: 20 };

/** A configuration of a model with this throughput, and everything that a pod needs measured. */
function tried(
  name: string,
  throughput: number,
  {
    config = {},
    model = 'm',
    p99 = 10,
    ...changes
  }: {
    config?: ModelConfig;
    model?: string;
    p99?: number;
  } & Partial<Trial> = {},
): Trial {
  const whole = { name: model, max_batch_size: 4, ...config };
  const base = printConfigText({ name: model, max_batch_size: 4 });
  const configText = printConfigText(whole);
  const values = {
    perf_throughput: throughput,
    perf_latency_p99: p99,
    cpu_utilization: 150,
    cpu_used_ram: 300,
  };
  const item = measurement(values, 4, {
    point: inFlight(model, 4),
    intervals: { perf_throughput: [throughput * 0.99, throughput * 1.01] },
  });
  return trial(name, [item], {
    model,
    config: whole,
    configText,
    diff: diffText(base, configText),
    ...changes,
  });
}

const BETTER = [
  tried('m_config_default', 100),
  tried('m_config_0', 200, { config: { dynamic_batching: {} } }),
];

/** A folder with the journal of a run that came to its end. */
function project(trials: readonly Trial[] = BETTER, constraints: Goal['constraints'] = [P99]): string {
  const cwd = folder();
  const journal = new Journal(join(cwd, 'tma-out', 'checkpoints'));
  const models = [...new Map(trials.map((item) => [item.models[0].name, loadedModels(item)])).values()];
  const goals = models.map((names) => ({
    models: names,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints,
  }));
  const session = { ...recorded().sessions[0]!, goals };
  journal.append({ kind: 'session', schemaVersion: SCHEMA_VERSION, ...session });
  for (const item of trials) {
    const { points, state: _state, end, ...variant } = item;
    journal.append({ kind: 'variant', ...variant });
    for (const record of points) journal.append({ kind: 'point', variant: item.key, record });
    if (end) journal.append({ kind: 'end', variant: item.key, end });
  }
  const all = { all: 2, seen: 2 };
  for (const names of models)
    journal.append({
      kind: 'search',
      models: names,
      search: 'brute',
      why: 'all was measured',
      points: all,
      configurations: all,
      measurements: 2,
      importance: [],
      skipped: [],
      remarks: [],
    });
  journal.close();
  return cwd;
}

/** A model of a repository. */
function model(repository: string, name: string, config: string, files: Record<string, string> = {}): void {
  mkdirSync(join(repository, name, '1'), { recursive: true });
  writeFileSync(join(repository, name, 'config.pbtxt'), config);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(repository, name, file), text);
}

const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');

const CONFIG = 'name: "m"\nmax_batch_size: 4\ndynamic_batching: {}\n';

describe('a model repository', () => {
  test('gets the config.pbtxt that was decided for, and the change is shown', async () => {
    const cwd = project();
    model(join(cwd, 'models'), 'm', '# mine\nmax_batch_size: 4\n', { '1/model.onnx': 'weights' });
    const { code, out, error } = await tma(
      ['export', '--best', '--to', 'prod', '--with-model', '-m', 'models'],
      cwd,
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe(CONFIG);
    expect(read(cwd, 'prod/m/1/model.onnx')).toBe('weights');
    expect(out).toMatch(/^m: Deploy .*\(m_config_0\): 200 infer\/s .*in flight\.\n---/);
    expect(out).toContain('--- default of m\n+++ m_config_0\n@@\n');
    expect(out).toContain('+dynamic_batching: {}');
    expect(out).toContain('written   prod/m/config.pbtxt\n');
  });

  test('something else that lies there stays, is shown beside, and is named', async () => {
    const cwd = project();
    model(join(cwd, 'prod'), 'm', '# mine\nmax_batch_size: 8\n');
    const { code, out, error } = await tma(['export', '--to', 'prod'], cwd);
    expect(code).toBe(2);
    expect(error).toContain(`${cwd}/prod/m/config.pbtxt is there and is not the same: nothing was written`);
    expect(error).toContain('--force');
    expect(out).toContain(`--- prod/m/config.pbtxt\n+++ m_config_0\n@@\n-# mine\n-max_batch_size: 8\n`);
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe('# mine\nmax_batch_size: 8\n');
  });

  test('with --force it is kept beside, which changes nothing of the model', async () => {
    const cwd = project();
    model(join(cwd, 'prod'), 'm', 'max_batch_size: 8\n', { '1/model.onnx': 'weights' });
    const { code, out } = await tma(['export', '--to', 'prod', '--force'], cwd);
    expect(code).toBe(0);
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe(CONFIG);
    const kept = readdirSync(join(cwd, 'prod/m')).find((name) => name.endsWith('~'))!;
    expect(kept).toMatch(/^config\.pbtxt\.\d{8}T\d{6}Z~$/);
    expect(read(cwd, 'prod/m', kept)).toBe('max_batch_size: 8\n');
    expect(out).toContain(`replaced  prod/m/config.pbtxt (what was there is prod/m/${kept})`);
    const { filesOfModel } = await import('../../src/variant/files.ts');
    expect(filesOfModel(join(cwd, 'prod/m'))).toEqual(['1/model.onnx']);
  });

  test('what says the same stays as it is written', async () => {
    const cwd = project();
    const mine = '# no name, and another order\ndynamic_batching { }\nmax_batch_size: 4\n';
    model(join(cwd, 'prod'), 'm', mine);
    for (const more of [[], ['--force']]) {
      const { code, out } = await tma(['export', '--to', 'prod', ...more], cwd);
      expect(code).toBe(0);
      expect(out).toContain('same      prod/m/config.pbtxt');
    }
    expect(readdirSync(join(cwd, 'prod/m')).sort()).toEqual(['1', 'config.pbtxt']);
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe(mine);
  });

  test('files of the model that are others there are not replaced either, and nothing is written', async () => {
    const cwd = project();
    model(join(cwd, 'models'), 'm', '', { '1/model.onnx': 'weights' });
    model(join(cwd, 'prod'), 'm', CONFIG, { '1/model.onnx': 'WEIGHTS' });
    const args = ['export', '--to', 'prod', '--with-model', '-m', 'models'];
    const refused = await tma(args, cwd);
    expect(refused.code).toBe(2);
    expect(refused.error).toContain(`${cwd}/prod/m/1/model.onnx is there and is not the same`);
    expect(read(cwd, 'prod/m/1/model.onnx')).toBe('WEIGHTS');
    const forced = await tma([...args, '--force'], cwd);
    expect(forced.code).toBe(0);
    expect(read(cwd, 'prod/m/1/model.onnx')).toBe('weights');
    expect(readdirSync(join(cwd, 'prod/m/1'))).toHaveLength(2);
  });

  test('without a folder of a version Triton does not load it: said', async () => {
    const { code, error, cwd } = await tma(['export', '--to', 'prod'], project());
    expect(code).toBe(0);
    expect(error).toBe(
      `${cwd}/prod/m has no folder of a version yet, and Triton does not load it without: --with-model copies it\n`,
    );
  });

  test('without --to nothing is written', async () => {
    const cwd = project();
    const { code, out } = await tma(['export'], cwd);
    expect(code).toBe(0);
    expect(out).toContain('nothing is written: name a model repository with --to DIR');
    expect(readdirSync(cwd)).toEqual(['tma-out']);
  });

  test("a model's folder is no repository, nor is one in the model that is copied", async () => {
    const cwd = project();
    model(join(cwd, 'models'), 'm', '');
    const inModel = await tma(['export', '--to', 'models/m'], cwd);
    expect(inModel.code).toBe(2);
    expect(inModel.error).toContain("is a model's folder, no model repository");
    const below = await tma(['export', '--to', 'models/m/1/x', '--with-model', '-m', 'models'], cwd);
    expect(below.error).toContain('lies in the model that is to be copied');
    writeFileSync(join(cwd, 'file'), '');
    expect((await tma(['export', '--to', 'file'], cwd)).error).toContain('is no folder');
  });

  test('nothing is written through a link that leads elsewhere', async () => {
    const [cwd, elsewhere] = [project(), folder()];
    mkdirSync(join(cwd, 'prod'));
    symlinkSync(elsewhere, join(cwd, 'prod/m'));
    const { code, error } = await tma(['export', '--to', 'prod', '--force'], cwd);
    expect(code).toBe(2);
    expect(error).toContain('a link on the way leads out of');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('a model whose files are not those that were measured is told', async () => {
    const { partHash } = await import('../../src/run/key.ts');
    const { fingerprintOf } = await import('../../src/variant/fingerprint.ts');
    const { MODEL_FILES } = await import('../../src/record/fingerprints.ts');
    const repository = join(folder(), 'models');
    model(repository, 'm', '', { '1/model.onnx': 'weights' });
    const parts = { [MODEL_FILES]: partHash(await fingerprintOf(join(repository, 'm'))) };
    const cwd = project(BETTER.map((item) => ({ ...item, parts })));
    const args = ['export', '--with-model', '-m', repository, '--to'];
    expect((await tma([...args, 'prod'], cwd)).error).toBe('');
    writeFileSync(join(repository, 'm/1/model.onnx'), 'retrained');
    expect((await tma([...args, 'other'], cwd)).error).toContain('are not those that were measured');
  });
});

describe('ensembles and models made of others', () => {
  const STEPS = { ensemble_scheduling: { step: [{ model_name: 'part', model_version: '-1' }] } };
  const ensemble = (name: string, throughput: number, part: ModelConfig): Trial => {
    const whole = tried(name, throughput, { config: STEPS });
    const config = { name: 'part', ...part };
    return {
      ...whole,
      models: [
        whole.models[0],
        {
          name: 'part',
          role: 'composing',
          assignment: {},
          config,
          configText: printConfigText(config),
          diff: [],
        },
      ],
    };
  };

  test('composing models get their configurations, and an ensemble its empty version', async () => {
    const cwd = project([
      ensemble('m_config_default', 100, { max_batch_size: 1 }),
      ensemble('m_config_0', 200, { max_batch_size: 8 }),
    ]);
    model(join(cwd, 'models'), 'part', 'max_batch_size: 1\n', { '1/model.py': 'code' });
    model(join(cwd, 'models'), 'm', '');
    const { code, error } = await tma(
      ['export', '--variant', 'm_config_0', '--to', 'prod', '--with-model', '-m', 'models'],
      cwd,
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(read(cwd, 'prod/part/config.pbtxt')).toBe('name: "part"\nmax_batch_size: 8\n');
    expect(read(cwd, 'prod/part/1/model.py')).toBe('code');
    expect(readdirSync(join(cwd, 'prod/m')).sort()).toEqual(['1', 'config.pbtxt']);
  });

  test('members that were not varied go along as they are, and are missed where they do not', async () => {
    const cwd = project([
      tried('m_config_default', 100, { config: STEPS }),
      tried('m_config_0', 200, { config: { ...STEPS, response_cache: { enable: true } } }),
    ]);
    model(join(cwd, 'models'), 'part', '# theirs\n', { '1/model.py': 'code' });
    model(join(cwd, 'models'), 'm', '');
    const alone = await tma(['export', '--to', 'alone'], cwd);
    expect(alone.error).toContain(`${cwd}/alone/part is not there, and m is made of it`);
    expect(existsSync(join(cwd, 'alone/m/1'))).toBe(true);
    const whole = await tma(['export', '--to', 'whole', '--with-model', '-m', 'models'], cwd);
    expect(whole.error).toBe('');
    expect(read(cwd, 'whole/part/config.pbtxt')).toBe('# theirs\n');
  });

  test('where their configurations are not recorded nothing is written', async () => {
    const cwd = project(BETTER.map((item) => ({ ...item, composing: ['part'] })));
    const { code, error } = await tma(['export', '--to', 'prod'], cwd);
    expect(code).toBe(2);
    expect(error).toContain('had configurations of their own, which are not recorded');
    expect(existsSync(join(cwd, 'prod'))).toBe(false);
  });
});

describe('where nothing is to be changed', () => {
  test('the default stays: said, nothing is written, done; --variant writes it all the same', async () => {
    const cwd = project([tried('m_config_default', 100), tried('m_config_0', 99)]);
    const { code, out } = await tma(['export', '--to', 'prod'], cwd);
    expect(code).toBe(0);
    expect(out).toContain('m: Keep the default of m: ');
    expect(out).toContain(
      'm: nothing is written, the default stays; to write it all the same: --variant m_config_default',
    );
    expect(existsSync(join(cwd, 'prod'))).toBe(false);
    expect((await tma(['export', '--to', 'prod', '--variant', 'm_config_default'], cwd)).code).toBe(0);
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe('name: "m"\nmax_batch_size: 4\n');
    // What it takes to serve the default is worth knowing, too.
    const values = await tma(['export', '--format', 'helm', '--request-rate', '300'], cwd);
    expect(values.code).toBe(0);
    expect(parse(values.out).replicaCount).toBe(4);
  });

  test.each([
    [
      'no configuration keeps the limits',
      project(BETTER, [{ ...P99, value: 1 }]),
      4,
      'No configuration meets',
    ],
    [
      'whether one does was not measured',
      project(BETTER, [{ tag: 'gpu_used_memory', bound: 'max', value: 1 }]),
      4,
      'Nothing can be promised',
    ],
    ['there is no default', project(BETTER.slice(1)), 3, 'Nothing can be decided'],
    [
      'nothing could be measured',
      project([
        trial('m_config_default', [], {
          end: { cause: 'it fell', warnings: [], steps: BETTER[0]!.end!.steps },
        }),
      ]),
      3,
      'Nothing could be measured',
    ],
  ])('%s: nothing is written, and the exit code says it', async (_name, cwd, expected, words) => {
    for (const more of [[], ['--format', 'kserve'], ['--json']]) {
      const { code, error } = await tma(['export', '--to', 'prod', ...more], cwd);
      expect(code).toBe(expected);
      if (more[0] !== '--json') expect(error).toContain(`m: nothing is exported. ${words}`);
      expect(existsSync(join(cwd, 'prod'))).toBe(false);
    }
  });

  test('a configuration that is named is exported whatever was decided', async () => {
    const cwd = project(BETTER.slice(1));
    const { code, out } = await tma(['export', '--to', 'prod', '--variant', 'm_config_0'], cwd);
    expect(code).toBe(0);
    expect(out).toContain('exported as asked for: m_config_0');
    expect(read(cwd, 'prod/m/config.pbtxt')).toBe(CONFIG);
  });
});

describe('several models', () => {
  const two = () =>
    project([
      ...BETTER,
      tried('a_b_config_default', 100, { model: 'a_b' }),
      tried('a_b_config_0', 300, { model: 'a_b', config: { dynamic_batching: {} } }),
    ]);

  test('each gets its own, and --model names some', async () => {
    const cwd = two();
    expect((await tma(['export', '--to', 'prod'], cwd)).code).toBe(0);
    expect(readdirSync(join(cwd, 'prod')).sort()).toEqual(['a_b', 'm']);
    expect((await tma(['export', '--to', 'one', '--model', 'a_b'], cwd)).code).toBe(0);
    expect(readdirSync(join(cwd, 'one'))).toEqual(['a_b']);
    const unknown = await tma(['export', '--model', 'a-b'], cwd);
    expect(unknown.error).toContain('--model: "a-b" was not profiled\n  did you mean "a_b"?');
  });

  test('InferenceServices are documents of one text, Helm values a file each', async () => {
    const cwd = two();
    const services = await tma(['export', '--format', 'kserve'], cwd);
    const documents = parseAllDocuments(services.out) as { toJS(): { metadata: { name: string } } }[];
    expect(documents.map((document) => document.toJS().metadata.name)).toEqual(['m', 'a-b']);
    const values = await tma(['export', '--format', 'helm'], cwd);
    expect(values.code).toBe(2);
    expect(values.error).toContain('there are Helm values for 2 models: m, a_b');
    expect((await tma(['export', '--format', 'helm', '--to', 'values'], cwd)).code).toBe(0);
    expect(readdirSync(join(cwd, 'values')).sort()).toEqual(['a-b.values.yaml', 'm.values.yaml']);
    // Nobody's file is written over, the same one is left.
    expect((await tma(['export', '--format', 'helm', '--to', 'values'], cwd)).code).toBe(0);
    const other = await tma(['export', '--format', 'helm', '--to', 'values', '--request-rate', '9000'], cwd);
    expect(other.code).toBe(2);
    expect(other.error).toContain('values/m.values.yaml is there and is not the same');
  });
});

test('replicas for a rate are told with the change', async () => {
  const { out } = await tma(['export', '--request-rate', '500', '--headroom', '50%'], project());
  expect(out).toContain('m_config_0 carries 198 infer/s or more: 200 measured with 4 in flight');
  expect(out).toContain('4 replicas carry 500 infer/s with 50 % headroom; each is used to 63.1 %');
});

test('--json is the whole plan, as its schema says, and nothing else', async () => {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { exportJsonSchema } = await import('../../src/report/deployment/export-record.ts');
  const cwd = project();
  const { code, out } = await tma(
    ['export', '--json', '--to', 'prod', '--request-rate', '500', '--peak-request-rate', '900'],
    cwd,
  );
  expect(code).toBe(0);
  const plan = JSON.parse(out);
  const validate = new Ajv2020({ strict: false }).compile(exportJsonSchema());
  validate(plan);
  expect(validate.errors).toBeNull();
  expect(plan.models).toMatchObject([
    {
      model: 'm',
      decision: { kind: 'deploy', reason: 'better' },
      variant: 'm_config_0',
      files: [{ path: join(cwd, 'prod/m/config.pbtxt'), state: 'written' }],
      capacity: { inferencesPerSecond: 198, arrivals: 'closed', inFlight: 4, constraints: 'met' },
      replicas: { requestRate: 500, headroom: 0.2, needed: 4 },
      peak: { needed: 6 },
      resources: { cpuCores: 2, gpus: 0 },
    },
  ]);
});

test('the published schema is that of the program', async () => {
  const { exportJsonSchema } = await import('../../src/report/deployment/export-record.ts');
  expect(JSON.parse(readFileSync('export.schema.json', 'utf8'))).toEqual(exportJsonSchema());
});

describe('mistakes on the command line are told', () => {
  test.each([
    [['--best', '--variant', 'm_config_0'], '--best and --variant name different things'],
    [['--variant', 'm_config_9'], '--variant: "m_config_9" was not profiled'],
    [['--variant', 'm_config_0,m_config_default'], 'are both of m'],
    [['--variant', ','], '--variant: no name is given'],
    [['--with-model', '--to', 'prod'], 'where the models lie is not known'],
    [['--with-model', '-m', 'models'], 'name that with --to DIR'],
    [['--with-model', '-m', 'nowhere', '--to', 'prod'], 'model "m" is not in'],
    [['--force'], '--force: nothing is written'],
    [['--storage-uri', 'gs://x'], 'add --format kserve'],
    [['--format', 'nomad'], 'Allowed choices are repository, helm, kserve'],
    [['--request-rate', 'many'], '--request-rate: expected inferences a second'],
    [['--request-rate', '0'], '--request-rate: expected inferences a second'],
    [['--peak-request-rate', '10'], 'needs a --request-rate'],
    [['--request-rate', '20', '--peak-request-rate', '10'], 'is less than --request-rate 20'],
    [['--headroom', '20'], '--headroom: expected percent'],
    [['--session', '1999'], 'no run began at 1999'],
  ])('%s', async (args, words) => {
    const cwd = project();
    const { code, error } = await tma(['export', ...args], cwd);
    expect(code).toBe(2);
    expect(error).toContain(words);
    expect(existsSync(join(cwd, 'prod'))).toBe(false);
  });

  test('nothing is recorded', async () => {
    const { code, error } = await tma(['export']);
    expect(code).toBe(2);
    expect(error).toContain('nothing is recorded in');
  });

  test('a configuration that failed', async () => {
    const cwd = project([
      ...BETTER,
      trial('m_config_1', [], { end: { ...BETTER[0]!.end!, cause: 'it fell' } }),
    ]);
    expect((await tma(['export', '--variant', 'm_config_1'], cwd)).error).toContain(
      '--variant: m_config_1 was not measured: it fell',
    );
  });
});
