import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { makeCache, withEngineCache } from '../../src/variant/engine-cache.ts';
import { modelFiles } from '../../src/variant/files.ts';
import { folder } from '../support/experiment.ts';

const model = { name: 'm', fingerprint: 'f1' };
const config = (backend: string, name: string, parameters: Record<string, string> = {}): ModelConfig => ({
  backend,
  optimization: { execution_accelerators: { gpu_execution_accelerator: [{ name, parameters }] } },
});
const parametersOf = (result: ModelConfig): Record<string, string> =>
  (
    result['optimization'] as never as {
      execution_accelerators: { gpu_execution_accelerator: { parameters: Record<string, string> }[] };
    }
  ).execution_accelerators.gpu_execution_accelerator[0]!.parameters;

test('engines of TensorRT under ONNX Runtime are kept, a folder for each model and set of parameters', () => {
  const cache = folder();
  const fp16 = parametersOf(
    withEngineCache(config('onnxruntime', 'tensorrt', { precision_mode: 'FP16' }), cache, model),
  );
  expect(fp16).toMatchObject({ precision_mode: 'FP16', trt_engine_cache_enable: 'true' });
  expect(fp16['trt_engine_cache_path']).toContain(join(cache, 'engines', 'm-'));
  expect(existsSync(fp16['trt_engine_cache_path']!)).toBe(true);
  const again = parametersOf(
    withEngineCache(config('onnxruntime', 'tensorrt', { precision_mode: 'FP16' }), cache, model),
  );
  expect(again).toEqual(fp16);
  const others = [
    withEngineCache(config('onnxruntime', 'tensorrt'), cache, model),
    withEngineCache(config('onnxruntime', 'tensorrt', { precision_mode: 'FP16' }), cache, {
      ...model,
      fingerprint: 'f2',
    }),
  ].map((item) => parametersOf(item)['trt_engine_cache_path']);
  expect(new Set([...others, fp16['trt_engine_cache_path']]).size).toBe(3);
});

test("what can't keep engines, what the user said, and no cache: as it was", () => {
  const cache = folder();
  const other = config('tensorflow', 'tensorrt');
  expect(withEngineCache(other, cache, model)).toEqual(other);
  const own = config('onnxruntime', 'tensorrt', { trt_engine_cache_path: '/mine' });
  expect(parametersOf(withEngineCache(own, cache, model))['trt_engine_cache_path']).toBe('/mine');
  expect(withEngineCache(own, undefined, model)).toBe(own);
  expect(withEngineCache({ backend: 'python' }, cache, model)).toEqual({ backend: 'python' });
});

test('the files of a model, as a server is sent them', () => {
  const files = modelFiles('test/fixtures/models/add_sub');
  expect(Object.keys(files)).toEqual(['1/model.py']);
  expect(Buffer.from(files['1/model.py']!, 'base64').toString()).toContain('TritonPythonModel');
});

test('a cache directory that is a file is told as a mistake', () => {
  const file = join(folder(), 'cache');
  writeFileSync(file, '');
  expect(() => makeCache(file)).toThrow(
    /cannot write .*cache: EEXIST.*\n.*remove it, or name another folder/,
  );
});
