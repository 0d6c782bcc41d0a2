import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goalOfPlan } from '../../src/config/goals.ts';
import { rank } from '../../src/rank/rank.ts';
import { resultOf } from '../../src/report/exporter.ts';
import { bestExporter } from '../../src/report/exporters/best.ts';
import { planRun } from '../../src/run/plan.ts';
import { profile } from '../../src/run/profile.ts';
import { readBaseModel } from '../../src/variant/base.ts';
import { modelFiles } from '../../src/variant/files.ts';
import { experimentOf, folder, plan } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

/** A repository with the model `m`, its file `1/model.py` as written. */
function repositoryWith(text: string): { repository: string; model: string } {
  const repository = folder();
  const model = join(repository, 'm');
  mkdirSync(join(model, '1'), { recursive: true });
  writeFileSync(join(model, '1', 'model.py'), text);
  return { repository, model };
}

test('a model whose name is not its folder: said, and what is handed over has the name that Triton takes', async () => {
  const fixture = resolve('test/fixtures/cases/best-config-does-not-load');
  const yaml = readFileSync(join(fixture, 'perf.yaml'), 'utf8');
  const cwd = folder();
  const experiment = experimentOf(yaml, { model_repository: join(fixture, 'repo') }, cwd);
  const note = expect.stringMatching(
    /config\.pbtxt has the name "original", its folder "renamed": .*as "renamed"$/,
  );
  expect((await planRun(experiment))[0]!.notes).toContainEqual(note);
  const notes: string[] = [];
  const { run } = await profile(experiment, {
    launcher: new FakeLauncher(),
    generator: fakeGenerator(),
    listeners: [on('note', ({ text }) => notes.push(text))],
  });
  expect(notes.filter((text) => text.includes('"original"'))).toEqual([note]);
  const texts = run.trials.map(({ models: [{ configText }] }) => configText);
  expect(texts.map((text) => text.split('\n')[0])).toEqual(['name: "renamed"', 'name: "renamed"']);
  const ranking = rank(run, goalOfPlan(experiment.models[0]!));
  await bestExporter.write(resultOf(run, [ranking], experiment.reports), cwd);
  const best = ranking.winner && readFileSync(join(cwd, 'results/best/renamed/config.pbtxt'), 'utf8');
  expect(best ?? texts[0]).toContain('name: "renamed"');
});

test('a name that the configuration leaves out stays out', async () => {
  const { repository, model } = repositoryWith('');
  writeFileSync(join(model, 'config.pbtxt'), 'backend: "python"\n');
  const { config, notes } = await readBaseModel(repository, plan());
  expect([config, notes]).toEqual([{ backend: 'python' }, []]);
});

describe('what a model is made of', () => {
  test('files behind links count, and circles of links end', async () => {
    const read = async (text: string) => {
      const { repository, model } = repositoryWith('');
      const elsewhere = folder();
      writeFileSync(join(elsewhere, 'weights'), text);
      symlinkSync(elsewhere, join(model, 'weights'));
      for (const name of ['a', 'b', 'c']) symlinkSync('.', join(model, name));
      symlinkSync('nowhere', join(model, 'dangling'));
      expect(Object.keys(modelFiles(model))).toEqual(['1/model.py', 'weights/weights']);
      return (await readBaseModel(repository, plan())).fingerprint;
    };
    expect(await read('one')).not.toBe(await read('two'));
    expect(await read('one')).toBe(await read('one'));
  });

  const step = (name: string) => `step { model_name: "${name}" model_version: -1 }`;
  const ensembleOf = (...names: string[]) =>
    `platform: "ensemble"\nensemble_scheduling { ${names.map(step).join(' ')} }\n`;
  /** The model `m` with this configuration. */
  const configured = (config: string) => {
    const found = repositoryWith('');
    writeFileSync(join(found.model, 'config.pbtxt'), config);
    return found;
  };
  /** Writes a model beside `m`. */
  const beside = (repository: string, name: string, config: string, code = ''): void => {
    mkdirSync(join(repository, name, '1'), { recursive: true });
    writeFileSync(join(repository, name, 'config.pbtxt'), config);
    writeFileSync(join(repository, name, '1', 'model.py'), code);
  };

  test('the members of an ensemble, and of those in it, with their configurations', async () => {
    const { repository } = configured(ensembleOf('a', 'inner', 'nowhere'));
    beside(repository, 'a', 'backend: "python"\n');
    beside(repository, 'b', 'backend: "python"\n');
    // A circle is Triton's to refuse.
    beside(repository, 'inner', ensembleOf('b', 'm', 'inner'));
    const read = async () => (await readBaseModel(repository, plan())).members;
    const all = [await read()];
    expect(await read()).toBe(all[0]);
    const changes: [string, string, string][] = [
      ['a', 'backend: "python"\nmax_batch_size: 2\n', ''],
      ['a', 'backend: "python"\nmax_batch_size: 2\n', 'changed'],
      ['b', 'backend: "python"\n', 'changed'],
      ['inner', ensembleOf('b'), ''],
    ];
    for (const change of changes) {
      beside(repository, ...change);
      all.push(await read());
    }
    expect(new Set(all).size).toBe(all.length);
    beside(repository, 'other', 'backend: "python"\n');
    expect(await read()).toBe(all.at(-1));
  });

  test('no other model has members, nor one without a configuration', async () => {
    const { repository } = configured('backend: "python"\n');
    expect(await readBaseModel(repository, plan())).not.toHaveProperty('members');
  });

  test('what its code in Python reads of its environment, and that of its members', async () => {
    const { repository, model } = configured(ensembleOf('a'));
    beside(repository, 'a', 'backend: "python"\n', 'import os\nos.getenv("A", 1)\n');
    writeFileSync(
      join(model, '1', 'model.py'),
      [
        'from os import environ, getenv',
        ...["environ['B']", 'os.environ.get( "C" )', "if 'D' not in os.environ: pass", 'getenv(f"E")'],
        ...['environ[name]', 'print("F")', 'other["G"]', 'os.environ.setdefault("H", "1")'],
      ].join('\n'),
    );
    const { python } = await readBaseModel(repository, plan());
    expect(python?.reads).toEqual(['A', 'B', 'C', 'D', 'E', 'H']);
    writeFileSync(join(model, '1', 'model.py'), '');
    writeFileSync(join(repository, 'a', '1', 'model.py'), '');
    expect((await readBaseModel(repository, plan())).python).toEqual({ reads: [] });
  });

  test('a repository that is a file', async () => {
    const file = join(folder(), 'models');
    writeFileSync(file, '');
    await expect(readBaseModel(file, plan())).rejects.toThrow(`the model repository ${file} is no folder`);
  });
});
