import { counted } from '../ground/wording.ts';
import type { Run } from '../record/run.ts';

/** What a run was measured on, in few words: its GPUs, or its CPU; nothing where that is not known. */
export function hardwareOf({ sessions }: Run): string[] {
  const environment = sessions.at(-1)?.environment;
  if (!environment) return [];
  const { gpus, cpu, cores } = environment;
  if (gpus === undefined) return [];
  return gpus.length > 0 ? gpuNames(gpus) : [`${cpu}, ${counted(cores, 'core')}, no GPU`];
}

const gpuNames = (gpus: readonly string[]): string[] =>
  [...Map.groupBy(gpus, (name) => name)].map(([name, same]) =>
    same.length === 1 ? name : `${same.length} × ${name}`,
  );
