import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkInputs, checkServed, guessesOf } from '../../src/load/check-inputs.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { folder, load } from '../support/experiment.ts';

const config: ModelConfig = {
  max_batch_size: 8,
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['-1'] }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims: ['1'] }],
};
const place = { file: 'perf.yaml', line: 3, column: 5 };
const check = (changes: Parameters<typeof load>[0], batchSizes: readonly number[] = [1], of = config) =>
  checkInputs(of, { load: load(changes), batchSizes, place });

test('sizes that are too large are told with the place of the model', () => {
  expect(() => check({ shapes: { x: [300_000_000] } })).toThrow(
    /^perf\.yaml:3:5: input "x" \(FP32 \[1, 300000000\]\): 1\.2 GB in one request/,
  );
  check({ shapes: { x: [1_000_000] } });
  expect(() => check({ shapes: { x: [1_000_000] } }, [1, 512])).toThrow('FP32 [512, 1000000]');
  expect(() => check({ shapes: { z: [1] } })).toThrow('perf.yaml:3:5: shape: the model has no input "z"');
});

test('where perf_analyzer_flags stand, the place is theirs', () => {
  const flagsPlace = { file: 'perf.yaml', line: 7, column: 1 };
  const sent = { load: load({ shapes: { z: [1] } }), batchSizes: [1], place };
  expect(() => checkInputs(config, { ...sent, flagsPlace })).toThrow(
    'perf.yaml:7:1: shape: the model has no',
  );
  expect(() => checkInputs(config, { ...sent, flagsPlace: undefined })).toThrow('perf.yaml:3:5: shape');
});

test('data is read before anything starts; a mistake keeps its own place', () => {
  const path = join(folder(), 'data.json');
  const inputData = [{ kind: 'file' as const, path }];
  writeFileSync(path, '{"data": [{"x": [1]}, {"x": [1, 2]}], "validation_data": [{"y": [1]}, {}]}');
  check({ inputData });
  expect(() => check({ inputData }, [1, 2])).toThrow('perf.yaml:3:5: ');
  writeFileSync(path, '{"data": [{"x": [1]}], "validation_data": [{"z": [1]}]}');
  expect(() => check({ inputData })).toThrow('data.json:1:50: step 1: the model has no output "z"');
});

test('what a configuration leaves to the server is not judged', () => {
  const partial = { ...config, input: [{ name: 'x' }] };
  check({ shapes: { z: [1] } }, [1], partial);
  expect(guessesOf(partial, load())).toEqual([]);
  check({ shapes: { x: [300_000_000] } }, [1], {});
  const noType = { ...config, input: [{ name: 'x', dims: ['4'] }] };
  check({}, [1], noType);
});

test('guesses are told of what will be made up', () => {
  expect(guessesOf(config, load()).join()).toContain('[64] is sent, a guess');
  expect(guessesOf(config, load({ inputData: [{ kind: 'file', path: 'x.json' }] }))).toEqual([]);
  const own: ModelConfig = {
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['-1', '3', '224', '224'] }],
  };
  expect(guessesOf(own, load()).join()).toContain('[1, 3, 224, 224] is sent');
});

test('of a model that a server has, all is known before the load begins', () => {
  const model = {
    name: 'm',
    platform: '',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
    outputs: [],
  };
  const sent = { load: load(), batchSizes: [1] };
  // It takes batches that it makes itself: one inference is sent.
  expect(checkServed(model, { max_batch_size: 0, name: 'm' }, sent).join()).toContain(
    '[1, 3] is sent, a guess',
  );
  expect(checkServed(model, { max_batch_size: 8 }, sent)).toEqual([]);
  const large = { load: load({ shapes: { x: [300_000_000, 3] } }), batchSizes: [1] };
  expect(() => checkServed(model, { name: 'm' }, large)).toThrow('3.6 GB in one request');
});
