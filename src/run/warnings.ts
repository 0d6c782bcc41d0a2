import { counted } from '../ground/wording.ts';
import { instanceGroups } from '../model-config/config.ts';
import { batchSizeOf } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';

/**
 * What will most likely not go as it was meant, known before anything is started: instances on a GPU where none is seen, a
 * client batch that no configuration takes.
 * @param hasGpu whether instances can be on a GPU.
 */
export const warningsOf = (space: Space, hasGpu: boolean): readonly string[] => [
  ...(hasGpu ? [] : gpuWarnings(space.candidates)),
  ...batchWarnings(space),
];

function gpuWarnings(candidates: readonly Candidate[]): string[] {
  const onGpu = candidates.filter(({ models: [{ config }] }) =>
    instanceGroups(config).some(({ kind }) => kind === 'GPU'),
  );
  if (onGpu.length === 0) return [];
  const who = onGpu.length === 1 ? onGpu[0]!.name : counted(onGpu.length, 'configuration');
  return [
    `no GPU is seen here, and ${who} ${onGpu.length === 1 ? 'has' : 'have'} instances of KIND_GPU, which a server without one refuses: write KIND_CPU, or cpu_only`,
  ];
}

function batchWarnings({ plan, automatic, candidates, loads, skipped, pointsOf }: Space): string[] {
  if (skipped.length === 0) return [];
  const taken = new Set(candidates.flatMap(pointsOf).map(batchSizeOf));
  const largest = Math.max(0, ...(automatic?.batchSizes ?? []));
  const never = [...new Set(loads.map(batchSizeOf))].filter((size) => !taken.has(size) && size > largest);
  if (never.length === 0) return [];
  return [
    `${plan.name}: no configuration takes a client batch of ${never.join(', ')}: give a larger max_batch_size, or smaller batch_sizes`,
  ];
}
