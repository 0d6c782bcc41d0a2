import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardOrder } from './guard.ts';
import { killGroup } from './process-group.ts';
import { askToEnd, clearAway, pythonRegionsOf, type Traces } from './traces.ts';

/** The guard's own program: reads orders, and when they end clears away what it still watches. */
const watched = new Map<number, Traces>();
const GRACE_MS = 1000;
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const order = JSON.parse(line) as GuardOrder;
    if ('watch' in order) watched.set(order.watch.group, order.watch);
    else watched.delete(order.forget);
  }
});
process.stdin.on('end', async () => {
  const regions = [...watched.keys()].flatMap(pythonRegionsOf);
  for (const traces of watched.values()) askToEnd(traces);
  if (watched.size > 0) await sleep(GRACE_MS);
  for (const { group } of watched.values()) killGroup(group, 'SIGKILL');
  for (const traces of watched.values()) await clearAway(traces);
  for (const file of regions) rmSync(file, { force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
