import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configOf, indexOf, jsonOf, metadataOf, serverOf, statisticsOf } from '../../src/server/answers.ts';
import { TritonError } from '../../src/server/triton.ts';

test('numbers beyond 2^53 in what a server tells are what it told', () => {
  const text = `{"name": "m", "dynamic_batching": {"max_queue_delay_microseconds": 18446744073709551615},
    "model_warmup": [{"name": "w", "inputs": {"x": {"data_type": "TYPE_INT64", "dims": [9007199254740993]}}}]}`;
  const config = configOf(jsonOf(text, 'configuration', String), 'm');
  expect(config).toMatchObject({
    dynamic_batching: { max_queue_delay_microseconds: '18446744073709551615' },
    model_warmup: [{ inputs: { x: { dims: ['9007199254740993'] } } }],
  });
  const stats = (ns: string) =>
    `{"model_stats": [{"name": "m", "version": "1", "inference_count": 1, "execution_count": "7", "inference_stats": {"queue": {"count": 1, "ns": ${ns}}}}]}`;
  const queueOf = (ns: string) =>
    statisticsOf(jsonOf(stats(ns), 'statistics'), 'm')[0]!.inference_stats.queue!.ns;
  expect(queueOf('9007199254740993')).toBe(9007199254740993n);
  expect(queueOf('"18446744073709551615"')).toBe(18446744073709551615n);
  for (const wrong of ['18446744073709551616', '-1', '1.5', '1e300', 'null', '"many"', '"-1"', '{}', 'NaN'])
    expect(() => queueOf(wrong), wrong).toThrow(TritonError);
});

test('whatever comes in: an answer or a TritonError, nothing else', () => {
  const readers = [
    serverOf,
    indexOf,
    (json: unknown) => metadataOf(json, 'm'),
    (json: unknown) => statisticsOf(json, 'm'),
    (json: unknown) => configOf(json, 'm'),
  ];
  const key = fc.constantFrom(
    'name',
    'version',
    'inputs',
    'outputs',
    'shape',
    'model_stats',
    'state',
    '__proto__',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>('m', 0, -1, 1e300, Number.NaN, null, true, 2n ** 70n, '9'.repeat(30)),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any'), { maxKeys: 5 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (json) => {
      for (const read of readers) {
        try {
          read(json);
        } catch (error) {
          if (!(error instanceof TritonError)) throw error;
          expect(error.message.length).toBeLessThan(600);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
