import { PerformanceObserver, performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { connectorOf } from './connector.ts';
import { Driver } from './driver.ts';
import { Heartbeat } from './heartbeat.ts';
import { COMPLETED, EXHAUSTED, FAILED, type WorkerInput, type WorkerMessage } from './protocol.ts';
import { buffersOf, Recorder } from './recorder.ts';

/** The load itself, on a thread of its own. Asked for a cut it hands over what ended since the last one. */
const input = workerData as WorkerInput;
const port = parentPort!;
const counts = new Int32Array(input.counters);
const DRAIN_MS = 3000;

const nowMs = performance.now();
const offsetMs = Number(process.hrtime.bigint() - input.originNs) / 1e6 - nowMs;
const engine = await connectorOf(input.engine);
const recorder = new Recorder({
  open: input.shape.kind === 'open',
  decoupled: engine.decoupled,
  offsetMs,
  nowMs,
});
const driver = new Driver(input, {
  connect: engine.connect,
  capacity: engine.capacity,
  decoupled: engine.decoupled,
  recorder,
  counters: {
    completed: () => Atomics.add(counts, COMPLETED, 1),
    failed: () => Atomics.add(counts, FAILED, 1),
    exhausted: () => Atomics.store(counts, EXHAUSTED, 1),
  },
});

const heartbeat = new Heartbeat();
let gcMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) gcMs += entry.duration;
}).observe({ entryTypes: ['gc'] });

let before = { nowMs, loop: performance.eventLoopUtilization(), spunMs: 0, cpuUs: cpuUs(), gcMs: 0 };

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function cut(): void {
  const after = {
    nowMs: performance.now(),
    loop: performance.eventLoopUtilization(),
    spunMs: driver.spunMs,
    cpuUs: cpuUs(),
    gcMs,
  };
  const { active } = performance.eventLoopUtilization(after.loop, before.loop);
  const times = {
    elapsedMs: after.nowMs - before.nowMs,
    busyMs: Math.max(0, active - (after.spunMs - before.spunMs)),
    cpuMs: (after.cpuUs - before.cpuUs) / 1000,
    gcMs: after.gcMs - before.gcMs,
  };
  const message = recorder.cut(after.nowMs, times, heartbeat.take());
  before = after;
  port.postMessage(message satisfies WorkerMessage, buffersOf(message));
}

/** Waits for the answers still due, so that the server is idle when it is stopped, then tells so. */
function drain(): void {
  const deadline = performance.now() + DRAIN_MS;
  const look = (): void => {
    if (!driver.idle && performance.now() < deadline) {
      setTimeout(look, 5);
      return;
    }
    driver.close();
    heartbeat.stop();
    port.postMessage({ kind: 'stopped' } satisfies WorkerMessage);
    port.close();
  };
  look();
}

port.on('message', (message: 'cut' | 'stop') => {
  if (message === 'cut') {
    cut();
    return;
  }
  driver.stop();
  drain();
});

driver.start();
port.postMessage({ kind: 'started' } satisfies WorkerMessage);
