import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { NO_FLAGS } from '../../src/config/read-load-flags.ts';
import { nativeGenerator } from '../../src/load/native/native.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

const RUNS = Number(process.env['RUNS'] ?? 200);
/** Answers a second of the server below, by how it is made. */
const RATE = 600;

const model = {
  name: 'm',
  platform: '',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [],
};

/** How often the 95 % interval of a short run holds the throughput that the server is known to have. */
export async function coverage(say: (text: string) => void) {
  const worker = new Worker(new URL(import.meta.url), { workerData: 'server' });
  const [port] = (await once(worker, 'message')) as [number];
  const runs: { low: number; high: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { intervals } = await nativeGenerator.run({
      http: { host: '127.0.0.1', port },
      models: [{ metadata: model, config: { max_batch_size: 8 } }],
      point: inFlight('m', 8),
      settings: NO_FLAGS.load,
      scrape: async () => 0,
      signal: new AbortController().signal,
    });
    const [low, high] = intervals['perf_throughput']!;
    runs.push({ low: low ?? 0, high: high ?? Number.POSITIVE_INFINITY });
  }
  await worker.terminate();
  const held = runs.filter(({ low, high }) => low <= RATE && RATE <= high).length;
  const width = runs.reduce((sum, { low, high }) => sum + (high - low) / (high + low), 0) / RUNS;
  const result = { runs: RUNS, held, share: held / RUNS, truth: RATE, meanHalfWidth: width };
  say(
    `${held} of ${RUNS} intervals hold the throughput, ${RATE}/s (${((held / RUNS) * 100).toFixed(1)} %; bar: 90); they are ± ${(width * 100).toFixed(1)} % wide on average`,
  );
  return result;
}

/**
 * Answers whoever waits at the times of a Poisson process. A time that finds nobody waiting is made good as soon as
 * somebody comes, so the rate is the process's own, whatever else the machine does.
 */
async function serve(): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  const random = randomSource(1);
  const waiting: (() => void)[] = [];
  let due = performance.now();
  const answer = (): void => {
    const now = performance.now();
    // Nobody asked for a while: the process begins anew, as an unused server owes nothing.
    if (waiting.length > 0 && now - due > 1000) due = now;
    while (waiting.length > 0 && due <= now) {
      waiting.shift()!();
      due += (-Math.log(1 - random()) * 1000) / RATE;
    }
    setTimeout(answer, 1);
  };
  answer();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      waiting.push(() => {
        response.setHeader('Content-Length', 2);
        response.end('{}');
      }),
    );
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}

if ((await import('node:worker_threads')).workerData === 'server') await serve();
