import type { Patience } from '../../config/search-settings.ts';
import type { Candidate } from '../../space/space.ts';
import type { Outcome } from '../search.ts';

/**
 * Gain, as a share of the objective, that a second of the run must promise on a usual machine. Normal: 1 % for some two
 * minutes. Tuned with `npm run bench:search`.
 */
const EXCHANGE: Readonly<Record<Patience, number>> = {
  quick: 4e-4,
  normal: 8e-5,
  thorough: 8e-6,
};

/** So far measurements of a throughput scatter on a quiet machine, on a usual one, and on a rough one. */
const QUIET_SCATTER = 0.02;
const USUAL_SCATTER = 0.05;
const ROUGH_SCATTER = 0.12;

/**
 * Gain that a second must promise where measurements of the throughput scatter by this share. A gain is worked out one look
 * ahead; the further looks scatter, the more of them it takes together, so that each alone may promise less, and the less they
 * scatter, the more one tells. On ground that is more than rough no number of looks makes clear what is left: a look has to
 * promise as much as on rough ground.
 */
export const exchangeFor = (patience: Patience, scatter: number): number =>
  EXCHANGE[patience] * (USUAL_SCATTER / Math.min(Math.max(scatter, QUIET_SCATTER), ROUGH_SCATTER));

/** Until something was seen: seconds for a start and for a look, and how much longer a start takes that builds an engine. */
const START_S = 10;
const LOOK_S = 10;
const BUILD = 10;

/** What starts and looks cost on this machine, in seconds, by those that were seen. */
export class Economy {
  /** By what took them, sorted. */
  readonly #seen = { start: [] as number[], build: [] as number[], look: [] as number[] };

  tell(candidate: Candidate, { seconds, started, state }: Outcome): void {
    if (!seconds) return;
    // What an earlier version wrote down does not tell how long the start took.
    if (started && seconds.start > 0) this.#add(builds(candidate) ? 'build' : 'start', seconds.start);
    if (state === 'measured') this.#add('look', seconds.look);
  }

  #add(what: 'start' | 'build' | 'look', seconds: number): void {
    this.#seen[what].push(seconds);
    this.#seen[what].sort((a, b) => a - b);
  }

  startS(candidate: Candidate): number {
    const { start, build } = this.#seen;
    const plain = middle(start) ?? START_S;
    return builds(candidate) ? (middle(build) ?? BUILD * plain) : plain;
  }

  get lookS(): number {
    return middle(this.#seen.look) ?? LOOK_S;
  }
}

/** The middle one of sorted values. */
const middle = (values: readonly number[]): number | undefined => values[values.length >> 1];

/** Whether TensorRT builds an engine when the configuration is loaded, which takes minutes. */
const builds = ({ models: [{ config }] }: Candidate): boolean =>
  /"tensorrt"/i.test(JSON.stringify(config['optimization'] ?? {}));
