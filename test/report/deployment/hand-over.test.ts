import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { handOver, stampOf } from '../../../src/report/deployment/hand-over.ts';
import { filesWanted, statesIn } from '../../../src/report/deployment/repository-files.ts';
import { keepBeside, putCopy } from '../../../src/report/put.ts';
import { folder } from '../../support/experiment.ts';
import { measurement, trial } from '../../support/run.ts';

const ADVICE = { otherFolder: 'name another folder with --to' };
const HOW = { stamp: '20261126T093147Z' };

/** A model with two files in a repository. */
function models(): string {
  const repository = folder();
  mkdirSync(join(repository, 'm/1'), { recursive: true });
  writeFileSync(join(repository, 'm/1/a.bin'), 'a');
  writeFileSync(join(repository, 'm/labels.txt'), 'labels');
  return repository;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('the stamp of a kept file is the moment in UTC, to the second', () => {
  expect(stampOf(new Date('2026-11-26T09:31:47.123Z'))).toBe(HOW.stamp);
});

describe('the files of a model', () => {
  const wanted = (from?: string) => filesWanted(trial('m_config_0', [measurement({})]), from);

  test('its config.pbtxt comes last, with which the model is there', () => {
    const { files, folders } = wanted(models());
    expect(files.map(({ name }) => name)).toEqual(['m/1/a.bin', 'm/labels.txt', 'm/config.pbtxt']);
    expect(folders).toEqual(['m/1']);
  });

  test('a configuration without the name of its folder gets it', () => {
    const odd = trial('m_config_0', [], { model: 'n', config: { name: 'other', max_batch_size: 2 } });
    expect(filesWanted(odd, undefined).files).toEqual([
      { name: 'n/config.pbtxt', content: { text: 'name: "n"\nmax_batch_size: 2\n' } },
    ]);
  });

  test.each(['..', 'a/b', 'a\nb', ''])('a model named %j is no folder', (model) => {
    expect(() => filesWanted(trial('m_config_0', [], { model }), undefined)).toThrow("can't be a folder");
  });

  test('what is interrupted ends between two files, and goes on with what is not there', async () => {
    const [from, to] = [models(), folder()];
    const files = wanted(from);
    const stop = new AbortController();
    const begun = handOver(to, files, statesIn(to, files), { ...HOW, signal: stop.signal });
    expect((await begun.next()).value).toEqual({ path: join(to, 'm/1/a.bin'), state: 'written' });
    stop.abort();
    expect(await all(begun)).toEqual([]);
    expect(readdirSync(join(to, 'm'))).toEqual(['1']);
    const rest = await all(handOver(to, files, statesIn(to, files), HOW));
    expect(rest.map(({ state }) => state)).toEqual(['same', 'written', 'written']);
  });

  test('a file that is a folder there is in the way, and stays', async () => {
    const [from, to] = [models(), folder()];
    mkdirSync(join(to, 'm/labels.txt'), { recursive: true });
    const files = wanted(from);
    const states = statesIn(to, files);
    expect(states.map(({ state }) => state)).toEqual(['new', 'other', 'new']);
    await expect(all(handOver(to, files, states, HOW))).rejects.toThrow('labels.txt');
    expect(readdirSync(join(to, 'm')).sort()).toEqual(['1', 'labels.txt']);
  });
});

describe('a file that gives way', () => {
  test('is kept once: what was kept is never written over', () => {
    const to = folder();
    writeFileSync(join(to, 'x'), 'mine');
    expect(keepBeside(to, 'x', HOW.stamp, ADVICE)).toBe(join(to, `x.${HOW.stamp}~`));
    writeFileSync(join(to, 'x'), 'another');
    expect(() => keepBeside(to, 'x', HOW.stamp, ADVICE)).toThrow('cannot write');
    expect(readFileSync(join(to, `x.${HOW.stamp}~`), 'utf8')).toBe('mine');
  });
});

describe('a copy', () => {
  test('is whole or not there, and leaves nothing beside it', async () => {
    const [from, to] = [models(), folder()];
    await putCopy(to, 'n/a.bin', join(from, 'm/1/a.bin'), ADVICE);
    expect(readFileSync(join(to, 'n/a.bin'), 'utf8')).toBe('a');
    await expect(putCopy(to, 'n/b.bin', join(from, 'nothing'), ADVICE)).rejects.toThrow('cannot write');
    expect(readdirSync(join(to, 'n'))).toEqual(['a.bin']);
  });

  test('is not written through a link that leads out of the folder', async () => {
    const [from, to, elsewhere] = [models(), folder(), folder()];
    symlinkSync(elsewhere, join(to, 'm'));
    await expect(putCopy(to, 'm/a.bin', join(from, 'm/1/a.bin'), ADVICE)).rejects.toThrow('leads out of');
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
