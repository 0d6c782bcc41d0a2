import { randomSource } from '../../src/statistics/random-source.ts';
import type { Row } from './grid.ts';

/**
 * A random model on a random machine, measured everywhere: a discrete event simulation of clients in a closed loop, a
 * front end, a dynamic batcher and instances that share a GPU. What makes such landscapes hard is in it: throughput
 * that declines when too many requests are in flight, instances that stop paying off or cost, batches that do, and
 * configurations that do not fit into memory.
 */
interface Machine {
  /** Execution of a batch: fixed part, part for each item, ms; exponent of the size. */
  readonly fixedMs: number;
  readonly itemMs: number;
  readonly exponent: number;
  /** Instances that the GPU runs at full speed at once, and what each further one costs the others. */
  readonly parallel: number;
  readonly contention: number;
  /** The front end takes requests one after the other, the slower the more there are. */
  readonly frontMs: number;
  readonly crowding: number;
  readonly networkMs: number;
  /** Standard deviation of the logarithm of an execution; share of executions that stall, and by what factor. */
  readonly jitter: number;
  readonly stalls: number;
  readonly stallFactor: number;
  /** Memory of an instance and of each item of its largest batch, as a share of what there is. */
  readonly instanceMemory: number;
  readonly itemMemory: number;
}

const INSTANCES = [1, 2, 3, 4, 5];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128];
export const LEVELS = Array.from({ length: 11 }, (_, index) => 2 ** index);

function randomMachine(random: () => number): Machine {
  const between = (low: number, high: number): number => low + random() * (high - low);
  const around = (low: number, high: number): number => Math.exp(between(Math.log(low), Math.log(high)));
  const fixedMs = around(0.5, 30);
  return {
    fixedMs,
    itemMs: fixedMs * around(0.02, 1.5),
    exponent: between(0.85, 1.1),
    parallel: between(1, 4.5),
    contention: random() < 0.5 ? 0 : between(0, 0.2),
    frontMs: fixedMs * around(0.003, 0.15),
    crowding: random() < 0.4 ? 0 : around(0.1, 3),
    networkMs: around(0.05, 1),
    jitter: around(0.02, 0.2),
    stalls: random() < 0.5 ? 0 : between(0.02, 0.06),
    stallFactor: between(1.5, 5),
    instanceMemory: between(0.05, 0.3),
    itemMemory: around(0.0003, 0.004),
  };
}

interface Settings {
  readonly instances: number;
  readonly batch: number;
  readonly batching: boolean;
  readonly delayMs: number;
}

/**
 * Every row of a random landscape; configurations that do not fit into memory have none.
 * @param batching whether requests are batched; without, the batch size is a setting that does nothing but take memory,
 * as in most model repositories that were never tuned.
 */
export function randomLandscape(seed: number, { batching: isBatched = true } = {}): Row[] {
  const random = randomSource(seed * 7919 + 17);
  const machine = randomMachine(random);
  const model = `model_${seed}`;
  const defaultBatch = [1, 4, 8, 16][Math.floor(random() * 4)]!;
  const base: Settings = { instances: 1, batch: defaultBatch, batching: false, delayMs: 0 };
  const grid = INSTANCES.flatMap((instances) =>
    BATCHES.map((batch): Settings => ({ instances, batch, batching: isBatched, delayMs: 0 })),
  );
  return [base, ...grid].flatMap((settings, index) => {
    const { instances, batch, batching } = settings;
    const memory = instances * (machine.instanceMemory + machine.itemMemory * batch);
    const fits = memory <= 1 || index === 0;
    return LEVELS.map((concurrency): Row => {
      const row = {
        model,
        variant: index === 0 ? `${model}_config_default` : `${model}_config_${index - 1}`,
        settings: {
          instance_group: index === 0 ? 'default' : `${instances}:GPU`,
          max_batch_size: String(batch),
          dynamic_batching: batching ? '0' : 'disabled',
        },
        batchSize: 1,
        level: concurrency,
        isRate: false,
      };
      // Nothing was measured where it does not fit.
      if (!fits) return { ...row, values: {} };
      const { throughput, latencies, statistics } = simulate(machine, settings, concurrency, seed);
      const percentile = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1]!;
      return {
        ...row,
        values: {
          perf_throughput: throughput,
          perf_latency_avg: latencies.reduce((sum, value) => sum + value, 0) / latencies.length,
          perf_latency_p50: percentile(0.5),
          perf_latency_p90: percentile(0.9),
          perf_latency_p95: percentile(0.95),
          perf_latency_p99: percentile(0.99),
          ...statistics,
          gpu_used_memory: memory * 16_000,
        },
      };
    });
  });
}

