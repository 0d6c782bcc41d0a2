import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { Connection, type ConnectionEvents, type LoadConnection } from './connection.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { COMPLETED, type CutMessage, FAILED, type WorkerInput } from './protocol.ts';

/**
 * The load itself, on a thread of its own: keeps `concurrency` requests in flight, a connection each, and notes
 * when each ended. Asked for a cut it hands over what ended since the last one.
 */
const { endpoint, protocol, requests, concurrency, counters } = workerData as WorkerInput;
const counts = new Int32Array(counters);
const bodies = requests.map((request) => Buffer.from(request.buffer, request.byteOffset, request.byteLength));
const RECONNECT_MS = 100;
const DRAIN_MS = 3000;

let capacity = 4096;
let size = 0;
let ends = new Float64Array(capacity);
let latencies = new Float64Array(capacity);
let sendRecvs = new Float64Array(capacity);
let failures = new Map<string, number>();
let cutMs = performance.now();
let next = 0;
let running = true;

const nextRequest = (): Buffer => bodies[next++ % bodies.length]!;

function grow(): void {
  const larger = (old: Float64Array): Float64Array<ArrayBuffer> => {
    const array = new Float64Array(capacity);
    array.set(old);
    return array;
  };
  capacity *= 2;
  ends = larger(ends);
  latencies = larger(latencies);
  sendRecvs = larger(sendRecvs);
}

function fail(message: string): void {
  Atomics.add(counts, FAILED, 1);
  failures.set(message, (failures.get(message) ?? 0) + 1);
}

const open = new Set<LoadConnection>();

const connect = (events: ConnectionEvents): LoadConnection =>
  protocol === 'grpc' ? new GrpcConnection(endpoint, events) : new Connection(endpoint, events);

function openConnection(): void {
  const connection = connect({
    onConnect: () => connection.send(nextRequest()),
    onAnswer(startMs, sendRecvMs, endMs, error) {
      if (error === undefined) {
        if (size === capacity) grow();
        ends[size] = endMs;
        latencies[size] = endMs - startMs;
        sendRecvs[size] = sendRecvMs;
        size++;
        Atomics.add(counts, COMPLETED, 1);
      } else {
        fail(error);
      }
      if (running) connection.send(nextRequest());
    },
    onBroken(error) {
      fail(error);
      open.delete(connection);
      if (running) setTimeout(openConnection, RECONNECT_MS);
    },
  });
  open.add(connection);
}

/**
 * Hands over a window. It reaches from the last answer of the one before to the last of this: a rate counted
 * between two answers does not jump when a batch of answers falls just before or after a fixed edge.
 */
function cut(): void {
  const endMs = size > 0 ? ends[size - 1]! : performance.now();
  const message: CutMessage = {
    startMs: cutMs,
    endMs,
    samples: {
      endMs: ends.slice(0, size),
      latencyMs: latencies.slice(0, size),
      sendRecvMs: sendRecvs.slice(0, size),
    },
    failures: Object.fromEntries(failures),
  };
  cutMs = endMs;
  size = 0;
  failures = new Map();
  const { samples } = message;
  parentPort!.postMessage(message, [
    samples.endMs.buffer,
    samples.latencyMs.buffer,
    samples.sendRecvMs.buffer,
  ]);
}

/** Waits for the answers still due, so that the server is idle when it is stopped, then tells so. */
function drain(): void {
  const deadline = performance.now() + DRAIN_MS;
  const look = (): void => {
    const busy = [...open].some((connection) => connection.inFlight);
    if (busy && performance.now() < deadline) {
      setTimeout(look, 5);
      return;
    }
    for (const connection of open) connection.close();
    parentPort!.postMessage('stopped');
    parentPort!.close();
  };
  look();
}

parentPort!.on('message', (message: 'cut' | 'stop') => {
  if (message === 'cut') {
    cut();
    return;
  }
  running = false;
  drain();
});

for (let slot = 0; slot < concurrency; slot++) openConnection();
