import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  COMPLETED,
  COUNTERS,
  type CutMessage,
  EXHAUSTED,
  FAILED,
  type LoadShape,
  type WorkerInput,
  type WorkerMessage,
} from './protocol.ts';

/** What every thread of a crew has in common. */
export type CrewInput = Omit<WorkerInput, 'index' | 'of' | 'originNs' | 'counters'>;

/** The threads that make a load together, seen from the main thread. */
export interface Crew extends AsyncDisposable {
  /** Requests answered well so far. @throws when a thread has crashed, which is a bug of ours. */
  completed(): number;
  /** Requests that failed so far. */
  failed(): number;
  /** Whether a trace is at its end. */
  exhausted(): boolean;
  /** What ended since the last cut, a message for each thread. */
  cut(): Promise<CutMessage[]>;
  /** Ends it without waiting for answers. */
  kill(): Promise<void>;
}

/** Starts the threads; the load begins at once. */
export async function startCrew(input: CrewInput, threads: number): Promise<Crew> {
  const originNs = process.hrtime.bigint();
  let crashed: unknown;
  const members = await Promise.all(
    Array.from({ length: threads }, async (_, index) => {
      const counters = new SharedArrayBuffer(4 * COUNTERS);
      const shape = shareOf(input.shape, index, threads);
      const workerData: WorkerInput = { ...input, shape, index, of: threads, originNs, counters };
      const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
      const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
      worker.on('error', (error) => {
        crashed ??= error;
      });
      await once(worker, 'online');
      return { worker, counts: new Int32Array(counters) };
    }),
  );
  const total = (at: number): number =>
    members.reduce((sum, { counts }) => sum + Atomics.load(counts, at), 0);
  let killed = false;
  const kill = async (): Promise<void> => {
    killed = true;
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  };
  return {
    completed() {
      if (crashed !== undefined) throw crashed;
      return total(COMPLETED);
    },
    failed: () => total(FAILED),
    exhausted: () => total(EXHAUSTED) === threads,
    cut: () =>
      Promise.all(
        members.map(async ({ worker }) => {
          const answer = answerOf(worker);
          worker.postMessage('cut');
          return (await answer) as CutMessage;
        }),
      ),
    kill,
    async [Symbol.asyncDispose]() {
      if (!killed) {
        await Promise.all(
          members.map(async ({ worker }) => {
            const stopped = answerOf(worker).catch(() => {});
            worker.postMessage('stop');
            await stopped;
          }),
        );
      }
      await kill();
    },
  };
}

/** One thread's part of the load. */
function shareOf(shape: LoadShape, index: number, threads: number): LoadShape {
  const share = (total: number): number => Math.floor((total + threads - 1 - index) / threads);
  return shape.kind === 'closed'
    ? { kind: 'closed', slots: share(shape.slots) }
    : { ...shape, most: Math.max(1, share(shape.most)) };
}

/** A thread's next message; a thread that has ended gives none. */
const answerOf = (worker: Worker): Promise<WorkerMessage> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a thread of the load generator ended'));
    worker.once('exit', ended);
    worker.once('message', (message: WorkerMessage) => {
      worker.off('exit', ended);
      resolve(message);
    });
  });
