import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layoutOf, recordedNear } from '../../src/config/layout.ts';
import { loadWithOptions } from '../../src/config/load-experiment.ts';
import { experimentOf, folder } from '../support/experiment.ts';

/** Makes a checkpoint directory with a file in it. */
function checkpoints(
  cwd: string,
  directory: string,
  name = 'journal.jsonl',
  content = '{"kind":"session"}\n',
) {
  mkdirSync(join(cwd, directory), { recursive: true });
  writeFileSync(join(cwd, directory, name), content);
}

const YAML = 'profile_models: m\nmodel_repository: models\n';
const places = (cwd: string, yaml = YAML) => {
  const { checkpointDirectory, outputModelRepository, exportPath, home, notes } = experimentOf(yaml, {}, cwd);
  return { checkpointDirectory, output: outputModelRepository.path, exportPath, home, notes };
};

describe('where everything lies that is told no place', () => {
  test('one folder', () => {
    const cwd = folder();
    expect(places(cwd)).toEqual({
      checkpointDirectory: join(cwd, 'tma-out/checkpoints'),
      output: join(cwd, 'tma-out/output_model_repository'),
      exportPath: join(cwd, 'tma-out'),
      home: join(cwd, 'tma-out'),
      notes: [],
    });
  });

  test('what is named is taken word for word, each for itself', () => {
    const cwd = folder();
    const named = places(cwd, `${YAML}export_path: out\n`);
    expect(named).toMatchObject({ exportPath: join(cwd, 'out'), home: join(cwd, 'tma-out') });
    expect(named.checkpointDirectory).toBe(join(cwd, 'tma-out/checkpoints'));
    const all = `${YAML}export_path: .\ncheckpoint_directory: checkpoints\noutput_model_repository_path: /o\n`;
    expect(places(cwd, all)).toMatchObject({
      checkpointDirectory: join(cwd, 'checkpoints'),
      output: '/o',
      exportPath: cwd,
      home: undefined,
    });
  });

  test.each([
    ['a journal of an earlier tma', 'journal.jsonl', undefined],
    ["Model Analyzer's checkpoint", '0.ckpt', undefined],
  ])('beside %s, and told so', (_, name, content) => {
    const cwd = folder();
    checkpoints(cwd, 'checkpoints', name, content);
    expect(places(cwd)).toEqual({
      checkpointDirectory: join(cwd, 'checkpoints'),
      output: join(cwd, 'output_model_repository'),
      exportPath: cwd,
      home: undefined,
      notes: [
        'checkpoints holds an earlier run, so that everything stays in this folder as it was, not in tma-out',
      ],
    });
    expect(places(cwd, `${YAML}checkpoint_directory: checkpoints\n`).notes).toEqual([]);
    writeFileSync(join(cwd, 'perf.yaml'), YAML);
    const { options } = loadWithOptions({ file: join(cwd, 'perf.yaml'), cwd });
    expect(options.find(({ key }) => key === 'checkpoint_directory')?.value).toBe('./checkpoints');
  });

  test.each([
    ['of a training', '1000.ckpt', 'PK\x03\x04'],
    ['with a journal in which nothing stands', 'journal.jsonl', ''],
    ['of something else', 'readme.txt', '{'],
  ])('not beside checkpoints %s', (_, name, content) => {
    const cwd = folder();
    checkpoints(cwd, 'checkpoints', name, content);
    expect(places(cwd)).toMatchObject({ exportPath: join(cwd, 'tma-out'), notes: [] });
  });

  test('in the one folder once something is recorded there, and the other run is told', () => {
    const cwd = folder();
    checkpoints(cwd, 'checkpoints');
    checkpoints(cwd, 'tma-out/checkpoints');
    expect(layoutOf(cwd)).toMatchObject({
      checkpoints: join(cwd, 'tma-out/checkpoints'),
      isRecorded: true,
      note: 'two runs lie here: tma-out/checkpoints is taken, -s checkpoints takes the other',
    });
  });
});

test('runs near a folder', () => {
  const cwd = folder();
  checkpoints(cwd, 'night1');
  checkpoints(cwd, 'out/checkpoints');
  checkpoints(cwd, 'deep/er/checkpoints');
  mkdirSync(join(cwd, 'model-analyzer'));
  copyFileSync('test/fixtures/model-analyzer/add_sub.ckpt', join(cwd, 'model-analyzer', '0.ckpt'));
  expect(recordedNear(cwd).sort()).toEqual(
    ['model-analyzer', 'night1', 'out/checkpoints'].map((name) => join(cwd, name)),
  );
  expect(recordedNear(join(cwd, 'out'))).toEqual([join(cwd, 'out/checkpoints')]);
  expect(recordedNear(join(cwd, 'nowhere'))).toEqual([]);
});
