import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup, removeSharedMemory } from './process-group.ts';

/** The guard's own program: reads `+PGID PREFIX` and `-PGID` lines, and when they end clears away what is left. */
const groups = new Map<number, string>();
const GRACE_MS = 1000;
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const [group = '', prefix = ''] = line.slice(1).split(' ');
    if (line.startsWith('+')) groups.set(Number(group), prefix);
    else groups.delete(Number(group));
  }
});
process.stdin.on('end', async () => {
  for (const group of groups.keys()) killGroup(group, 'SIGTERM');
  if (groups.size > 0) await sleep(GRACE_MS);
  for (const [group, prefix] of groups) {
    killGroup(group, 'SIGKILL');
    if (prefix !== '') removeSharedMemory(prefix);
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
