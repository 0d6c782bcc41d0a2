import { execute } from '../../ground/execute.ts';
import { findCommand } from '../../install/find-command.ts';

/** A GPU of this machine. */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  /** The product: `NVIDIA H100 80GB HBM3`. */
  readonly name: string;
  /** MB of 10^6 bytes; undefined where the driver does not tell. */
  readonly memoryMB: number | undefined;
  readonly driver: string;
  /** Its MIG devices; [] when it is not divided. */
  readonly mig: readonly MigDevice[];
}

/** A part of a divided GPU. */
export interface MigDevice {
  readonly uuid: string;
  /** Its share of the GPU: `1g.10gb`. */
  readonly profile: string;
}

const FIELDS = ['index', 'uuid', 'name', 'memory.total', 'driver_version', 'mig.mode.current'] as const;

/** The GPUs that the driver of this machine shows; [] without one, and where it was not waited for. */
export async function listGpus(signal?: AbortSignal): Promise<Gpu[]> {
  const limits = { reject: false, timeout: 20_000, ...(signal && { cancelSignal: signal }) } as const;
  if (!findCommand('nvidia-smi')) return [];
  const query = await execute(
    'nvidia-smi',
    [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits'],
    limits,
  );
  if (query.failed) return [];
  const gpus = parseGpuList(query.stdout);
  if (!gpus.some(({ divided }) => divided))
    return gpus.map(({ divided: _, ...gpu }) => ({ ...gpu, mig: [] }));
  const list = await execute('nvidia-smi', ['-L'], limits);
  const devices = parseMigDevices(list.stdout ?? '');
  return gpus.map(({ divided: _, ...gpu }) => ({ ...gpu, mig: devices.get(gpu.uuid) ?? [] }));
}

/** The rows of nvidia-smi's query of FIELDS. */
export function parseGpuList(csv: string): (Omit<Gpu, 'mig'> & { divided: boolean })[] {
  return csv
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === FIELDS.length && /^GPU-/.test(cells[1] ?? ''))
    .map(([index, uuid, name, memory, driver, mig]) => ({
      index: Number(index),
      uuid: uuid!,
      name: name!,
      // nvidia-smi counts in MiB.
      memoryMB: /^\d+$/.test(memory!) ? (Number(memory) * 2 ** 20) / 1e6 : undefined,
      driver: driver!,
      divided: mig === 'Enabled',
    }));
}

/** MIG devices of `nvidia-smi -L`, by the UUID of their GPU. */
export function parseMigDevices(text: string): Map<string, MigDevice[]> {
  const devices = new Map<string, MigDevice[]>();
  let gpu = '';
  for (const line of text.split('\n')) {
    gpu = /^GPU \d+: .*\(UUID: (GPU-[^)]+)\)/.exec(line)?.[1] ?? gpu;
    const [, profile, uuid] = /^\s*MIG\s+(\S+)\s.*\(UUID: (MIG-[^)]+)\)/.exec(line) ?? [];
    if (uuid && profile) devices.set(gpu, [...(devices.get(gpu) ?? []), { uuid, profile }]);
  }
  return devices;
}
