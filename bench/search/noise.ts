import type { Figures } from '../../src/search/search.ts';
import { randomSource, standardNormal } from '../../src/statistics/random-source.ts';

type Values = Readonly<Record<string, number>>;

/** How far a metric scatters, as the standard deviation of its logarithm. */
interface Scatter {
  /** From one start of a server to the next: all looks at one server share it. */
  readonly start: number;
  /** From one look to the next. */
  readonly look: number;
}

/** How repeated measurements of a point scatter. */
export interface Noise {
  readonly throughput: Scatter;
  readonly latency: Scatter;
  /** p99 now and then is far off, as on a host with stalls: its looks follow Student's t, all else the normal distribution. */
  readonly heavyTails: boolean;
}

/** Throughput and latency together, half of the variance each between starts and within one. */
const together = (throughput: number, latency: number): Noise => {
  const halves = (all: number): Scatter => ({ start: all * Math.SQRT1_2, look: all * Math.SQRT1_2 });
  return { throughput: halves(throughput), latency: halves(latency), heavyTails: true };
};

/** Grounds by name: a quiet machine, a usual one, and one GPU of a host that others use, too. */
const GROUNDS: Readonly<Record<string, Noise>> = {
  quiet: together(0.02, 0.08),
  usual: together(0.05, 0.15),
  rough: together(0.12, 0.31),
};

/** The looks alone scatter, by so much. */
export const byLook = (throughput: number, latency: number): Noise => ({
  throughput: { start: 0, look: throughput },
  latency: { start: 0, look: latency },
  heavyTails: false,
});

/** A ground by name, or two shares by which looks scatter: `0.02,0.08`; undefined for anything else. */
export function noiseOf(text: string): Noise | undefined {
  if (Object.hasOwn(GROUNDS, text)) return GROUNDS[text];
  const [, throughput, latency] = /^([\d.]+),([\d.]+)$/.exec(text)?.map(Number) ?? [];
  return throughput! >= 0 && latency! >= 0 ? byLook(throughput!, latency!) : undefined;
}

/** Degrees of freedom of the tails: few, so that some looks are far off, and enough for a variance. */
const DEGREES = 4;

/** A measurement estimates its own scatter, as if from so many parts more than one. */
const PARTS = 8;

/** Numbers that a server counts scatter by this share of what throughput does, so does the batch that it executes. */
const OF_COUNTS = 0.2;

/** How far the times of executions follow the throughput that was seen in the same look: in recordings -0.86 and -0.97. */
const TOGETHER = 0.9;

/** What one start of a server has to itself. */
interface Start {
  readonly throughput: number;
  readonly latency: number;
}

/** Draws noise; the same for the same seed. */
export class NoiseSource {
  readonly #noise: Noise;
  readonly #random: () => number;
  /** What the statistics and the estimates need has a source of its own: what load sees stays the same without them. */
  readonly #further: () => number;

  constructor(noise: Noise, seed: number) {
    this.#noise = noise;
    this.#random = randomSource(seed * 65_537 + 5);
    this.#further = randomSource(seed * 48_611 + 29);
  }

  /** A server that was started: answers what a look at it sees of the true values, and how sure of it the look is. */
  start(_variant?: string): (truth: Values) => Figures {
    const { throughput, latency } = this.#noise;
    const drawn = (share: number): number => (share > 0 ? share * standardNormal(this.#random) : 0);
    const start = { throughput: drawn(throughput.start), latency: drawn(latency.start) };
    return (truth) => this.#look(start, truth);
  }

  #look(start: Start, truth: Values): Figures {
    const { throughput, latency, heavyTails } = this.#noise;
    const values: Record<string, number> = { ...truth };
    const deviations: Record<string, number> = {};
    const set = (tag: string, sureBy: number, off: number): void => {
      values[tag] = truth[tag]! * Math.exp(off);
      deviations[tag] = sureBy * this.#misjudged();
    };
    let ofThroughput = 0;
    const tags = Object.keys(truth);
    for (const tag of tags) {
      if (tag === 'perf_throughput') {
        ofThroughput = standardNormal(this.#random);
        set(tag, throughput.look, start.throughput + throughput.look * ofThroughput);
      } else if (/latency/.test(tag)) {
        const isHeavy = heavyTails && tag === 'perf_latency_p99';
        const look = isHeavy ? heavy(this.#random) : standardNormal(this.#random);
        set(tag, latency.look, start.latency + latency.look * look);
      }
    }
    const counts = OF_COUNTS * throughput.look;
    const [ofCount, ofBatch] = [
      counts * standardNormal(this.#further),
      counts * standardNormal(this.#further),
    ];
    for (const tag of tags) {
      if (tag === 'perf_server_queue' || tag === 'perf_server_request') {
        set(tag, latency.look, start.latency + latency.look * standardNormal(this.#further));
      } else if (/^perf_server_compute/.test(tag)) {
        const own = Math.sqrt(1 - TOGETHER ** 2) * standardNormal(this.#further);
        set(tag, throughput.look, -start.throughput + throughput.look * (own - TOGETHER * ofThroughput));
      } else if (tag === 'perf_inference_count') set(tag, counts, ofCount);
    }
    const batch = truth['perf_executed_batch'];
    if (batch !== undefined) {
      // A server that never batches does so at every look.
      const seen = 1 + (batch - 1) * Math.exp(ofBatch);
      set('perf_executed_batch', counts * (1 - 1 / batch), Math.log(seen / batch));
      if (truth['perf_execution_count'] !== undefined) {
        set('perf_execution_count', counts, ofCount - Math.log(seen / batch));
      }
    }
    return { values, deviations };
  }

  /** By what factor a measurement is wrong about its own scatter. */
  #misjudged(): number {
    return Math.sqrt(chiSquare(this.#further, PARTS) / PARTS);
  }
}

function chiSquare(random: () => number, degrees: number): number {
  let sum = 0;
  for (let index = 0; index < degrees; index++) sum += standardNormal(random) ** 2;
  return sum;
}

/** Student's t with few degrees of freedom, scaled to a variance of 1. */
function heavy(random: () => number): number {
  const chi = chiSquare(random, DEGREES);
  return standardNormal(random) / Math.sqrt(chi / DEGREES) / Math.sqrt(DEGREES / (DEGREES - 2));
}
