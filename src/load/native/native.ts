import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { inputsOfMetadata, makePayloads } from '../inputs.ts';
import {
  LoadFailure,
  type LoadGenerator,
  type LoadJob,
  type LoadResult,
  type Window,
  type WindowSummary,
} from '../load-generator.ts';
import { judge, summarize } from '../stop-rule.ts';
import { COMPLETED, type CutMessage, FAILED, type WorkerInput } from './protocol.ts';
import { encodeGrpcRequest, encodeRequest } from './request.ts';

const POLL_MS = 10;
const WARMUP_MS = 400;
/** A window that lacks requests is held open this long at most. */
const WINDOW_LIMIT_MS = 15_000;
/** Without a single answer for so long, the point has failed. */
const SILENCE_LIMIT_MS = 120_000;
/** Above this share of failed requests the rest means nothing. */
const FAILURE_LIMIT = 0.01;
/** So many failures without any success end a point at once. */
const HOPELESS = 10;

/**
 * tma's own load generator: closed loop on a thread of its own, by HTTP/1.1 with binary tensors on raw sockets, or by
 * gRPC through an ordinary client.
 */
export const nativeGenerator: LoadGenerator = {
  name: 'native',
  async run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>> {
    await using load = await startWorker(job);
    const warmupStart = performance.now();
    await waitFor(load, job, { milliseconds: WARMUP_MS, requests: Math.max(10, 2 * job.point.concurrency) });
    let before = await job.scrape();
    await load.cut();
    const warmupS = (performance.now() - warmupStart) / 1000;

    const rule = job.settings.window;
    const windows: Window<Scrape>[] = [];
    const summaries: WindowSummary[] = [];
    for (;;) {
      await waitFor(load, job, {
        milliseconds: rule.intervalMs,
        requests: Math.max(rule.minRequests, 2 * job.point.concurrency),
      });
      const after = await job.scrape();
      const window: Window<Scrape> = { ...(await load.cut()), before, after };
      before = after;
      checkFailures(window);
      windows.push(window);
      const summary = summarize(window, job.point.batchSize, job.settings.percentile);
      summaries.push(summary);
      job.onWindow?.(summary);
      const { done, stable, counted } = judge(windows, summaries, rule);
      if (done) return { windows, stable, counted, warmupS };
    }
  },
};

/** A running worker, seen from the main thread. */
interface WorkerLoad extends AsyncDisposable {
  completed(): number;
  failed(): number;
  /** What ended since the last cut. */
  cut(): Promise<CutMessage>;
}

async function startWorker(job: LoadJob<unknown>): Promise<WorkerLoad> {
  const { model, point, settings, batching } = job;
  const protocol = settings.protocol ?? 'http';
  const endpoint = job[protocol];
  if (!endpoint) throw new LoadFailure(`the server is not known to speak ${protocol}`);
  const payloads = makePayloads(inputsOfMetadata(model, batching), settings, {
    size: point.batchSize,
    dimension: batching,
  });
  const requests = payloads.map((tensors) =>
    shared(
      protocol === 'grpc'
        ? encodeGrpcRequest(model.name, tensors)
        : encodeRequest(endpoint, model.name, tensors),
    ),
  );
  const counters = new SharedArrayBuffer(8);
  const counts = new Int32Array(counters);
  const workerData: WorkerInput = { endpoint, protocol, requests, concurrency: point.concurrency, counters };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  await once(worker, 'online');
  return {
    completed: () => Atomics.load(counts, COMPLETED),
    failed: () => Atomics.load(counts, FAILED),
    async cut() {
      const answer = once(worker, 'message');
      worker.postMessage('cut');
      return ((await answer) as [CutMessage])[0];
    },
    async [Symbol.asyncDispose]() {
      if (!job.signal.aborted) {
        const stopped = once(worker, 'message');
        worker.postMessage('stop');
        await stopped.catch(() => {});
      }
      await worker.terminate();
    },
  };
}

function shared(bytes: Buffer): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length));
  memory.set(bytes);
  return memory;
}

/** Waits until both the time and the requests are there; a lack of requests ends it at the window's limit. */
async function waitFor(
  load: WorkerLoad,
  { signal, settings }: LoadJob<unknown>,
  until: { milliseconds: number; requests: number },
): Promise<void> {
  const start = performance.now();
  const done = load.completed();
  const limit = Math.max(WINDOW_LIMIT_MS, 3 * settings.window.intervalMs);
  for (;;) {
    const elapsed = performance.now() - start;
    const completed = load.completed() - done;
    if (elapsed >= until.milliseconds && completed >= until.requests) return;
    if (elapsed >= limit && completed > 0) return;
    if (load.completed() === 0 && load.failed() >= HOPELESS) checkFailures(await load.cut());
    if (elapsed >= SILENCE_LIMIT_MS) {
      throw new LoadFailure(`no request was answered within ${SILENCE_LIMIT_MS / 1000} s`);
    }
    await sleep(Math.min(POLL_MS, Math.max(1, until.milliseconds - elapsed)), undefined, { signal });
  }
}

/** @throws LoadFailure when more requests failed than can be put down to chance. */
function checkFailures({ failures, samples }: Pick<Window<unknown>, 'failures' | 'samples'>): void {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const total = failed + samples.endMs.length;
  if (failed === 0 || failed / total <= FAILURE_LIMIT) return;
  const [message] = Object.entries(failures).sort(([, a], [, b]) => b - a)[0]!;
  throw new LoadFailure(`${failed} of ${total} requests failed: ${message}`);
}
