import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import type { LaunchSettings, ModelPlan } from '../config/experiment.ts';
import { expandEnvironment } from '../server/arguments.ts';
import { visibleGpus } from '../server/gpu/visible.ts';
import type { TrialPlace, TrialSettings } from '../trial/trial-spec.ts';
import { parseCores } from './cores.ts';
import type { Lane } from './lanes.ts';

/** The share of a machine that a server has, told so that an equal share elsewhere is equal: it is part of a key. */
export interface Place {
  /** Its CPU, cores and memory. */
  readonly machine: readonly (string | number)[];
  /** Product names of its GPUs, or what was chosen where those are not known; undefined = all there are. */
  readonly gpus: readonly string[] | undefined;
  /** Version of their driver, where it is known. */
  readonly driver: string | undefined;
  /** How many cores; undefined = all. */
  readonly cores: number | undefined;
  /** What a container may change about it. */
  readonly container: unknown;
}

/** What a lane's servers have of the machine, for the key of what is measured there. */
export function placeOf(lane: Lane, launch: LaunchSettings, { container }: ModelPlan): Place {
  const { gpus, devices, cpus: cores } = lane;
  const chosen = gpus.kind === 'ids' ? gpus.ids : gpus.kind === 'count' ? [`count=${gpus.count}`] : undefined;
  const { labels: _, name: __, ignored: ___, ...room } = container;
  return {
    machine: machineFacts(),
    gpus: devices && devices.length > 0 ? devices.map(({ name }) => name) : chosen,
    driver: devices?.[0]?.driver,
    cores: cores === undefined ? undefined : parseCores(cores).length,
    container: launch.mode === 'docker' ? room : undefined,
  };
}

/** A lane as a trial is told of it. */
export const trialPlaceOf = (
  { gpus, devices, installed, cpus: cores }: Lane,
  { launch, serverEnvironment }: Pick<TrialSettings, 'launch' | 'serverEnvironment'>,
): TrialPlace => {
  // What triton_server_environment says holds for the server, which counts what it was given from 0.
  const { CUDA_VISIBLE_DEVICES: list } = expandEnvironment(serverEnvironment);
  const given = launch.mode === 'docker' ? devices?.map((gpu, index) => ({ ...gpu, index })) : installed;
  const used = list === undefined ? devices : visibleGpus(given ?? [], list).map(({ gpu }) => gpu);
  return { gpus, uuids: used?.map(({ uuid }) => uuid) ?? [], cpus: cores };
};

/** Whether instances can be put on a GPU: one of this machine that servers may use, or whatever a remote server has. */
export const hasGpu = (lanes: readonly Lane[], { mode }: LaunchSettings): boolean =>
  mode === 'remote' || (lanes[0]?.devices ?? []).length > 0;

/** What of this machine may change a measurement. Memory in whole GB: a kernel keeps a little more or less of it. */
export const machineFacts = (): readonly (string | number)[] => [
  cpus()[0]?.model ?? 'unknown',
  arch(),
  cpus().length,
  availableParallelism(),
  Math.round(totalmem() / 2 ** 30),
];
