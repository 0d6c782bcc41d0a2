import childProcess from 'node:child_process';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers/promises';
import workers from 'node:worker_threads';
import { afterEach, beforeAll, expect } from 'vitest';

/**
 * Unit tests use no socket, no process, no thread and no real clock, so that they end the same on a machine that is
 * busy with other things. What needs one of these is named `*.integration.test.ts`.
 */
const RULE = 'a unit test may not; name the file *.integration.test.ts if it has to';

function refused(what: string) {
  return function refuse(): never {
    throw new Error(`${what}: ${RULE}`);
  };
}

net.Socket.prototype.connect = refused('connects a socket');
net.Server.prototype.listen = refused('listens on a socket');
for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
  Object.assign(childProcess, { [name]: refused(`starts a process (${name})`) });
workers.Worker = class {
  constructor() {
    refused('starts a thread')();
  }
} as unknown as typeof workers.Worker;

/**
 * Real time that passed while a test waited for it. Timers that are cleared, such as limits, pass none, and one that
 * fires in a later test kept nobody waiting.
 */
let waits: string[] = [];
let test = 0;

/** To be called when a timer is set; what it answers, when that fires. */
function watch(ms: number | undefined): () => void {
  if (!ms) return () => {};
  const setIn = test;
  const { stack } = new Error('set here');
  return () => {
    if (setIn === test)
      waits.push(`waits ${ms} ms of real time: ${RULE}, or use vi.useFakeTimers()\n${stack}`);
  };
}

const realTimeout = globalThis.setTimeout;
const watchedTimeout = (call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
  const fired = watch(ms);
  return realTimeout(() => {
    fired();
    call(...args);
  }, ms);
};
globalThis.setTimeout = Object.assign(watchedTimeout, realTimeout);
const realSleep = timers.setTimeout;
timers.setTimeout = async (ms, value, options) => {
  const fired = watch(ms);
  const result = await realSleep(ms, value, options);
  fired();
  return result;
};
syncBuiltinESMExports();

afterEach(() => {
  const [first] = waits;
  waits = [];
  test++;
  if (first) throw new Error(first);
});

// Nor do they compare what the real clock says: cpuTimeOf (test/support/cpu-time.ts) tells whether work is little.
beforeAll(() => {
  const { testPath = '' } = expect.getState();
  const text = readFileSync(testPath, 'utf8');
  if (text.includes('performance.now()') && !text.includes('vi.useFakeTimers'))
    throw new Error(`reads the real clock: ${RULE}, or use vi.useFakeTimers()`);
});
