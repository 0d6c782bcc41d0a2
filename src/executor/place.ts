import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import type { LaunchSettings, ModelPlan } from '../config/experiment.ts';
import { expandEnvironment } from '../server/arguments.ts';
import type { Gpu } from '../server/gpu/list.ts';
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

/** What may say more of a server's GPUs than its lane. */
type ServerSettings = Pick<TrialSettings, 'serverEnvironment' | 'container'>;

/** A lane as a trial is told of it. */
export const trialPlaceOf = (
  lane: Lane,
  { launch, ...settings }: Pick<TrialSettings, 'launch'> & ServerSettings,
): TrialPlace => ({
  gpus: lane.gpus,
  uuids: gpusOf(lane, launch, settings)?.map(({ uuid }) => uuid) ?? [],
  cpus: lane.cpus,
});

/** Whether instances can be put on a GPU: one of this machine that servers may use, or whatever a remote server has. */
export const hasGpu = (
  lanes: readonly Lane[],
  launch: Pick<LaunchSettings, 'mode'>,
  settings: ServerSettings,
): boolean => launch.mode === 'remote' || (gpusOf(lanes[0]!, launch, settings) ?? []).length > 0;

/**
 * The GPUs of a server, in the order of its numbers; undefined where the driver tells nothing. What the environment says that
 * perf.yaml gives it holds: a process counts the GPUs of the machine, in a container those that it was given, in the driver's order.
 */
function gpusOf(
  { devices, machine }: Lane,
  { mode }: Pick<LaunchSettings, 'mode'>,
  { serverEnvironment, container }: ServerSettings,
): readonly Gpu[] | undefined {
  const isContained = mode === 'docker';
  const given = isContained ? devices?.toSorted((a, b) => a.index - b.index) : devices;
  const own = expandEnvironment({ ...serverEnvironment, ...(isContained && container.environment) });
  if (!given || own['CUDA_VISIBLE_DEVICES'] === undefined) return given;
  const counted = isContained ? given.map((gpu, index) => ({ ...gpu, index })) : machine.gpus;
  return visibleGpus(counted, { ...machine.cuda, ...own }).gpus.map(({ gpu }) => gpu);
}

/** What of this machine may change a measurement. Memory in whole GB: a kernel keeps a little more or less of it. */
export const machineFacts = (): readonly (string | number)[] => [
  cpus()[0]?.model ?? 'unknown',
  arch(),
  cpus().length,
  availableParallelism(),
  Math.round(totalmem() / 2 ** 30),
];
