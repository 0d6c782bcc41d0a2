import type { GpuChoice, LaunchSettings } from '../config/experiment.ts';
import { environmentError } from '../ground/errors.ts';
import { type Gpu, listGpus } from '../server/gpu/list.ts';
import { type VisibleGpu, visibleGpus } from '../server/gpu/visible.ts';
import { usableCores } from './cores.ts';

/** What there is for servers. */
export interface Machine {
  /** As the driver tells them; [] where it does not, or where servers run elsewhere. */
  readonly gpus: readonly Gpu[];
  readonly cores: readonly number[];
  /** The environment variable, which limits what tma may use as it limits every program that uses CUDA; undefined: not set. */
  readonly cudaVisibleDevices?: string | undefined;
}

/** This machine, as far as servers are launched on it. */
export const machineFor = async (
  { mode }: Pick<LaunchSettings, 'mode'>,
  signal?: AbortSignal,
): Promise<Machine> => ({
  gpus: mode === 'remote' ? [] : await listGpus(signal),
  cores: usableCores(),
  cudaVisibleDevices: process.env['CUDA_VISIBLE_DEVICES'],
});

/** A share of the machine that one variant at a time is measured on. */
export interface Lane {
  readonly gpus: GpuChoice;
  /** Its GPUs, where the driver of this machine tells them; undefined = not known. */
  readonly devices: readonly Gpu[] | undefined;
  /** All GPUs of the machine, also those that are not for tma. */
  readonly installed: readonly Gpu[];
  /** Cores of its servers, `0-3`; undefined = all. */
  readonly cpus: string | undefined;
}

/**
 * The lanes of a run. One lane has the whole machine; several have a GPU each, of one kind, and an equal share of
 * the cores, of which one is left to the load generator where there are enough.
 * @throws UserError when there are not as many GPUs, or not a core for each lane.
 */
export function planLanes({ gpus: choice, parallel }: LaunchSettings, machine: Machine): Lane[] {
  const { gpus: installed, cores } = machine;
  const { gpus, chosen } = chooseGpus(choice, machine);
  const devices = chosen?.map(({ gpu }) => gpu);
  const whole: Lane = { gpus, devices, installed, cpus: undefined };
  if (parallel === 1) return [whole];
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
  if (lanes === 1) return [whole];
  const share = Math.floor(cores.length / lanes);
  return Array.from({ length: lanes }, (_, index): Lane => {
    const own = cores.slice(index * share, (index + 1) * share);
    const gpu = kind[index];
    return {
      ...(gpu ? exactly([gpu.id]) : { gpus }),
      devices: gpu ? [gpu.gpu] : devices,
      installed,
      cpus: (share >= 4 ? own.slice(0, -1) : own).join(','),
    };
  });
}

/** The GPUs that a choice means, and as it is told to a server; undefined when the driver shows none. */
interface Chosen {
  readonly gpus: GpuChoice;
  readonly chosen: readonly VisibleGpu[] | undefined;
}

const exactly = (ids: readonly string[]): { readonly gpus: GpuChoice } => ({ gpus: { kind: 'ids', ids } });

function chooseGpus(choice: GpuChoice, { gpus, cudaVisibleDevices: list }: Machine): Chosen {
  if (gpus.length === 0) return { gpus: choice, chosen: undefined };
  const visible = visibleGpus(gpus, list);
  if (choice.kind === 'ids') {
    const chosen = choice.ids.map((id) => findGpu(id, visible, list));
    return { ...exactly(chosen.map(({ id }) => id)), chosen };
  }
  const chosen = choice.kind === 'all' ? visible : visible.slice(0, choice.count);
  // A server that is told nothing uses all, in the driver's order.
  const isLimited = visible.length < gpus.length || visible.some(({ gpu }, index) => gpu !== gpus[index]);
  return { ...(isLimited ? exactly(chosen.map(({ id }) => id)) : { gpus: choice }), chosen };
}

/** @param visible those to choose from; numbers count among them, as in every program that uses CUDA. */
function findGpu(id: string, visible: readonly VisibleGpu[], list: string | undefined): VisibleGpu {
  const numbered = visible.map((item, index) => ({
    ...item,
    number: list === undefined ? item.gpu.index : index,
  }));
  const found = numbered.find((item) => String(item.number) === id || item.id === id || item.gpu.uuid === id);
  if (found) return { gpu: found.gpu, id: found.id };
  const divided = list === undefined ? visible.find(({ gpu }) => gpu.mig.includes(id)) : undefined;
  if (divided) return { gpu: divided.gpu, id };
  const those = numbered.map(({ number, gpu: { name, uuid } }) => `${number} (${name}, ${uuid})`).join(', ');
  throw list === undefined
    ? environmentError(`gpus: this machine has no GPU ${id}`, `it has ${those}`)
    : environmentError(
        `gpus: there is no GPU ${id} among those that CUDA_VISIBLE_DEVICES=${list} leaves`,
        those === '' ? 'it leaves none of this machine: unset it' : `they are ${those}`,
      );
}

function commonestKind(gpus: readonly VisibleGpu[]): readonly VisibleGpu[] {
  const kinds = [...Map.groupBy(gpus, ({ gpu: { name, memoryMB } }) => `${name} ${memoryMB}`).values()];
  return kinds.sort((a, b) => b.length - a.length)[0] ?? [];
}
