import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Problem } from '../ground/errors.ts';
import { isFolder } from '../ground/paths.ts';
import type { ModelConfig } from '../model-config/model-config.ts';

/** Below `backends` of `tma install triton` lies a folder for each version of Python. */
const PYTHON_VERSION = /^\d+\.\d+$/;

/** The backends that belong to a platform, the older name for what runs a model. */
const OF_PLATFORM: Readonly<Record<string, string>> = {
  tensorrt_plan: 'tensorrt',
  onnxruntime_onnx: 'onnxruntime',
  pytorch_libtorch: 'pytorch',
  tensorflow_graphdef: 'tensorflow',
  tensorflow_savedmodel: 'tensorflow',
};

/** What Triton takes a model for that does not say what it is, by the file in its version folder. */
const OF_FILE: Readonly<Record<string, string>> = {
  'model.plan': 'tensorrt',
  'model.onnx': 'onnxruntime',
  'model.pt': 'pytorch',
  'model.graphdef': 'tensorflow',
  'model.savedmodel': 'tensorflow',
  'model.xml': 'openvino',
  'model.py': 'python',
};

/**
 * The backends that lie with a tritonserver, by name.
 * @param program its path.
 * @returns undefined where they lie somewhere else, so that nobody knows.
 */
export function backendsOf(program: string): readonly string[] | undefined {
  try {
    const folder = join(dirname(dirname(realpathSync(program))), 'backends');
    const names = readdirSync(folder).filter((name) => isFolder(join(folder, name)));
    if (names.length === 0) return undefined;
    const isByPython = names.every((name) => PYTHON_VERSION.test(name));
    return isByPython ? [...new Set(names.flatMap((name) => readdirSync(join(folder, name))))] : names;
  } catch {
    return undefined;
  }
}

/**
 * The backend that a model needs.
 * @param folder the model's, with its version folders.
 * @returns undefined for an ensemble, for a model that brings its own along, and where it is not known.
 * @throws the system's error where the folder can't be read.
 */
export function backendNeededBy(config: ModelConfig | undefined, folder: string): string | undefined {
  if (config?.['ensemble_scheduling'] !== undefined) return undefined;
  const versions = readdirSync(folder).filter((name) => /^\d+$/.test(name) && isFolder(join(folder, name)));
  const files = [folder, ...versions.map((version) => join(folder, version))].flatMap((each) =>
    readdirSync(each),
  );
  // It brings its backend along.
  if (files.some((file) => /^libtriton_.*\.so$/.test(file))) return undefined;
  const [named, platform] = [config?.['backend'], config?.['platform']];
  if (typeof named === 'string' && named !== '') return named;
  if (typeof platform === 'string' && platform !== '') return OF_PLATFORM[platform];
  return files.map((file) => OF_FILE[file]).find((backend) => backend !== undefined);
}

/** Why a model can't run on a tritonserver that has these backends. */
export const lackingBackend = (model: string, needed: string, has: readonly string[]): Problem => ({
  message: `model "${model}" needs Triton's ${needed} backend, and this tritonserver has ${has.length === 1 ? `the ${has[0]} backend alone` : `these: ${has.join(', ')}`}`,
  hint: 'take a container (--triton-launch-mode docker), or an installation that has it (--triton-server-path)',
});
