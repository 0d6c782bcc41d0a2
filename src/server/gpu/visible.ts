import type { Gpu } from './list.ts';

/** A GPU that a program may use. */
export interface VisibleGpu {
  readonly gpu: Gpu;
  /** What names it to CUDA and to a container engine whatever the order of GPUs is. */
  readonly id: string;
}

/**
 * What the environment variable CUDA_VISIBLE_DEVICES leaves of these GPUs to a program, in the variable's order: numbers, UUIDs
 * or beginnings of UUIDs, of which CUDA reads all before the first that is no GPU (CUDA C++ Programming Guide, environment
 * variables). Numbers are the driver's: where GPUs of several kinds are mixed, CUDA counts so with CUDA_DEVICE_ORDER=PCI_BUS_ID.
 * @param list the variable's value; undefined: it is not set, and all are left.
 */
export function visibleGpus(gpus: readonly Gpu[], list: string | undefined): readonly VisibleGpu[] {
  if (list === undefined) return gpus.map(asWhole);
  const found: VisibleGpu[] = [];
  for (const name of list.split(',').map((text) => text.trim())) {
    const next = named(name, gpus);
    if (!next) break;
    if (!found.some(({ id }) => id === next.id)) found.push(next);
  }
  return found;
}

// A GPU that is divided is no device of CUDA's by its UUID, but its number means the first part of it.
const asWhole = (gpu: Gpu): VisibleGpu => ({ gpu, id: gpu.mig.length > 0 ? String(gpu.index) : gpu.uuid });

function named(name: string, gpus: readonly Gpu[]): VisibleGpu | undefined {
  if (/^\d+$/.test(name)) {
    const gpu = gpus.find(({ index }) => index === Number(name));
    return gpu && asWhole(gpu);
  }
  if (/^MIG-/.test(name)) {
    // Before driver 470 a part was named by its GPU: MIG-GPU-UUID/INSTANCE/INSTANCE.
    const [, whole] = /^MIG-(GPU-[^/]+)\//.exec(name) ?? [];
    const gpu = gpus.find(({ uuid, mig }) => uuid === whole || mig.includes(name));
    return gpu && { gpu, id: name };
  }
  const meant = /^GPU-./.test(name) ? gpus.filter(({ uuid }) => uuid.startsWith(name)) : [];
  return meant.length === 1 ? asWhole(meant[0]!) : undefined;
}
