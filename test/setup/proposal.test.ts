import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { parseConfigText } from '../../src/model-config/config.ts';
import { planRun } from '../../src/run/plan.ts';
import { type FoundModel, type Machine, perfYaml, proposePerfYaml } from '../../src/setup/proposal.ts';
import { folder } from '../support/experiment.ts';
import { tma } from '../support/tma.ts';

const TENSORS =
  'input { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\n';
const model = (name: string, text: string): FoundModel => ({
  name,
  config: parseConfigText(`name: "m"\nbackend: "onnxruntime"\n${text}${TENSORS}`, 'config.pbtxt'),
});
const CPU: Machine = { gpus: 0, cores: 2 };

/** The plan of a proposed perf.yaml, read back as a user's. */
async function planned(models: readonly FoundModel[], machine: Machine) {
  const cwd = folder();
  for (const { name, config } of models) {
    mkdirSync(join(cwd, 'models', name, '1'), { recursive: true });
    if (config) writeFileSync(join(cwd, 'models', name, 'config.pbtxt'), '');
  }
  const text = perfYaml('models', models, machine);
  writeFileSync(join(cwd, 'perf.yaml'), text);
  return { text, experiment: loadExperiment({ file: join(cwd, 'perf.yaml'), cwd }) };
}

describe('a perf.yaml for a repository', () => {
  test('instances on what there is, batching where the model batches', async () => {
    const models = [model('plain', ''), model('batching', 'max_batch_size: 8\n')];
    const { experiment } = await planned(models, CPU);
    const tried = experiment.models.map(({ parameters }) => parameters.map(({ path }) => path));
    expect(tried).toEqual([
      ['instance_group'],
      ['instance_group', 'dynamic_batching.max_queue_delay_microseconds'],
    ]);
    expect((await planned(models, CPU)).text).toContain('kind: KIND_CPU, count: 2');
    expect((await planned(models, { gpus: 1, cores: 2 })).text).toContain('kind: KIND_GPU, count: 4');
  });

  test('a model that wants a GPU where there is none; one that stays on the CPU where there is one', async () => {
    const onGpu = model('g', 'instance_group { kind: KIND_GPU }\n');
    expect((await planned([onGpu], CPU)).experiment.models[0]?.cpuOnly).toBe(true);
    const onCpu = model('c', 'instance_group { kind: KIND_CPU count: 1 }\n');
    const { text } = await planned([onCpu], { gpus: 1, cores: 2 });
    expect(text).toContain('KIND_CPU');
    expect(text).not.toContain('KIND_GPU');
    // That is what it has.
    expect(text).not.toContain('count: 1 }');
  });

  test('ensembles stand for their members; what is broken is left out, and said', async () => {
    const ensemble = model(
      'ens',
      'ensemble_scheduling { step { model_name: "part" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } } }\n',
    );
    const models = [ensemble, model('part', ''), { name: 'bad', problem: 'unknown field\n"x"' }];
    const { text, experiment } = await planned(models, CPU);
    expect(experiment.models.map(({ name }) => name)).toEqual(['ens']);
    expect(text).toContain('# bad is left out: unknown field "x"');
    expect(text).toMatch(
      /^ {2}# part: \{\} +# a part of an ensemble; uncomment to try configurations of it alone$/m,
    );
  });

  test('a decoupled model by gRPC, sizes that are left open as they are guessed, one without a config.pbtxt', async () => {
    const open = { ...model('open', 'model_transaction_policy { decoupled: true }\n') };
    const { input } = parseConfigText('input { name: "x" data_type: TYPE_FP32 dims: [3, -1, -1] }', 'c') as {
      input: never;
    };
    const { text, experiment } = await planned(
      [{ ...open, config: { ...open.config!, input } }, { name: 'bare' }],
      CPU,
    );
    expect(experiment.models.map(({ load }) => load.protocol)).toEqual(['grpc', 'grpc']);
    expect(experiment.models[0]?.load.shapes).toEqual({ x: [3, 224, 224] });
    expect(text).toMatch(/bare:\n +# no config\.pbtxt/);
  });

  test.each(['null', '12', 'a: b', '- x', '# y', '"quoted"', 'é\u202e', 'true'])(
    'a model with the name %j',
    async (name) => {
      const { experiment } = await planned([model(name, '')], CPU);
      expect(experiment.models.map((plan) => plan.name)).toEqual([name]);
    },
  );
});

describe('where it looks', () => {
  const repositoryIn = (cwd: string, ...path: string[]): void => {
    cpSync('test/fixtures/models', join(cwd, ...path), { recursive: true });
  };

  test('the repository in the folder, and every model of it can be planned', async () => {
    const cwd = folder();
    repositoryIn(cwd, 'deep', 'models');
    const { text, repository, models } = await proposePerfYaml(cwd);
    expect(repository).toBe('deep/models');
    writeFileSync(join(cwd, 'perf.yaml'), text);
    const plans = await planRun(loadExperiment({ file: join(cwd, 'perf.yaml'), cwd }));
    expect(plans.map(({ plan }) => plan.name)).toEqual(models);
  });

  test('none, several, and what tma wrote itself', async () => {
    const cwd = folder();
    await expect(proposePerfYaml(cwd)).rejects.toThrow('no model repository in');
    repositoryIn(cwd, 'a');
    repositoryIn(cwd, 'output_model_repository');
    writeFileSync(join(cwd, 'output_model_repository', '.tma'), '');
    repositoryIn(cwd, 'tma-out');
    expect((await proposePerfYaml(cwd)).repository).toBe('a');
    repositoryIn(cwd, 'b');
    await expect(proposePerfYaml(cwd)).rejects.toThrow('several model repositories are here: a, b');
    expect((await proposePerfYaml(cwd, join(cwd, 'b'))).repository).toBe('b');
    await expect(proposePerfYaml(cwd, join(cwd, 'gone'))).rejects.toThrow('no model repository at');
  });
});

test('tma init writes a file that tma plan reads, and never over one', async () => {
  const cwd = folder();
  cpSync('test/fixtures/models/add_sub', join(cwd, 'models', 'add_sub'), { recursive: true });
  const { code, out } = await tma(['init'], cwd);
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringContaining('wrote perf.yaml, for 1 model in models: add_sub'),
  });
  expect(await tma(['plan', '-f', join(cwd, 'perf.yaml')], cwd)).toMatchObject({ code: 0 });
  writeFileSync(join(cwd, 'perf.yaml'), 'mine');
  const again = await tma(['init'], cwd);
  expect(again).toMatchObject({ code: 2, error: expect.stringContaining('perf.yaml is there already') });
  expect(await tma(['init', '-f', 'other.yaml'], cwd)).toMatchObject({ code: 0 });
});

test('tma init says which members of an ensemble it leaves commented out, and what to do', async () => {
  const cwd = folder();
  const add = (name: string, text: string): void => {
    mkdirSync(join(cwd, 'models', name, '1'), { recursive: true });
    writeFileSync(join(cwd, 'models', name, 'config.pbtxt'), `${text}\n${TENSORS}`);
  };
  const step = (name: string): string =>
    `step { model_name: "${name}" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } }`;
  add('ens', `platform: "ensemble"\nensemble_scheduling { ${step('first')} }`);
  add('first', 'backend: "onnxruntime"');
  expect((await tma(['init', '-f', 'one.yaml'], cwd)).out).toContain(
    '\nfirst is left commented out, as its ensemble is measured with it as it is: uncomment it in one.yaml to try configurations of it\n',
  );
  add('other', `platform: "ensemble"\nensemble_scheduling { ${step('first')} ${step('second')} }`);
  add('second', 'backend: "onnxruntime"');
  expect((await tma(['init'], cwd)).out.split('\n').slice(0, 2)).toEqual([
    'wrote perf.yaml, for 2 models in models: ens, other',
    'first, second are left commented out, as their ensemble is measured with them as they are: uncomment them in perf.yaml to try configurations of each',
  ]);
});
