import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  makeVariantFolder,
  type OutputRepository,
  prepareOutputRepository,
} from '../../src/variant/output-repository.ts';
import { folder } from '../support/experiment.ts';

/** A repository `real/models` with the model `m`, and `alias`, a link to `real`. */
function house() {
  const root = folder();
  const model = join(root, 'real', 'models', 'm');
  mkdirSync(join(model, '1'), { recursive: true });
  writeFileSync(join(model, '1', 'model.py'), 'weights');
  symlinkSync('real', join(root, 'alias'));
  return { root, model, weights: join(model, '1', 'model.py') };
}

const output = (path: string, more: Partial<OutputRepository> = {}): OutputRepository => ({
  path,
  override: true,
  modelRepository: undefined,
  modelFolders: [],
  beside: [],
  ...more,
});

/** A variant as Model Analyzer leaves it: the first one a copy. */
function modelAnalyzerVariant(path: string): void {
  mkdirSync(join(path, '1'), { recursive: true });
  writeFileSync(join(path, '1', 'model.py'), '');
  writeFileSync(join(path, 'config.pbtxt'), '');
}

describe("the user's models stay", () => {
  test.each([
    ['the repository itself', 'real/models', 'real/models'],
    ['the repository through a link', 'real/models', 'alias/models'],
    ['the other way round', 'alias/models', 'real/models'],
    ['its parent', 'real/models', 'real'],
    ['its parent through a link', 'real/models', 'alias'],
    ['its parent by a detour', 'real/models', 'real/models/../../alias'],
  ])('where the output is %s', (_name, repository, path) => {
    const { root, model, weights } = house();
    for (const override of [true, false]) {
      const repositories = { modelRepository: join(root, repository), modelFolders: [model], override };
      expect(() => prepareOutputRepository(output(join(root, path), repositories))).toThrow(
        'would delete your models',
      );
    }
    expect(readFileSync(weights, 'utf8')).toBe('weights');
    expect(readdirSync(join(root, 'real'))).toEqual(['models']);
  });

  test.each(['m', '1'])('where %s of the repository is a link into the output', (linked) => {
    const root = folder();
    const variant = join(root, 'out', 'm_config_0');
    modelAnalyzerVariant(variant);
    const model = join(root, 'models', 'm');
    mkdirSync(linked === 'm' ? join(root, 'models') : model, { recursive: true });
    symlinkSync(linked === 'm' ? variant : join(variant, '1'), linked === 'm' ? model : join(model, '1'));
    const repositories = { modelRepository: join(root, 'models'), modelFolders: [model] };
    expect(() => prepareOutputRepository(output(join(root, 'out'), repositories))).toThrow(
      'would delete your models',
    );
    expect(existsSync(join(variant, '1', 'model.py'))).toBe(true);
  });

  test.each([
    ['the file of a version', 'models/m/1/model.py'],
    ['a model that is not profiled', 'models/other/1/model.py'],
    ['what a link of the repository leads to', 'elsewhere/model.py'],
  ])('where %s is a link into the output', (_name, link) => {
    const root = folder();
    const weights = join(root, 'out', 'x_config_0', '1', 'model.py');
    modelAnalyzerVariant(join(root, 'out', 'x_config_0'));
    const model = join(root, 'models', 'm');
    for (const made of [join(model, '1'), dirname(join(root, link))]) mkdirSync(made, { recursive: true });
    if (link.startsWith('elsewhere')) symlinkSync('../../elsewhere', join(model, '2'));
    symlinkSync(weights, join(root, link));
    const repositories = { modelRepository: join(root, 'models'), modelFolders: [model] };
    expect(() => prepareOutputRepository(output(join(root, 'out'), repositories))).toThrow(
      'would delete your models',
    );
    expect(existsSync(weights)).toBe(true);
  });

  test('an output in the repository, with links among its own variants, is no model of the user', () => {
    const { root, model } = house();
    const path = join(root, 'real', 'models', 'out');
    modelAnalyzerVariant(join(path, 'm_config_0'));
    mkdirSync(join(path, 'm_config_1'));
    writeFileSync(join(path, 'm_config_1', 'config.pbtxt'), '');
    symlinkSync('../m_config_0/1', join(path, 'm_config_1', '1'));
    const modelRepository = join(root, 'alias', 'models');
    prepareOutputRepository(output(path, { modelRepository, modelFolders: [model] }));
    expect(readdirSync(path)).toEqual(['.tma']);
  });
});

