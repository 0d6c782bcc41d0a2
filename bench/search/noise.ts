import { randomSource } from '../../src/statistics/random-source.ts';

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

/** Draws noise; the same for the same seed. */
export class NoiseSource {
  readonly #noise: Noise;
  readonly #random: () => number;

  constructor(noise: Noise, seed: number) {
    this.#noise = noise;
    this.#random = randomSource(seed * 65_537 + 5);
  }

  /** A server that was started: answers what a look at it sees of the true values. */
  start(): (truth: Values) => Values {
    const { throughput, latency } = this.#noise;
    const drawn = (share: number): number => (share > 0 ? share * this.#normal() : 0);
    const [ofThroughput, ofLatency] = [drawn(throughput.start), drawn(latency.start)];
    return (truth) =>
      Object.fromEntries(
        Object.entries(truth).map(([tag, value]) => {
          if (tag === 'perf_throughput') {
            return [tag, value * Math.exp(ofThroughput + throughput.look * this.#normal())];
          }
          if (!/latency/.test(tag)) return [tag, value];
          const isHeavy = this.#noise.heavyTails && tag === 'perf_latency_p99';
          const look = latency.look * (isHeavy ? this.#heavy() : this.#normal());
          return [tag, value * Math.exp(ofLatency + look)];
        }),
      );
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  /** Student's t with few degrees of freedom, scaled to a variance of 1. */
  #heavy(): number {
    let chi = 0;
    for (let index = 0; index < DEGREES; index++) chi += this.#normal() ** 2;
    return this.#normal() / Math.sqrt(chi / DEGREES) / Math.sqrt(DEGREES / (DEGREES - 2));
  }
}
