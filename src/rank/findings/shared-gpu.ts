import { formatShare } from './client-bound.ts';
import type { Rule } from './rule.ts';
import { allPoints, carries, evidenceOf } from './scene.ts';

export const sharedGpu: Rule = {
  name: 'shared-gpu',
  kind: 'doubt',
  speaks: 'other processes used a GPU of the server while points were measured',
  find(scene) {
    const all = allPoints(scene);
    const beside = all.filter(({ measurement: { gpuSharers = [] } }) => gpuSharers.length > 0);
    if (!carries(beside.map(({ measurement }) => measurement))) return undefined;
    const names = new Set(
      beside.flatMap(({ measurement: { gpuSharers = [] } }) => gpuSharers.map(({ name }) => name)),
    );
    const [first] = names;
    const who =
      names.size === 1
        ? `another process (${first})`
        : `other processes (${[...names].slice(0, 3).join(', ')})`;
    return {
      text: `At ${formatShare(beside.length, all.length)} ${who} used the GPU, too: the figures are not those of the server alone.`,
      evidence: beside.map(({ entry, measurement }) =>
        evidenceOf(entry, measurement, ['perf_throughput', 'gpu_utilization', 'gpu_used_memory']),
      ),
      worth: beside.length / all.length,
    };
  },
};
