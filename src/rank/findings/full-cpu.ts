import { batchSizeOf } from '../../record/load-point.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf, type Scene } from './scene.ts';

/** A machine of which the server uses this share, for sure, has no more to give. */
const FULL = 0.85;
const TAG = 'cpu_utilization';

/**
 * Whether the cores of this machine were used up at the best point, by the server, the load generator and other programs
 * together; false also where that is not known.
 */
export function areCoresUsed({ run, shown }: Scene): boolean {
  const environment = run.sessions.at(-1)?.environment;
  if (environment?.launcher !== 'local') return false;
  const { point, client, whole, othersShare = 0 } = shown.best.measurement;
  const server = (whole.values[TAG] ?? 0) / 100;
  const requests = (whole.values['perf_throughput'] ?? 0) / batchSizeOf(point);
  const generator = (requests * (client?.cpuUs ?? 0)) / 1e6;
  return server + generator + othersShare * environment.cores >= FULL * environment.cores;
}

export const fullCpu: Rule = {
  name: 'full-cpu',
  kind: 'cause',
  speaks:
    'at the best point the server, started on this machine, uses 85 % or more of all its cores for sure',
  find({ run, shown }) {
    const environment = run.sessions.at(-1)?.environment;
    // Of a machine elsewhere, or a container with cores of its own, it is not known how many there are.
    if (environment?.launcher !== 'local') return undefined;
    const { measurement } = shown.best;
    const used = measurement.whole.values[TAG];
    const [low = null] = measurement.whole.intervals[TAG] ?? [];
    const all = 100 * environment.cores;
    if (used === undefined || low === null || low < FULL * all || !carries([measurement])) return undefined;
    return {
      text: `The cores are the limit: ${shown.trial.name} uses ${formatNumber(used)} % of the ${formatNumber(all)} % that ${environment.cores} cores have ${loadWords(measurement.point)}, and the load generator needs of them, too.`,
      evidence: [evidenceOf(shown, measurement, [TAG, 'perf_throughput'])],
      worth: Math.min(1, used / all),
    };
  },
};
