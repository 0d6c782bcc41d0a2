import { generatorFor, type OnOutput } from '../load/generator-for.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { GpuMonitor } from '../measure/gpu-monitor.ts';
import type { Launcher } from '../server/launcher.ts';
import { launcherFor } from '../server/launcher-for.ts';
import type { TrialSpec } from './trial-spec.ts';

/** What runs trials in this process: live things, which are part of no message. */
export interface Tools {
  readonly launcher: Launcher;
  readonly generator: LoadGenerator;
  /** The driver's view of the GPUs, where there is one. */
  readonly monitor: GpuMonitor | undefined;
}

/**
 * The tools that a spec asks for.
 * @param onOutput takes what perf_analyzer prints, where the spec wants that told and names no file for it.
 * @throws UserError when one of them is not on this machine.
 */
export async function toolsFor({ settings, place }: TrialSpec, onOutput?: OnOutput): Promise<Tools> {
  return {
    launcher: await launcherFor(settings.launch),
    generator: await generatorFor(settings.generator, onOutput),
    monitor: place.uuids.length > 0 ? new GpuMonitor(settings.monitoringIntervalS) : undefined,
  };
}