/** Requests that are counted, and that come before. */
const COUNTED = 4000;

/** A batch that an instance works on. */
interface Execution {
  readonly done: number;
  /** When it was begun, and when each of its requests was sent. */
  readonly at: number;
  readonly sent: readonly number[];
  /** How long its requests waited in the queue, together. */
  readonly queued: number;
}

/** Of the time of an execution, what goes to reading inputs and writing outputs. */
const INPUT = 0.05;
const OUTPUT = 0.03;

/** Throughput, infer/s, sorted latencies, ms, and what the server tells of it, with so many requests in flight. */
function simulate(machine: Machine, settings: Settings, concurrency: number, seed: number) {
  const random = randomSource(seed * 104_729 + settings.instances * 31 + settings.batch * 7 + concurrency);
  const { fixedMs, itemMs, exponent, parallel, contention, networkMs } = machine;
  const frontMs = machine.frontMs * (1 + (machine.crowding * concurrency) / 256);
  const warmUp = 2 * concurrency + 200;
  const wanted = warmUp + COUNTED;
  const most = settings.batching ? settings.batch : 1;
  // Requests at the front end are served in order, so that those due there need no queue of events.
  let frontFree = 0;
  const waiting: { sent: number; at: number }[] = [];
  let head = 0;
  const running: Execution[] = [];
  const send = (at: number): void => {
    frontFree = Math.max(frontFree, at + networkMs / 2) + frontMs;
    waiting.push({ sent: at, at: frontFree });
  };
  for (let client = 0; client < concurrency; client++) send((client * fixedMs) / concurrency);
  const latencies: number[] = [];
  let completed = 0;
  let begun = 0;
  let now = 0;
  const counted = { inferences: 0, executions: 0, queued: 0, computed: 0 };
  while (completed < wanted) {
    const first = waiting[head];
    const next = running[0];
    if (first && running.length < settings.instances && (!next || first.at <= next.done)) {
      now = Math.max(now, first.at);
      const sent: number[] = [];
      let queued = 0;
      while (sent.length < most && waiting[head] && waiting[head]!.at <= now) {
        queued += now - waiting[head]!.at;
        sent.push(waiting[head++]!.sent);
      }
      const active = running.length + 1;
      const shared = Math.max(1, active / parallel) * (1 + contention * (active - 1));
      const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const stall = random() < machine.stalls ? machine.stallFactor : 1;
      const took =
        (fixedMs + itemMs * sent.length ** exponent) * shared * Math.exp(machine.jitter * gauss) * stall;
      insert(running, { done: now + took, at: now, sent, queued });
      continue;
    }
    if (!next) {
      now = Math.max(now, first?.at ?? now);
      continue;
    }
    running.shift();
    now = Math.max(now, next.done);
    if (completed >= warmUp) {
      counted.executions++;
      counted.inferences += next.sent.length;
      counted.queued += next.queued;
      counted.computed += (next.done - next.at) * next.sent.length;
    }
    for (const sent of next.sent) {
      completed++;
      if (completed === warmUp) begun = now;
      if (completed > warmUp) latencies.push(now + networkMs / 2 - sent);
      send(now + networkMs / 2);
    }
  }
  return {
    throughput: (latencies.length * 1000) / (now - begun),
    latencies: latencies.sort((a, b) => a - b),
    statistics: statisticsOf(counted),
  };
}

/** What Triton tells of executions, by metric tag: times are means over inferences. */
function statisticsOf(counted: {
  readonly inferences: number;
  readonly executions: number;
  readonly queued: number;
  readonly computed: number;
}) {
  const { inferences, executions } = counted;
  const [queue, compute] = [counted.queued / inferences, counted.computed / inferences];
  return {
    perf_server_request: queue + compute,
    perf_server_queue: queue,
    perf_server_compute_input: INPUT * compute,
    perf_server_compute_infer: (1 - INPUT - OUTPUT) * compute,
    perf_server_compute_output: OUTPUT * compute,
    perf_inference_count: inferences,
    perf_execution_count: executions,
    perf_executed_batch: inferences / executions,
  };
}

function insert<T extends { done: number }>(list: T[], item: T): void {
  let at = list.length;
  while (at > 0 && list[at - 1]!.done > item.done) at--;
  list.splice(at, 0, item);
}
