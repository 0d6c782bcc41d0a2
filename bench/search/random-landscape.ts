import { randomSource, standardNormal } from '../../src/statistics/random-source.ts';
import type { Row } from './grid.ts';

/**
 * A random model on a random machine, measured everywhere: a discrete event simulation of clients in a closed loop, a
 * front end, a dynamic batcher and instances that share a GPU. What makes such landscapes hard is in it: throughput
 * that declines when too many requests are in flight, or still grows at the last load; instances that stop paying off or cost,
 * batches that do, or cost nothing; p99 that falls before it rises, because a device that was idle now and then is slow, or
 * because executions of a size that is new are; a host that stalls; and configurations that do not fit into memory. How often
 * each is there, and how much of it, follows the recordings in test/fixtures/landscapes as far as they show it.
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
  /** An execution on a device that was idle takes so much longer, in so many cases. */
  readonly idleFactor: number;
  readonly idleShare: number;
  /** The first executions of a size take so many times as long. */
  readonly newSizeFactor: number;
  /** The host stops for so long, every so often; 0: never. */
  readonly pauseMs: number;
  readonly pauseEveryMs: number;
}

/** What of a landscape is not its machine's. */
interface Axes {
  readonly batches: readonly number[];
  readonly delaysUs: readonly number[];
  readonly levels: readonly number[];
}

const INSTANCES = [1, 2, 3, 4, 5];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128];
/** Where the queue delay is a setting, too: of two delays, and as many configurations in all. */
const FEWER_BATCHES = [1, 4, 16, 64];
const DELAYS_US = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];
const LEVELS = Array.from({ length: 11 }, (_, index) => 2 ** index);

interface Dice {
  /** Whether what is so in this share of all cases is. */
  is(share: number): boolean;
  between(low: number, high: number): number;
  /** The same for orders of magnitude. */
  around(low: number, high: number): number;
}

const diceOf = (random: () => number): Dice => {
  const between = (low: number, high: number): number => low + random() * (high - low);
  return {
    is: (share) => random() < share,
    between,
    around: (low, high) => Math.exp(between(Math.log(low), Math.log(high))),
  };
};

function randomMachine(random: () => number, further: Dice): Machine {
  const { is, between, around } = diceOf(random);
  const fixedMs = around(0.5, 30);
  const usual = {
    fixedMs,
    itemMs: fixedMs * around(0.02, 1.5),
    exponent: between(0.85, 1.1),
    parallel: between(1, 4.5),
    contention: is(0.5) ? 0 : between(0, 0.2),
    frontMs: fixedMs * around(0.003, 0.15),
    crowding: is(0.4) ? 0 : around(0.1, 3),
    networkMs: around(0.05, 1),
    jitter: around(0.02, 0.2),
    stalls: is(0.5) ? 0 : between(0.02, 0.06),
    stallFactor: between(1.5, 5),
    instanceMemory: between(0.05, 0.3),
    itemMemory: around(0.0003, 0.004),
  };
  const pauseMs = further.is(0.2) ? fixedMs * further.around(3, 15) : 0;
  return {
    ...usual,
    // A model whose weights take longer to read than its batch to compute.
    ...(further.is(0.2) && { itemMs: fixedMs * further.around(0.001, 0.02) }),
    ...(further.is(0.15) && { contention: further.between(0.2, 0.5) }),
    idleFactor: further.between(1.5, 4),
    idleShare: further.is(0.2) ? further.between(0.015, 0.06) : 0,
    newSizeFactor: further.is(0.3) ? further.between(3, 8) : 1,
    pauseMs,
    pauseEveryMs: pauseMs * further.around(15, 60),
  };
}

