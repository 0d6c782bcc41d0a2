import { mean } from 'simple-statistics';
import { followsSpeed } from '../../ground/metric.ts';
import { MEASURING } from '../../record/fingerprints.ts';
import { isRate, isSamePoint } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import type { Environment, Run } from '../../record/run.ts';
import { NIGHTS_ON_CPU } from '../noise.ts';

/*
 * What two nights of one machine differ by, beyond what servers and moments do: it is in all figures of a night alike, and no
 * number of them averages it out. On CPUs that is much, as neighbours on the host of a virtual machine, heat and clocks change
 * how fast it is from minute to minute. The load generator is a witness of it: for the same request it has the same to do,
 * whatever the server does, so that more CPU time for it says that the machine was slower.
 */

/** Standard deviation between two nights where inference is on a GPU, or where it is not known on what. Not tuned. */
const NIGHTS = 0.01;
/** Where inference is on CPUs, after what the witness tells was taken out: by the runs that NIGHTS_ON_CPU is learned from. */
const SEEN = 0.012;
/**
 * How much of a change of the load generator's CPU time for a request is in the server's figures, too, and how sure that is
 * (standard deviation): in these runs 0.46, on another day 0.41 to 0.61.
 */
const FOLLOWED = 0.45;
const UNSURE = 0.1;
/** More than that is another load generator's doing than that of the machine, as a logarithm. */
const MOST_APART = 0.5;

/** A server that keeps less than this share of one core busy, in percent, waits for something else, whatever the CPUs do. */
const IDLE = 50;

/** A metric that follows the speed of the machine. */
const RATE = 'perf_throughput';
/** What the machine did is told from so many percent on. */
const WORTH_A_WORD = 1;

/** A load as each of two nights measured it. */
export interface NightsPair {
  /** Whether both are of one configuration: with another the load generator has not the same to do. */
  readonly isSameConfiguration: boolean;
  readonly base: { readonly measurement: Measurement };
  readonly new: { readonly measurement: Measurement };
}

/** What two nights of one machine did to figures. */
export class Nights {
  readonly #isWitnessed: boolean;

  /** @param runs the two nights; the same programs on the same machine have to be the load generator in both. */
  constructor(runs: { readonly base: Run; readonly new: Run }) {
    this.#isWitnessed = hasWitness(runs.base, runs.new);
  }

  /** Logarithm of what of a metric's change is the machine's doing, as far as that is seen. */
  seen(pair: NightsPair, tag: string): number {
    return -FOLLOWED * (this.#apart(pair, tag) ?? 0);
  }

  /** What was seen of the machine over some loads, in words; undefined: nothing that is worth a word. */
  text(pairs: readonly NightsPair[]): string | undefined {
    const apart = pairs.flatMap((pair) => this.#apart(pair, RATE) ?? []);
    if (apart.length === 0) return undefined;
    const longer = 100 * Math.expm1(mean(apart));
    const seen = 100 * Math.expm1(-FOLLOWED * mean(apart));
    if (Math.abs(seen) < WORTH_A_WORD) return undefined;
    const [amount, is] = longer > 0 ? ['more', 'slower'] : ['less', 'faster'];
    return `the load generator took ${Math.abs(longer).toFixed(1)} % ${amount} CPU time for a request in NEW, so that the machine was ${is}: ${Math.abs(seen).toFixed(1)} % of throughput and latencies are put down to that, and are not in the changes`;
  }

  /**
   * Variance of what else the nights did to the mean over some loads.
   * @param unquiet variance that figures within a run have beyond what is usual. A machine whose CPUs are that unquiet from minute
   * to minute is so from night to night, too: the other work on its host keeps no hours.
   */
  variance(pairs: readonly NightsPair[], tag: string, unquiet: number): number {
    if (pairs.length === 0) return NIGHTS ** 2;
    const apart = pairs.map((pair) => this.#apart(pair, tag));
    const each = pairs.map((pair, index) =>
      followsSpeed(tag, false) === 0 || !isOnCpu(pair)
        ? NIGHTS ** 2
        : (apart[index] === undefined ? NIGHTS_ON_CPU : SEEN) ** 2 + unquiet,
    );
    return mean(each) + (UNSURE * mean(apart.map((value) => value ?? 0))) ** 2;
  }

  /**
   * How much longer the witness took in NEW, as a logarithm: with its sign for rates, with the other one for times; undefined: it
   * says nothing.
   */
  #apart(pair: NightsPair, tag: string): number | undefined {
    const { base, new: next, isSameConfiguration } = pair;
    const follows = followsSpeed(tag, false);
    // Where requests are sent at a rate, throughput is the rate, and latencies may be anything.
    if (!this.#isWitnessed || !isSameConfiguration || follows === 0 || !isOnCpu(pair)) return undefined;
    const [point, other] = [base.measurement.point, next.measurement.point];
    if (isRate(point) || !isSamePoint(point, other)) return undefined;
    if (isIdle(base.measurement) || isIdle(next.measurement)) return undefined;
    const [before, after] = [base, next].map(({ measurement }) => measurement.client?.cpuUs);
    if (!before || !after) return undefined;
    const log = Math.log(after / before);
    return Math.abs(log) > MOST_APART ? undefined : follows * log;
  }
}

/** Whether the server waits for something else than CPUs; where it is not known how many it kept busy, it does not. */
const isIdle = ({ whole }: Measurement): boolean => (whole.values['cpu_utilization'] ?? IDLE) < IDLE;

/** Whether inference is on CPUs alone, in both. */
const isOnCpu = ({ base, new: next }: NightsPair): boolean =>
  [base, next].every(({ measurement }) => measurement.gpusInUse === 0);

/** What has to be alike for the load generator to have the same to do. */
const ALIKE: readonly ((environment: Environment) => unknown)[] = [
  ({ tma }) => tma,
  ({ node }) => node,
  ({ os }) => os,
  ({ cpu }) => cpu,
  ({ cores }) => cores,
  ({ generator }) => generator,
  ({ protocol }) => protocol,
];

/** Whether the same load generator, on the machine of the server, made the load in both. */
function hasWitness(base: Run, next: Run): boolean {
  const [before, after] = [base, next].map(({ sessions }) => sessions.at(-1)?.environment);
  if (!before || !after || before.launcher === 'remote') return false;
  return (
    before.launcher === after.launcher &&
    ALIKE.every((read) => read(before) === read(after)) &&
    measuringOf(base) === measuringOf(next)
  );
}

/** Which way to measure it was, as versions under one name may differ in it; undefined in early journals. */
const measuringOf = ({ trials }: Run): string | undefined => trials.at(-1)?.parts?.[MEASURING];
