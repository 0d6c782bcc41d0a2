import type { Gpu } from './list.ts';

/** A GPU, or a part of a divided one, that a program may use. */
export interface VisibleGpu {
  /** Of a part: the whole GPU, under a name of its own, as parts are of several sizes. */
  readonly gpu: Gpu;
  /** What names it to CUDA, whatever the order of GPUs is. */
  readonly id: string;
}

/** The environment variables by which CUDA numbers GPUs and leaves some out. */
export interface CudaVariables {
  readonly CUDA_VISIBLE_DEVICES?: string | undefined;
  readonly CUDA_DEVICE_ORDER?: string | undefined;
}

/** What CUDA_VISIBLE_DEVICES leaves. */
export interface Visible {
  /** In the variable's order. */
  readonly gpus: readonly VisibleGpu[];
  /** Whether programs see anything else than all GPUs in the driver's order. */
  readonly isLimited: boolean;
  /** What the variable is probably not meant to do. */
  readonly note?: string;
}

/**
 * What CUDA_VISIBLE_DEVICES leaves of these GPUs to a program: a list either of numbers or of UUIDs and beginnings of UUIDs, of which
 * CUDA reads all before the first that is no GPU, and nothing where one stands there twice (CUDA C++ Programming Guide,
 * environment variables). Numbers are the driver's. Where GPUs of several kinds are mixed and CUDA_DEVICE_ORDER is not PCI_BUS_ID,
 * CUDA counts from the fastest, and the driver does not tell which that is: a list of numbers is not read then, and all GPUs
 * count as left.
 */
export function visibleGpus(
  gpus: readonly Gpu[],
  { CUDA_VISIBLE_DEVICES: list, CUDA_DEVICE_ORDER: order }: CudaVariables,
): Visible {
  const all = gpus.map(asWhole);
  if (list === undefined) return { gpus: all, isLimited: false };
  const names = list.split(',').map((text) => text.trim());
  const isNumbered = isNumber(names[0]!);
  if (isNumbered && order !== 'PCI_BUS_ID' && new Set(gpus.map(({ name }) => name)).size > 1) {
    const note = `CUDA_VISIBLE_DEVICES=${list} counts from the fastest GPU, and here are several kinds: what is told of GPUs is of all of them. Set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name GPUs by their UUIDs`;
    return { gpus: all, isLimited: false, note };
  }
  const found: VisibleGpu[] = [];
  for (const name of names) {
    const next = isNumber(name) === isNumbered ? named(name, gpus) : undefined;
    if (!next) {
      // Nothing, or -1: that none is left is meant.
      const isMeant = /^(-1)?$/.test(name);
      const left = `${found.length} of ${gpus.length} GPUs ${found.length === 1 ? 'is' : 'are'} left`;
      const note = `CUDA_VISIBLE_DEVICES=${list}: "${name}" is no GPU of this machine, and CUDA reads no further: ${left}`;
      return { gpus: found, isLimited: true, ...(!isMeant && { note }) };
    }
    if (found.some(({ id }) => id === next.id)) {
      const note = `CUDA_VISIBLE_DEVICES=${list}: "${name}" stands there twice, and CUDA leaves no GPU then`;
      return { gpus: [], isLimited: true, note };
    }
    found.push(next);
  }
  return {
    gpus: found,
    isLimited: found.length < all.length || found.some(({ id }, index) => id !== all[index]!.id),
  };
}

/** A part of a divided GPU by its UUID. */
export function partOfGpu(name: string, gpus: readonly Gpu[]): VisibleGpu | undefined {
  // Before driver 470 a part was named by its GPU: MIG-GPU-UUID/INSTANCE/INSTANCE.
  const [, whole] = /^MIG-(GPU-[^/]+)\//.exec(name) ?? [];
  for (const gpu of gpus) {
    const part = gpu.mig.find(({ uuid }) => uuid === name);
    if (!part && gpu.uuid !== whole) continue;
    return { gpu: { ...gpu, name: `${gpu.name} MIG ${part?.profile ?? name}`, mig: [] }, id: name };
  }
  return undefined;
}

const isNumber = (name: string): boolean => /^\d+$/.test(name);

// A GPU that is divided is no device of CUDA's by its UUID, but its number means the first part of it.
const asWhole = (gpu: Gpu): VisibleGpu => ({ gpu, id: gpu.mig.length > 0 ? String(gpu.index) : gpu.uuid });

function named(name: string, gpus: readonly Gpu[]): VisibleGpu | undefined {
  if (isNumber(name)) {
    const gpu = gpus.find(({ index }) => index === Number(name));
    return gpu && asWhole(gpu);
  }
  if (/^MIG-/.test(name)) return partOfGpu(name, gpus);
  const meant = /^GPU-./.test(name) ? gpus.filter(({ uuid }) => uuid.startsWith(name)) : [];
  return meant.length === 1 ? asWhole(meant[0]!) : undefined;
}