describe('override', () => {
  test("empties a folder of Model Analyzer's or tma's earlier output, through a link, too", () => {
    const root = folder();
    const real = join(root, 'disk');
    modelAnalyzerVariant(join(real, 'm_config_default'));
    modelAnalyzerVariant(join(real, 'm_config_12'));
    symlinkSync('disk', join(root, 'out'));
    prepareOutputRepository(output(join(root, 'out')));
    expect(readdirSync(real)).toEqual(['.tma']);
    makeVariantFolder(join(root, 'out'), 'm_config_0');
    prepareOutputRepository(output(join(root, 'out')));
    expect(readdirSync(real)).toEqual(['.tma']);
    expect(lstatSync(join(root, 'out')).isSymbolicLink()).toBe(true);
  });

  test('deletes nothing of a folder that holds anything else', () => {
    const path = folder();
    modelAnalyzerVariant(join(path, 'm_config_0'));
    writeFileSync(join(path, 'thesis.txt'), '');
    expect(() => prepareOutputRepository(output(path))).toThrow(
      `would delete ${join(path, 'thesis.txt')}, which neither tma nor Model Analyzer wrote; nothing was deleted`,
    );
    expect(readdirSync(path).sort()).toEqual(['m_config_0', 'thesis.txt']);
  });

  test.each([
    ['a folder of a name like a variant, without a configuration', (path: string) => mkdirSync(path)],
    ['a link of such a name', (path: string) => symlinkSync('/usr', path)],
    ['a file of such a name', (path: string) => writeFileSync(path, '')],
  ])('%s is not earlier output', (_name, make) => {
    const path = folder();
    make(join(path, 'm_config_0'));
    expect(() => prepareOutputRepository(output(path))).toThrow('nothing was deleted');
    expect(readdirSync(path)).toEqual(['m_config_0']);
  });

  test("a file is not emptied, and the user's files beside tma's stay", () => {
    const file = join(folder(), 'file');
    writeFileSync(file, 'mine');
    expect(() => prepareOutputRepository(output(file))).toThrow('is no folder');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const path = folder();
    prepareOutputRepository(output(path));
    makeVariantFolder(path, 'm_config_0');
    writeFileSync(join(path, 'notes.txt'), '');
    prepareOutputRepository(output(path));
    expect(readdirSync(path).sort()).toEqual(['.tma', 'notes.txt']);
  });

  test('keeps the checkpoint directory and the results that lie in it, or are the same folder', () => {
    const path = folder();
    const inside = output(path, { beside: [join(path, 'ckpt'), join(path, 'out')] });
    prepareOutputRepository(inside);
    for (const name of ['ckpt', 'out']) mkdirSync(join(path, name));
    writeFileSync(join(path, 'ckpt', 'journal.jsonl'), '');
    makeVariantFolder(path, 'm_config_0');
    prepareOutputRepository(inside);
    expect(readdirSync(path).sort()).toEqual(['.tma', 'ckpt', 'out']);
    expect(readdirSync(join(path, 'ckpt'))).toEqual(['journal.jsonl']);
    const one = folder();
    writeFileSync(join(one, 'journal.jsonl'), '');
    mkdirSync(join(one, 'results'));
    prepareOutputRepository(output(one, { beside: [one], override: false }));
    expect(readdirSync(one).sort()).toEqual(['.tma', 'journal.jsonl', 'results']);
  });

  test('the list of another is not believed: names that lead elsewhere, folders with more in them', () => {
    const root = folder();
    const path = join(root, 'out');
    modelAnalyzerVariant(join(root, 'm_config_0'));
    modelAnalyzerVariant(join(path, 'mine'));
    writeFileSync(join(path, '.tma'), '../m_config_0\nmine\n');
    expect(() => prepareOutputRepository(output(path))).toThrow(
      `${join(path, 'mine', '1')} is in the way: tma did not make it`,
    );
    expect(existsSync(join(root, 'm_config_0', '1', 'model.py'))).toBe(true);
    expect(existsSync(join(path, 'mine', '1', 'model.py'))).toBe(true);
  });
});

describe('a variant', () => {
  test('replaces what tma made, also tma 0.1.0, which kept no list', () => {
    const path = folder();
    prepareOutputRepository(output(path));
    for (const _ of [1, 2]) {
      const made = makeVariantFolder(path, 'm_config_0');
      writeFileSync(join(made, 'config.pbtxt'), '');
      symlinkSync('/usr', join(made, '1'));
    }
    writeFileSync(join(path, '.tma'), '');
    expect(readdirSync(makeVariantFolder(path, 'm_config_0'))).toEqual([]);
    expect(existsSync('/usr')).toBe(true);
  });

  test.each([
    ['a link that leads out', (path: string, victim: string) => symlinkSync(victim, path)],
    ["a folder of the user's", (path: string) => mkdirSync(path)],
    ['a file', (path: string) => writeFileSync(path, '')],
  ])('%s is in the way, and stays', (_name, make) => {
    const [path, victim] = [folder(), folder()];
    writeFileSync(join(victim, 'data'), '');
    prepareOutputRepository(output(path));
    make(join(path, 'm_config_0'), victim);
    expect(() => makeVariantFolder(path, 'm_config_0')).toThrow('is in the way');
    expect(readdirSync(path).sort()).toEqual(['.tma', 'm_config_0']);
    expect(readdirSync(victim)).toEqual(['data']);
  });

  test('a name that is no file name, or is too long for one', () => {
    const path = folder();
    prepareOutputRepository(output(path));
    for (const name of ['../escaped', '..', 'a\0b']) {
      expect(() => makeVariantFolder(path, name)).toThrow("can't be a folder");
    }
    expect(() => makeVariantFolder(path, 'm'.repeat(256))).toThrow('it is 256 bytes long');
    expect(existsSync(join(path, '..', 'escaped'))).toBe(false);
  });
});
