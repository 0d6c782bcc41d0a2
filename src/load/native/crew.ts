import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { codeOf, messageOf } from '../../ground/errors.ts';
import { LoadFailure } from '../load-generator.ts';
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

/** A thread that does not answer within this time hangs, which is a bug of ours. */
const ANSWER_MS = 30_000;
/** Threads that are to stop wait so long for the answers still due, and a little more. */
const STOP_MS = 5000;

/** Starts the threads, and the load with them. @throws LoadFailure when this machine can't run so many. */
export async function startCrew(input: CrewInput, threads: number): Promise<Crew> {
  const originNs = process.hrtime.bigint();
  const members: Member[] = [];
  try {
    for (let index = 0; index < threads; index++) {
      const shape = shareOf(input.shape, index, threads);
      members.push(startMember({ ...input, shape, index, of: threads, originNs }));
    }
    await Promise.all(members.map(({ worker }) => once(worker, 'message')));
  } catch (error) {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
    throw new LoadFailure(`${threads} threads can't be started (max-threads): ${messageOf(error)}`);
  }
  const total = (at: number): number =>
    members.reduce((sum, { counts }) => sum + Atomics.load(counts, at), 0);
  const kill = async (): Promise<void> => {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  };
  return {
    completed() {
      for (const { crashed } of members) if (crashed) throw crashed;
      return total(COMPLETED);
    },
    failed: () => total(FAILED),
    exhausted: () => total(EXHAUSTED) === threads,
    cut: () =>
      Promise.all(members.map(async (member) => (await ask(member, 'cut', ANSWER_MS)) as CutMessage)),
    kill,
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => ask(member, 'stop', STOP_MS).catch(() => {})));
      await kill();
    },
  };
}

/** A thread as the main thread sees it. */
interface Member {
  readonly worker: Worker;
  readonly counts: Int32Array;
  /** What it died of. */
  crashed: unknown;
  ended: boolean;
}

function startMember(input: Omit<WorkerInput, 'counters'>): Member {
  const counters = new SharedArrayBuffer(4 * COUNTERS);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workerData: WorkerInput = { ...input, counters };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  const member: Member = { worker, counts: new Int32Array(counters), crashed: undefined, ended: false };
  worker.on('error', (error) => {
    member.crashed ??=
      codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY'
        ? new LoadFailure(`the answers do not fit into the load generator's memory: ${messageOf(error)}`)
        : error;
  });
  worker.once('exit', () => {
    member.ended = true;
  });
  return member;
}

/** One thread's part of the load. */
function shareOf(shape: LoadShape, index: number, threads: number): LoadShape {
  const share = (total: number): number => Math.floor((total + threads - 1 - index) / threads);
  return shape.kind === 'closed'
    ? { kind: 'closed', slots: share(shape.slots) }
    : { ...shape, most: Math.max(1, share(shape.most)) };
}

/** What a thread answers. @throws when it has ended, or does not answer in time. */
function ask(member: Member, message: 'cut' | 'stop', withinMs: number): Promise<WorkerMessage> {
  const { worker } = member;
  return new Promise((resolve, reject) => {
    const gone = (): Error => new Error('a thread of the load generator ended');
    if (member.ended) {
      reject(member.crashed ?? gone());
      return;
    }
    const settle = (): void => {
      clearTimeout(timer);
      worker.off('exit', onExit);
      worker.off('message', onMessage);
    };
    const onExit = (): void => {
      settle();
      reject(member.crashed ?? gone());
    };
    const onMessage = (answer: WorkerMessage): void => {
      settle();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error(`a thread of the load generator did not answer for ${withinMs / 1000} s`));
    }, withinMs);
    worker.once('exit', onExit);
    worker.once('message', onMessage);
    worker.postMessage(message);
  });
}
