import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNullServer, startTma } from './tools.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 10);
/** Until everything is compiled and every buffer has its size. */
const SETTLED_S = 30;

/** Memory of the client over a long run at full speed. */
export async function endurance(say: (text: string) => void) {
  using server = await startNullServer(16);
  const seconds = MINUTES * 60;
  const run = startTma(
    ...['-m', 'null', '-u', `127.0.0.1:${server.port}`, '--concurrency-range', '8'],
    ...['--precision', '0.01', '--time-limit', String(seconds)],
  );
  const memoryMB = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${run.child.pid}/status`, 'utf8'))![1]) / 1000;
  await sleep(SETTLED_S * 1000);
  const start = memoryMB();
  let most = start;
  for (let waited = SETTLED_S; waited < seconds - 5; waited += 5) {
    await sleep(5000);
    if (run.child.exitCode !== null) break;
    most = Math.max(most, memoryMB());
  }
  const end = run.child.exitCode === null ? memoryMB() : most;
  const { points } = JSON.parse(await run.output) as { points: { requests: number }[] };
  const result = {
    minutes: MINUTES,
    requests: points[0]!.requests,
    startMB: start,
    endMB: end,
    mostMB: most,
  };
  say(
    `${MINUTES} minutes, ${result.requests} requests: ${start.toFixed(0)} MB after ${SETTLED_S} s, ${end.toFixed(0)} MB in the end, ${most.toFixed(0)} MB at most (bar: 20 MB more)`,
  );
  return result;
}