function randomAxes({ fixedMs }: Machine, further: Dice): Axes {
  const isShort = further.is(0.3);
  const count = isShort ? Math.floor(further.between(6, 9)) : LEVELS.length;
  const hasDelays = further.is(0.35);
  const delay = 1000 * fixedMs * further.around(0.03, 1);
  const delaysUs = [0, DELAYS_US.find((item) => item >= delay) ?? DELAYS_US.at(-1)!];
  return {
    batches: hasDelays ? FEWER_BATCHES : BATCHES,
    delaysUs: hasDelays ? delaysUs : [0],
    levels: LEVELS.slice(0, count),
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
  const further = diceOf(randomSource(seed * 6151 + 244));
  const machine = randomMachine(random, further);
  const axes = randomAxes(machine, further);
  const model = `model_${seed}`;
  const defaultBatch = [1, 4, 8, 16][Math.floor(random() * 4)]!;
  const base: Settings = { instances: 1, batch: defaultBatch, batching: false, delayMs: 0 };
  const batches = isBatched ? axes.batches : BATCHES;
  const delays = isBatched ? axes.delaysUs : [0];
  const grid = INSTANCES.flatMap((instances) =>
    batches.flatMap((batch) =>
      delays.map((us): Settings => ({ instances, batch, batching: isBatched, delayMs: us / 1000 })),
    ),
  );
  return [base, ...grid].flatMap((settings, index) => {
    const { instances, batch, batching, delayMs } = settings;
    const memory = instances * (machine.instanceMemory + machine.itemMemory * batch);
    const fits = memory <= 1 || index === 0;
    return axes.levels.map((concurrency): Row => {
      const row = {
        model,
        variant: index === 0 ? `${model}_config_default` : `${model}_config_${index - 1}`,
        settings: {
          instance_group: index === 0 ? 'default' : `${instances}:GPU`,
          max_batch_size: String(batch),
          dynamic_batching: batching ? String(1000 * delayMs) : 'disabled',
        },
        batchSize: 1,
        level: concurrency,
        isRate: false,
      };
      // Nothing was measured where it does not fit.
      if (!fits) return { ...row, values: {} };
      return {
        ...row,
        values: { ...measured(machine, settings, concurrency, seed), gpu_used_memory: memory * 16_000 },
      };
    });
  });
}

function measured(machine: Machine, settings: Settings, concurrency: number, seed: number): Row['values'] {
  const { throughput, latencies, statistics } = simulate(machine, settings, concurrency, seed);
  const percentile = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1]!;
  return {
    perf_throughput: throughput,
    perf_latency_avg: latencies.reduce((sum, value) => sum + value, 0) / latencies.length,
    perf_latency_p50: percentile(0.5),
    perf_latency_p90: percentile(0.9),
    perf_latency_p95: percentile(0.95),
    perf_latency_p99: percentile(0.99),
    ...statistics,
  };
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

/** At most this share of executions is slow for being of a new size: the others were met during the warm-up. */
const NEW_AT_MOST = 0.08;

/** How long executions take on a machine, one after the other. */
class Executions {
  readonly #machine: Machine;
  readonly #instances: number;
  readonly #random: () => number;
  /** How often each size was executed. */
  readonly #sizes: number[] = [];
  #begun = 0;
  #slow = 0;
  /** When the host stops next. */
  #pauseAt: number;

  constructor(machine: Machine, instances: number, random: () => number) {
    this.#machine = machine;
    this.#instances = instances;
    this.#random = random;
    this.#pauseAt = machine.pauseMs > 0 ? machine.pauseEveryMs * random() : Number.POSITIVE_INFINITY;
  }

  /** One that begins now, with so many others. */
  took(now: number, size: number, others: number): number {
    const { fixedMs, itemMs, exponent, parallel, contention, jitter, stalls, stallFactor } = this.#machine;
    const active = others + 1;
    const shared = Math.max(1, active / parallel) * (1 + contention * (active - 1));
    const gauss = standardNormal(this.#random);
    const stall = this.#random() < stalls ? stallFactor : 1;
    const usual = (fixedMs + itemMs * size ** exponent) * shared * Math.exp(jitter * gauss) * stall;
    return this.#withPauses(now, usual * this.#afterIdle(others) * this.#whenNew(size));
  }

  #afterIdle(others: number): number {
    const { idleShare, idleFactor } = this.#machine;
    return idleShare > 0 && others === 0 && this.#random() < idleShare ? idleFactor : 1;
  }

  #whenNew(size: number): number {
    this.#begun++;
    const times = this.#sizes[size] ?? 0;
    this.#sizes[size] = times + 1;
    if (times >= this.#instances || this.#slow >= NEW_AT_MOST * this.#begun) return 1;
    this.#slow++;
    return this.#machine.newSizeFactor;
  }

  /** Executions begin in the order of time, so that a pause before this one is over for all that follow. */
  #withPauses(now: number, tookMs: number): number {
    const { pauseMs, pauseEveryMs } = this.#machine;
    if (pauseMs === 0) return tookMs;
    while (this.#pauseAt + pauseMs < now) this.#pauseAt += pauseEveryMs * 2 * this.#random() + pauseMs;
    if (this.#pauseAt > now + tookMs) return tookMs;
    return tookMs + this.#pauseAt + pauseMs - Math.max(now, this.#pauseAt);
  }
}

/** Throughput, infer/s, sorted latencies, ms, and what the server tells of it, with so many requests in flight. */
function simulate(machine: Machine, settings: Settings, concurrency: number, seed: number) {
  const { instances, batch, batching, delayMs } = settings;
  const random = randomSource(
    seed * 104_729 + instances * 31 + batch * 7 + concurrency + Math.round(1000 * delayMs) * 13,
  );
  const { fixedMs, networkMs } = machine;
  const executions = new Executions(machine, instances, random);
  const frontMs = machine.frontMs * (1 + (machine.crowding * concurrency) / 256);
  const warmUp = 2 * concurrency + 200;
  const wanted = warmUp + COUNTED;
  const most = batching ? batch : 1;
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
    // A batch waits until it is full or its first request has waited for the queue delay.
    const full = waiting[head + most - 1]?.at ?? Number.POSITIVE_INFINITY;
    const due = first && Math.min(full, first.at + delayMs);
    if (due !== undefined && running.length < instances && (!next || due <= next.done)) {
      now = Math.max(now, due);
      const sent: number[] = [];
      let queued = 0;
      while (sent.length < most && waiting[head] && waiting[head]!.at <= now) {
        queued += now - waiting[head]!.at;
        sent.push(waiting[head++]!.sent);
      }
      const took = executions.took(now, sent.length, running.length);
      insert(running, { done: now + took, at: now, sent, queued });
      continue;
    }
    if (!next) throw new Error('nothing is in flight in a closed loop');
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
