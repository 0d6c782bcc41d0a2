import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type CrewInput, startCrew } from './crew.ts';
import { tallyOf } from './cut-tally.ts';
import type { NullServerInput } from './null-server.ts';
import type { EngineSettings, LoadShape } from './protocol.ts';

const WARM_UP_MS = 150;
const MEASURE_MS = 300;
/** Larger answers would be most of what the client has to do, and have to fit into memory many times over. */
const MOST_ANSWER_BYTES = 32 * 2 ** 20;
/** With so many requests in flight an open loop sends as much as it can. */
const OPEN_SLOTS = 32;

/** What the client can do alone, against a server that answers at once. */
export interface Calibration {
  /** Requests a second. */
  readonly rate: number;
  /** The latency it sees then, ms. */
  readonly latencyMs: number;
}

/**
 * Puts the same requests, as many in flight, on a null server of this process; undefined where that can't be done, as
 * each of its connections takes two of this process's open files.
 */
export async function calibrate(
  input: CrewInput,
  threads: number,
  answerBytes: number,
): Promise<Calibration | undefined> {
  if (answerBytes > MOST_ANSWER_BYTES) return undefined;
  const protocol = ['http2', 'grpc-js'].includes(input.engine.kind) ? 'http2' : 'http1';
  const requestBytes = input.streams[0]![0]!.bytes.length;
  const nullServer: NullServerInput = { protocol, requestBytes, answerBytes: Math.round(answerBytes) };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./null-server.${extension}`, import.meta.url), {
    workerData: { nullServer },
  });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    const shape: LoadShape =
      input.shape.kind === 'closed' ? input.shape : { kind: 'closed', slots: OPEN_SLOTS };
    // Requests of equal length only: the server counts bytes.
    // Its answers hold nothing, so that nothing is looked for in them.
    const streams = [
      input.streams
        .flat()
        .filter(({ bytes }) => bytes.length === requestBytes)
        .map(({ expected: _, ...request }) => request),
    ];
    const engine = withPort(input.engine, port);
    await using crew = await startCrew(
      { ...input, engine, shape, streams, outputs: [], sequences: undefined },
      threads,
    );
    await sleep(WARM_UP_MS);
    await crew.cut();
    await sleep(MEASURE_MS);
    const { latency, startMs, endMs } = tallyOf(await crew.cut());
    if (latency.count === 0) return undefined;
    return { rate: (latency.count * 1000) / (endMs - startMs), latencyMs: latency.mean };
  } finally {
    await worker.terminate();
  }
}

/** The same engine on the null server; streams are measured as single calls. */
function withPort(engine: EngineSettings, port: number): EngineSettings {
  const endpoint = { host: '127.0.0.1', port };
  if (engine.kind === 'http1') return { kind: 'http1', endpoint };
  if (engine.kind === 'undici') return { ...engine, endpoint, proxy: undefined };
  const { streaming: _streaming, ...http2 } = engine.http2;
  return { kind: engine.kind, endpoint, http2 };
}
