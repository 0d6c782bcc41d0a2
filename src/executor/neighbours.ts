import { cpus } from 'node:os';

/** What a measurement had beside it. */
export interface Company {
  /** Another lane measured meanwhile. */
  readonly shared: boolean;
  /** Share of all the machine's cores that was busy, 0 to 1. */
  readonly busy: number;
}

/** Above this share of busy cores, lanes wait for each other; not tuned. */
const CROWDED = 0.9;
/**
 * Where more than this share of the points that were measured without a neighbour is not precise, one that is not precise
 * beside a neighbour does not speak for having been disturbed; not tuned.
 */
const USUAL = 0.25;

/**
 * Lets the lanes of a run measure together, and one alone when it has to: `alone` waits until nobody measures, and
 * holds back the others until it is done.
 */
export class Neighbours {
  #together = 0;
  /** Lanes that measure alone or wait to. */
  #alone = 0;
  #joined = 0;
  /** Points that were measured without a neighbour, and those of them that were not precise. */
  #without = 0;
  #imprecise = 0;
  #wake: (() => void)[] = [];
  readonly #read: () => CpuTimes;

  /** @param read the times of all the machine's cores. */
  constructor(read: () => CpuTimes = cpuTimes) {
    this.#read = read;
  }

  /** Measures beside others. */
  async together<T>(run: () => Promise<T>): Promise<{ result: T; company: Company }> {
    // Checked and taken in one step: nobody else gets in between.
    while (this.#alone > 0) await this.#change();
    const others = this.#together > 0;
    this.#together++;
    const joined = ++this.#joined;
    const before = this.#read();
    try {
      const result = await run();
      return {
        result,
        company: { shared: others || this.#joined > joined, busy: busyShare(before, this.#read()) },
      };
    } finally {
      this.#together--;
      this.#changed();
    }
  }

  /** Measures while nobody else does. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    while (this.#alone > 0) await this.#change();
    this.#alone++;
    try {
      while (this.#together > 0) await this.#change();
      return await run();
    } finally {
      this.#alone--;
      this.#changed();
    }
  }

  /** Takes note of a point that was measured without a neighbour. */
  learn({ stable }: { readonly stable: boolean }): void {
    this.#without++;
    if (!stable) this.#imprecise++;
  }

  /** Whether a point that is not precise may have been disturbed: not where points are not precise without a neighbour either. */
  get precisionTells(): boolean {
    return this.#imprecise <= USUAL * this.#without;
  }

  #change = (): Promise<void> => new Promise((resolve) => this.#wake.push(resolve));

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** Why a measurement may have suffered from its neighbour. */
export interface Suffering {
  readonly by: 'cores' | 'client' | 'precision';
  readonly text: string;
}

/** What speaks for a measurement having suffered from its neighbour; undefined: nothing does. */
export function suffering(
  { shared, busy }: Company,
  { stable, clientBound }: { readonly stable: boolean; readonly clientBound: boolean },
): Suffering | undefined {
  if (!shared) return undefined;
  if (busy > CROWDED)
    return { by: 'cores', text: `${Math.round(busy * 100)} % of the machine's cores were busy` };
  if (clientBound) return { by: 'client', text: 'the client did not keep up' };
  return stable ? undefined : { by: 'precision', text: 'it was not precise' };
}

/** What cores did since the machine started. */
export interface CpuTimes {
  readonly busy: number;
  readonly all: number;
}

function cpuTimes(): CpuTimes {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

const busyShare = (before: CpuTimes, after: CpuTimes): number =>
  after.all > before.all ? (after.busy - before.busy) / (after.all - before.all) : 0;
