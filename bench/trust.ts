import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endUnfinished, isDone, runsWithin } from './runs.ts';
import { secondsFor, stagesOf } from './trust/lane.ts';
import { tell } from './trust/told.ts';

/**
 * How far results are to be trusted, on the OCR example and the real tritonserver: how often two runs of the same are called
 * different, how often a model that is slower by 10 or 5 % is found, whether decisions are the same, and whether intervals
 * hold what is measured later for a minute on a fresh start.
 *   npm run bench:trust -- --work DIR [--same 20] [--later 20] [--slower-10 20] [--slower-5 20] [--baseline]
 *     [--seconds N] [-- flags of tma profile]
 *   npm run bench:trust -- --tell DIR...
 * --same: pairs of identical runs. --later: of so many of them what they told is measured later. --slower-10, --slower-5: runs
 * with a model that is slower by so many percent. --baseline: every run but the first measures the one that it is compared with
 * anew (`tma profile --baseline`). --seconds: begins nothing that would take longer; the same command goes on.
 * A run that was stopped is made anew, so that none is made of two. What else the machine does meanwhile is in the figures.
 * Where it has room for several at once, each has cores and ports of its own:
 *   taskset -c 0-3 npm run bench:trust -- --work DIR -- --triton-http-endpoint localhost:9000 --triton-grpc-endpoint
 *     localhost:9001 --triton-metrics-url http://localhost:9002/metrics
 * and --tell adds them up.
 */
const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string' },
    same: { type: 'string', default: '20' },
    later: { type: 'string', default: '20' },
    'slower-10': { type: 'string', default: '20' },
    'slower-5': { type: 'string', default: '20' },
    baseline: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '86400' },
    tell: { type: 'boolean' },
  },
});
if (given.tell) {
  tell(positionals);
} else if (given.work) {
  await measure(resolve(given.work));
} else {
  console.error('--work DIR or --tell DIR... is needed');
  process.exit(2);
}

async function measure(work: string): Promise<void> {
  mkdirSync(work, { recursive: true });
  const runs = runsWithin(Number(given.seconds), [...positionals, '--fresh']);
  const amount = {
    same: Number(given.same),
    later: Number(given.later),
    slower: [
      { share: 0.1, runs: Number(given['slower-10']) },
      { share: 0.05, runs: Number(given['slower-5']) },
    ] as const,
    baseline: given.baseline,
  };
  for (;;) {
    const stages = stagesOf(work, amount);
    const open = stages.filter(({ folder }) => !isDone(folder));
    if (open.length === 0) break;
    const next = open.find((stage) => secondsFor(stage, stages) <= runs.left());
    if (!next || !(await runs.once(next.folder, next.file, next.flags))) endUnfinished();
  }
  tell([work]);
}
