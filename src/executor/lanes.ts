import type { GpuChoice, LaunchSettings } from '../config/experiment.ts';
import { environmentError } from '../ground/errors.ts';
import { type Gpu, listGpus } from '../server/gpu/list.ts';
import { type CudaVariables, partOfGpu, type VisibleGpu, visibleGpus } from '../server/gpu/visible.ts';
import { usableCores } from './cores.ts';

/** What there is for servers. */
export interface Machine {
  /** As the driver tells them; [] where it does not, or where servers run elsewhere. */
  readonly gpus: readonly Gpu[];
  readonly cores: readonly number[];
  /** By which servers see fewer GPUs, or in another order, where nothing is said to them. */
  readonly cuda: CudaVariables;
}

/** This machine, as far as servers are launched on it. */
export async function machineFor(
  { mode }: Pick<LaunchSettings, 'mode'>,
  signal?: AbortSignal,
): Promise<Machine> {
  const { CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER } = process.env;
  return {
    gpus: mode === 'remote' ? [] : await listGpus(signal),
    cores: usableCores(),
    // A container has nothing of the shell.
    cuda: mode === 'local' || mode === 'c_api' ? { CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER } : {},
  };
}

/** What is said of a machine before anything is measured there. */
export function notesOfMachine({ gpus, cuda }: Machine): readonly string[] {
  const { note } = visibleGpus(gpus, cuda);
  return gpus.length === 0 || note === undefined ? [] : [note];
}

/** A share of the machine that one variant at a time is measured on. */
export interface Lane {
  readonly gpus: GpuChoice;
  /** Its GPUs, where the driver of this machine tells them; undefined = not known. */
  readonly devices: readonly Gpu[] | undefined;
  /** All that the machine has. */
  readonly machine: Machine;
  /** Cores of its servers, `0-3`; undefined = all. */
  readonly cpus: string | undefined;
}

/**
 * The lanes of a run. One lane has the whole machine; several have a GPU each, of one kind, and an equal share of
 * the cores, of which one is left to the load generator where there are enough.
 * @throws UserError when there are not as many GPUs, or not a core for each lane, and for a GPU that there is not.
 */
export function planLanes({ gpus: choice, parallel }: LaunchSettings, machine: Machine): Lane[] {
  const { cores } = machine;
  const { gpus, chosen } = chooseGpus(choice, machine);
  const devices = chosen?.map(({ gpu }) => gpu);
  const whole: Lane = { gpus, devices, machine, cpus: undefined };
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
      machine,
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

function chooseGpus(choice: GpuChoice, { gpus, cuda }: Machine): Chosen {
  if (gpus.length === 0) return { gpus: chooseUnseen(choice, cuda), chosen: undefined };
  const { gpus: visible, isLimited } = visibleGpus(gpus, cuda);
  const chosen = chosenOf(choice, visible, isLimited ? cuda : {});
  // A server that is told nothing uses all, in the driver's order.
  return { ...(isLimited ? exactly(chosen.map(({ id }) => id)) : { gpus: choice }), chosen };
}

/** @param visible those to choose from; where that is not all, numbers count among them, as in every program that uses CUDA. */
function chosenOf(
  choice: GpuChoice,
  visible: readonly VisibleGpu[],
  { CUDA_VISIBLE_DEVICES: list }: CudaVariables,
): readonly VisibleGpu[] {
  if (choice.kind === 'all') return visible;
  if (choice.kind === 'count') return visible.slice(0, choice.count);
  const numbered = visible.map((item, index) => ({
    item,
    number: String(list === undefined ? item.gpu.index : index),
  }));
  const whole = visible.map(({ gpu }) => gpu);
  const those = numbered
    .map(({ number, item: { gpu } }) => `${number} (${gpu.name}, ${gpu.uuid})`)
    .join(', ');
  return choice.ids.map((id) => {
    const found =
      numbered.find(({ number }) => number === id)?.item ??
      visible.find((item) => item.id === id || (item.gpu.uuid === id && !isPart(item)));
    const chosen = found ?? (list === undefined ? partOfGpu(id, whole) : undefined);
    if (chosen) return chosen;
    throw list === undefined
      ? environmentError(`gpus: this machine has no GPU ${id}`, `it has ${those}`)
      : hiddenError(
          id,
          list,
          those === '' ? 'it leaves none of this machine: unset it' : `they are ${those}`,
        );
  });
}

const isPart = ({ id }: VisibleGpu): boolean => id.startsWith('MIG-');

const hiddenError = (id: string, list: string, hint: string) =>
  environmentError(`gpus: there is no GPU ${id} among those that CUDA_VISIBLE_DEVICES=${list} leaves`, hint);

/** What a choice means where the driver does not tell what there is: of a list in the variable, as it stands there. */
function chooseUnseen(choice: GpuChoice, { CUDA_VISIBLE_DEVICES: list }: CudaVariables): GpuChoice {
  if (list === undefined || choice.kind === 'all') return choice;
  const names = list
    .split(',')
    .map((text) => text.trim())
    .filter((name) => !/^(-1)?$/.test(name));
  if (choice.kind === 'count') return exactly(names.slice(0, choice.count)).gpus;
  const ids = choice.ids.map((id) => {
    const name = /^\d+$/.test(id) ? names[Number(id)] : id;
    if (name === undefined) throw hiddenError(id, list, 'numbers count from 0 in this list');
    return name;
  });
  return exactly(ids).gpus;
}

function commonestKind(gpus: readonly VisibleGpu[]): readonly VisibleGpu[] {
  const kinds = [...Map.groupBy(gpus, ({ gpu: { name, memoryMB } }) => `${name} ${memoryMB}`).values()];
  return kinds.sort((a, b) => b.length - a.length)[0] ?? [];
}
