import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@bufbuild/protobuf';
import { onDisk } from '../ground/paths.ts';
import { canonicalJson } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';

type Accelerator = { name?: string; parameters?: Record<string, string> };

/**
 * Parameters by which a backend keeps the engines that an accelerator builds. ONNX Runtime's are those of its
 * TensorRT provider as Triton's backend passes them on; a Python model sees the same and may honour them.
 */
const CACHES: readonly {
  readonly backends: readonly string[];
  readonly accelerator: string;
  readonly parameters: (folder: string) => Record<string, string>;
}[] = [
  {
    backends: ['onnxruntime', 'python'],
    accelerator: 'tensorrt',
    parameters: (folder) => ({ trt_engine_cache_enable: 'true', trt_engine_cache_path: folder }),
  },
  { backends: ['python'], accelerator: 'openvino', parameters: (folder) => ({ cache_dir: folder }) },
];

/**
 * The configuration with its accelerators told where to keep what they build: a folder for each model, content and
 * set of accelerator parameters. What the user said himself stays; a backend that can't keep engines sees no change.
 */
export function withEngineCache(
  config: ModelConfig,
  cacheDirectory: string | undefined,
  model: { readonly name: string; readonly fingerprint: string },
): ModelConfig {
  if (cacheDirectory === undefined) return config;
  const optimization = config['optimization'] as Record<string, JsonValue> | undefined;
  const accelerators = optimization?.['execution_accelerators'] as Record<string, Accelerator[]> | undefined;
  if (!accelerators) return config;
  const backend = String(
    config['backend'] ?? (config['platform'] === 'onnxruntime_onnx' ? 'onnxruntime' : ''),
  );
  const keep = (accelerator: Accelerator): Accelerator => {
    const cache = CACHES.find(
      (item) => item.accelerator === accelerator.name && item.backends.includes(backend),
    );
    if (!cache) return accelerator;
    const folder = join(cacheDirectory, 'engines', `${model.name}-${hash([model.fingerprint, accelerator])}`);
    makeCache(folder);
    return { ...accelerator, parameters: { ...cache.parameters(folder), ...accelerator.parameters } };
  };
  const kept = Object.fromEntries(Object.entries(accelerators).map(([kind, list]) => [kind, list.map(keep)]));
  return {
    ...config,
    optimization: { ...optimization, execution_accelerators: kept as JsonValue } as JsonValue,
  };
}

/** Makes a folder for what backends keep. @throws UserError when it can't be. */
export function makeCache(folder: string | undefined): void {
  if (folder === undefined) return;
  onDisk(`cannot write ${folder}`, 'name another folder with --cache-directory', () =>
    mkdirSync(folder, { recursive: true }),
  );
}

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 12);
