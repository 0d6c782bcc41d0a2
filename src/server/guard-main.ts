import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerTrace, GuardOrder } from './guard.ts';
import { killGroup } from './process-group.ts';
import { askToEnd, clearAway, pythonRegionsOf, type Traces } from './traces.ts';

/** The guard's own program: reads orders, and when they end clears away what it still watches. */

/** By their marks. */
const watched = new Map<string, Traces>();
const containers = new Map<string, ContainerTrace>();
const GRACE_MS = 1000;
const ENGINE_S = 30;
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const order = JSON.parse(line) as GuardOrder;
    if ('watch' in order) watched.set(order.watch.mark, order.watch);
    else if ('forget' in order) watched.delete(order.forget);
    else if ('watchContainer' in order) containers.set(order.watchContainer.id, order.watchContainer);
    else containers.delete(order.forgetContainer);
  }
});
process.stdin.on('end', async () => {
  const removing = removeContainers();
  const regions = [...watched.values()].flatMap(({ group }) => pythonRegionsOf(group));
  for (const traces of watched.values()) askToEnd(traces);
  if (watched.size > 0) await sleep(GRACE_MS);
  for (const { group } of watched.values()) killGroup(group, 'SIGKILL');
  for (const traces of watched.values()) await clearAway(traces);
  for (const file of regions) rmSync(file, { force: true });
  await removing;
  // A connection to an engine that does not answer is no reason to stay.
  process.exit();
});

async function removeContainers(): Promise<void> {
  if (containers.size === 0) return;
  // Loaded only then: it is large.
  const [{ connect }, { removeContainer }] = await Promise.all([
    import('./docker/engine.ts'),
    import('./docker/start.ts'),
  ]);
  await Promise.all(
    [...containers.values()].map(({ engine, id }) =>
      removeContainer(connect(engine).docker.getContainer(id), ENGINE_S),
    ),
  );
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
