import type { GpuChoice } from '../config/experiment.ts';
import { cacheEnvironment, expandEnvironment } from './arguments.ts';
import type { LaunchRequest } from './launcher.ts';
import { MARK } from './traces.ts';

/** tma's own environment, the user's over it, the GPUs the server may see, and the mark of its processes. */
export const serverEnvironment = (
  { environment, gpus, cacheDirectory }: Pick<LaunchRequest, 'environment' | 'gpus' | 'cacheDirectory'>,
  mark: string,
): NodeJS.ProcessEnv => ({
  ...process.env,
  ...visibleDevices(gpus),
  ...cacheEnvironment(cacheDirectory),
  ...expandEnvironment(environment),
  [MARK]: mark,
});

/**
 * What is known to change how fast a server is, or what it loads, of what it inherits: threads of the libraries that
 * backends compute with, their switches, memory allocators, the loader's and Python's paths. Everything that is inherited
 * would be too much: no two shells are the same.
 */
const TELLING = new RegExp(
  `^(${[
    '(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|NUMEXPR|TBB|DNNL|ONEDNN|OV|OPENVINO|ORT)_.+',
    '(TORCH|PYTORCH|ATEN|XLA|TF_(ENABLE|NUM|XLA|GPU|FORCE|CUDNN|USE))_.+',
    '(CUDA|CUDNN|CUBLAS|NCCL|TRT|TENSORRT)_.+|NVIDIA_TF32_OVERRIDE',
    '(MALLOC|TCMALLOC)_.+|GLIBC_TUNABLES',
    'LD_.+|PYTHON(PATH|HOME|USERBASE|NOUSERSITE|OPTIMIZE|MALLOC|DEVMODE|_JIT|_GIL)',
  ].join('|')})$`,
);

/** Lists of folders: one that stands there twice is found where it stands first. */
const PATHS = /^(LD_LIBRARY_PATH|PYTHONPATH)$/;

const withoutRepeats = (folders: string): string => [...new Set(folders.split(':'))].join(':');

/**
 * The variables that a server on this machine inherits, of those that are known to tell, and those that its models read.
 * Lists of folders are without what is repeated in them, as by a shell that read its profile twice.
 * @param reads names that models' code reads.
 */
export function inheritedVariables(
  { environment, gpus, cacheDirectory }: Pick<LaunchRequest, 'environment' | 'gpus' | 'cacheDirectory'>,
  reads: readonly string[] = [],
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const given = { ...visibleDevices(gpus), ...cacheEnvironment(cacheDirectory), ...environment };
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) =>
      value !== undefined && !Object.hasOwn(given, name) && (TELLING.test(name) || reads.includes(name))
        ? [[name, PATHS.test(name) ? withoutRepeats(value) : value]]
        : [],
    ),
  );
}

function visibleDevices(gpus: GpuChoice): Record<string, string> {
  switch (gpus.kind) {
    case 'all':
      return {};
    case 'count':
      return { CUDA_VISIBLE_DEVICES: Array.from({ length: gpus.count }, (_, index) => index).join(',') };
    case 'ids':
      return { CUDA_VISIBLE_DEVICES: gpus.ids.join(',') };
  }
}
