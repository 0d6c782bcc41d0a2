import type { GpuChoice, LaunchSettings } from '../config/experiment.ts';
import { environmentError } from '../ground/errors.ts';
import type { Gpu } from '../server/gpu/list.ts';
import { usableCores } from './cores.ts';

/** A share of the machine that one variant at a time is measured on. */
export interface Lane {
  readonly gpus: GpuChoice;
  /** Its GPUs, where the driver of this machine tells them; undefined = not known. */
  readonly devices: readonly Gpu[] | undefined;
  /** Cores of its servers, `0-3`; undefined = all. */
  readonly cpus: string | undefined;
}

/**
 * The lanes of a run. One lane has the whole machine; several have a GPU each, of one kind, and an equal share of
 * the cores, of which one is left to the load generator where there are enough.
 * @throws UserError when there are not as many GPUs, or not a core for each lane.
 */
export function planLanes(
  { gpus: choice, parallel }: LaunchSettings,
  gpus: readonly Gpu[],
  cores: readonly number[] = usableCores(),
): Lane[] {
  const chosen = chooseGpus(choice, gpus);
  if (parallel === 1) return [{ gpus: choice, devices: chosen, cpus: undefined }];
  const kind = commonestKind(chosen ?? []);
  const lanes = parallel === 'auto' ? Math.max(1, kind.length) : parallel;
  if (kind.length > 0 && lanes > kind.length) {
    throw environmentError(
      `parallel: ${lanes} variants at once need ${lanes} GPUs of one kind, there are ${kind.length}`,
      `write --parallel ${kind.length}, or auto`,
    );
  }
  if (lanes > cores.length) {
    throw environmentError(
      `parallel: ${lanes} variants at once need ${lanes} CPU cores, there are ${cores.length}`,
      `write --parallel ${cores.length} or less`,
    );
  }
  if (lanes === 1) return [{ gpus: choice, devices: chosen, cpus: undefined }];
  const share = Math.floor(cores.length / lanes);
  return Array.from({ length: lanes }, (_, index): Lane => {
    const own = cores.slice(index * share, (index + 1) * share);
    const gpu = kind[index];
    return {
      gpus: gpu ? { kind: 'ids', ids: [gpu.uuid] } : choice,
      devices: gpu ? [gpu] : chosen,
      cpus: (share >= 4 ? own.slice(0, -1) : own).join(','),
    };
  });
}

/** The GPUs that a choice means; undefined when the driver shows none. */
function chooseGpus(choice: GpuChoice, gpus: readonly Gpu[]): readonly Gpu[] | undefined {
  if (gpus.length === 0) return undefined;
  switch (choice.kind) {
    case 'all':
      return gpus;
    case 'count':
      return gpus.slice(0, choice.count);
    case 'ids': {
      const found = choice.ids.map((id) => [id, findGpu(id, gpus)] as const);
      const missing = found.find(([, gpu]) => gpu === undefined);
      if (missing) {
        throw environmentError(
          `gpus: this machine has no GPU ${missing[0]}`,
          `it has ${gpus.map(({ index, uuid, name }) => `${index} (${name}, ${uuid})`).join(', ')}`,
        );
      }
      return found.map(([, gpu]) => gpu!);
    }
  }
}

const findGpu = (id: string, gpus: readonly Gpu[]): Gpu | undefined =>
  gpus.find(({ index, uuid, mig }) => String(index) === id || uuid === id || mig.includes(id));

function commonestKind(gpus: readonly Gpu[]): readonly Gpu[] {
  const kinds = [...Map.groupBy(gpus, ({ name, memoryMB }) => `${name} ${memoryMB}`).values()];
  return kinds.sort((a, b) => b.length - a.length)[0] ?? [];
}
