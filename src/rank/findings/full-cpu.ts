import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf } from './scene.ts';

/** A machine of which the server uses this share, for sure, has no more to give. */
const FULL = 0.85;
const TAG = 'cpu_utilization';

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
