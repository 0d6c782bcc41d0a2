import { expect, test } from 'vitest';
import type { LoadedModel } from '../../src/load/load-generator.ts';
import { statisticsReader } from '../../src/measure/statistics-reader.ts';
import { type ModelStatistics, type TritonClient, TritonError } from '../../src/server/triton.ts';

const of = (name: string): ModelStatistics => ({
  ...{ name, version: '1', inference_count: 1n, execution_count: 1n },
  inference_stats: {},
});
const ENSEMBLE = {
  ensemble_scheduling: { step: [{ model_name: 'z' }, { model_name: 'a' }, { model_name: 'z' }] },
};
const PYTHON = { backend: 'python' };

interface Scene {
  readonly config?: LoadedModel['config'];
  /** Whether tma has started the server. */
  readonly isOwn?: boolean;
  /** What the server says when it is asked for all models. */
  readonly refuses?: TritonError;
}

function reading({ config = {}, isOwn = true, refuses }: Scene) {
  const asked: string[] = [];
  const triton = {
    statistics: async (name: string) => {
      asked.push(name);
      return [of(name)];
    },
    allStatistics: async () => {
      asked.push('all');
      if (refuses) throw refuses;
      return [of('a'), of('m'), of('stranger'), of('z')];
    },
  };
  const reader = statisticsReader({
    server: { triton: triton as Partial<TritonClient> as TritonClient, logFile: isOwn ? '/log' : undefined },
    model: { metadata: { name: 'm', platform: '', inputs: [], outputs: [] }, config },
    signal: new AbortController().signal,
  });
  return { reader, asked };
}

test("of an ensemble its steps, in its order, whoever's server it is", async () => {
  for (const isOwn of [true, false]) {
    const { reader, asked } = reading({ config: ENSEMBLE, isOwn });
    const { statistics, others } = await reader.look();
    expect(statistics!.map(({ name }) => name)).toEqual(['m']);
    expect(others!.map(({ name }) => name)).toEqual(['z', 'a']);
    expect(asked).toEqual(['all']);
    expect(reader.by).toBe('steps');
  }
});

test('of code that may call others everything else that runs, on a server that nobody else uses', async () => {
  const own = reading({ config: PYTHON });
  expect((await own.reader.look()).others!.map(({ name }) => name)).toEqual(['a', 'stranger', 'z']);
  expect(own.reader.by).toBe('calls');
  const elsewhere = reading({ config: PYTHON, isOwn: false });
  expect(await elsewhere.reader.look()).toEqual({ statistics: [of('m')] });
  expect(elsewhere.reader.by).toBeUndefined();
  const other = reading({ config: { backend: 'onnxruntime' } });
  expect(await other.reader.look()).toEqual({ statistics: [of('m')] });
  expect(other.asked).toEqual(['m']);
});

test('a server that does not tell of all at once still tells of the model', async () => {
  const { reader, asked } = reading({ config: ENSEMBLE, refuses: new TritonError(404, 'no such path') });
  expect(await reader.look()).toEqual({ statistics: [of('m')] });
  await reader.look();
  expect(asked).toEqual(['all', 'm', 'm']);
  expect(reader.failure()).toBeUndefined();
});

test('one that does not answer is not waited for again', async () => {
  const silent = new TritonError(0, 'no answer within 10 s', 'no answer');
  const { reader, asked } = reading({ config: ENSEMBLE, refuses: silent });
  expect(await reader.look()).toEqual({ statistics: undefined });
  expect(await reader.look()).toEqual({ statistics: undefined });
  expect(asked).toEqual(['all']);
  expect(reader.failure()).toBe('no answer within 10 s');
});
