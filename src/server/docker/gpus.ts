import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { GpuChoice } from '../../config/experiment.ts';
import type { Gpu } from '../gpu/list.ts';

/** How an engine hands GPUs to containers. */
export type GpuPassing =
  | { readonly by: 'nvidia' }
  /** Names of the devices of kind nvidia.com/gpu. */
  | { readonly by: 'cdi'; readonly devices: readonly string[] };

/** A request of the engine's API (`HostConfig.DeviceRequests`). */
export interface DeviceRequest {
  readonly Driver: 'nvidia' | 'cdi';
  readonly Count?: number;
  readonly DeviceIDs?: string[];
  readonly Capabilities?: string[][];
}

/** The part of the engine's `GET /info` that tells what it can. */
export interface EngineInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>>;
  readonly CDISpecDirs?: readonly string[] | null;
  readonly DiscoveredDevices?: readonly { readonly Source: string; readonly ID: string }[] | null;
}

const KIND = 'nvidia.com/gpu';

/** The NVIDIA runtime where the engine has it, else CDI where that knows GPUs. */
export function gpuPassing(info: EngineInfo): GpuPassing {
  if (info.Runtimes && 'nvidia' in info.Runtimes) return { by: 'nvidia' };
  const devices = cdiDevices(info);
  return devices.length > 0 ? { by: 'cdi', devices } : { by: 'nvidia' };
}

/** CDI's names of GPUs: as the engine tells them, or read from its specifications where it does not. */
function cdiDevices({ CDISpecDirs, DiscoveredDevices }: EngineInfo): string[] {
  const told = (DiscoveredDevices ?? []).filter(({ ID }) => ID.startsWith(`${KIND}=`));
  if (told.length > 0) return told.map(({ ID }) => ID.slice(KIND.length + 1));
  return (CDISpecDirs ?? []).flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => /\.(json|ya?ml)$/.test(name))
        .flatMap((name) => devicesOfSpec(readFileSync(join(folder, name), 'utf8')));
    } catch {
      return [];
    }
  });
}

function devicesOfSpec(text: string): string[] {
  const spec = parse(text) as { kind?: string; devices?: { name: string | number }[] };
  return spec.kind === KIND ? (spec.devices ?? []).map(({ name }) => String(name)) : [];
}

/**
 * What to ask the engine for; [] when the server is to have no GPU.
 * @param gpus those of this machine, to find a GPU's index by its UUID and the other way round.
 */
export function deviceRequests(
  choice: GpuChoice,
  passing: GpuPassing,
  gpus: readonly Gpu[] = [],
): DeviceRequest[] {
  if (choice.kind === 'ids' && choice.ids.length === 0) return [];
  if (passing.by === 'nvidia') {
    const Capabilities = [['gpu']];
    switch (choice.kind) {
      case 'all':
        return [{ Driver: 'nvidia', Count: -1, Capabilities }];
      case 'count':
        return [{ Driver: 'nvidia', Count: choice.count, Capabilities }];
      case 'ids':
        return [{ Driver: 'nvidia', DeviceIDs: [...choice.ids], Capabilities }];
    }
  }
  const single = passing.devices.filter((name) => name !== 'all');
  const names = (): readonly string[] => {
    switch (choice.kind) {
      case 'all':
        return passing.devices.includes('all') ? ['all'] : single;
      case 'count':
        return single.slice(0, choice.count);
      case 'ids':
        return choice.ids.map((id) => cdiName(id, single, gpus));
    }
  };
  return [{ Driver: 'cdi', DeviceIDs: names().map((name) => `${KIND}=${name}`) }];
}

function cdiName(id: string, names: readonly string[], gpus: readonly Gpu[]): string {
  if (names.includes(id)) return id;
  const gpu = gpus.find(({ uuid, index }) => uuid === id || String(index) === id);
  const other = gpu && [String(gpu.index), gpu.uuid].find((name) => names.includes(name));
  return other ?? id;
}
