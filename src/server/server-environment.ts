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
