import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { NO_FLAGS } from '../../src/config/read-load-flags.ts';
import { nativeGenerator } from '../../src/load/native/native.ts';
import { randomSource } from '../../src/statistics/random.ts';

const RUNS = Number(process.env['RUNS'] ?? 200);
const LONG_MS = 60_000;

const model = {
  name: 'm',
  platform: '',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [],
};

/** How often the 95 % interval of a short run holds the throughput of a long one. */
export async function coverage(say: (text: string) => void) {
  const worker = new Worker(new URL(import.meta.url), { workerData: 'server' });
  const [port] = (await once(worker, 'message')) as [number];
  const measure = async (
    limitMs: number,
    precision: number,
  ): Promise<{ rate: number; low: number; high: number }> => {
    const { values, intervals } = await nativeGenerator.run({
      http: { host: '127.0.0.1', port },
      model,
      config: { max_batch_size: 8 },
      point: { batchSize: 1, concurrency: 4 },
      settings: { ...NO_FLAGS.load, stopRule: { kind: 'precision', precision, limitMs } },
      scrape: async () => 0,
      signal: new AbortController().signal,
    });
    const [low, high] = intervals['perf_throughput']!;
    return { rate: values['perf_throughput']!, low: low ?? 0, high: high ?? Number.POSITIVE_INFINITY };
  };
  const before = await measure(LONG_MS, 1e-9);
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure(2500, 0.03));
  const after = await measure(LONG_MS, 1e-9);
  await worker.terminate();
  const truth = (before.rate + after.rate) / 2;
  const held = runs.filter(({ low, high }) => low <= truth && truth <= high).length;
  const result = { runs: RUNS, held, share: held / RUNS, truth, longRuns: [before.rate, after.rate] };
  say(
    `${held} of ${RUNS} intervals hold the long-run throughput, ${truth.toFixed(1)}/s (${((held / RUNS) * 100).toFixed(1)} %; bar: 90); the two long runs: ${before.rate.toFixed(1)} and ${after.rate.toFixed(1)}/s`,
  );
  return result;
}

/** Service times of 2 to 10 ms, by timers: what the machine does besides hardly matters. */
async function serve(): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  const random = randomSource(1);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      setTimeout(
        () => {
          response.setHeader('Content-Length', 2);
          response.end('{}');
        },
        2 + 8 * random(),
      ),
    );
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}

if ((await import('node:worker_threads')).workerData === 'server') await serve();
