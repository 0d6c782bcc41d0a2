import { batchSizeOf, isSamePoint, type LoadPoint, levelOf } from '../../record/load-point.ts';
import type { Candidate, Space } from '../../space/space.ts';
import { GaussianProcess, matern52 } from '../../statistics/gaussian-process.ts';
import type { Ask, Earlier, Figures } from '../search.ts';
import { Covariances } from './covariances.ts';
import { placesOf } from './encoding.ts';
import { partOf } from './mechanics.ts';
import { type Ground, type Look, Surrogate } from './surrogate.ts';

/** A look at a point. */
export interface Result extends Figures {
  /** Which start of a server it was on. */
  readonly server: number;
}

/** A point of the space, and what was measured there. */
export interface Spot {
  readonly id: number;
  readonly candidate: Candidate;
  readonly point: LoadPoint;
  readonly results: Result[];
}

// Tuned with `npm run bench:search`.

/** How probable it must be that no limit is broken by more than 5 %, for a point to count as one that keeps them. */
const SURE = 0.8;
/** What a doubt about the limits takes off a point's standing, as the logarithm of a gain: more than any gain makes up for. */
const DOUBT = 4;
/** Length scale, in steps, over which a configuration that failed or worked says something of others. */
const REACH = 3;
/** Probability that a configuration can be served, before anything is known. */
const USUAL = 0.9;

/** What a doubt about the limits takes off the logarithm of what a point is worth. */
export const doubt = (holds: number, nearly: number): number =>
  DOUBT * (Math.max(0, SURE - nearly) + Math.max(0, 0.5 - holds));

/** Everything that is known of a space, and what follows from it for what is not. */
export class Knowledge {
  readonly spots: readonly Spot[];
  readonly failed: Candidate[] = [];
  readonly #own: ReadonlyMap<Candidate, readonly Spot[]>;
  readonly #space: Pick<Space, 'plan' | 'candidates'>;
  readonly #ground: Ground;
  readonly #settings: (candidate: Candidate) => readonly number[];
  /** What earlier runs make expect; undefined: nothing is known from before. */
  readonly prior: Surrogate | undefined;
  #surrogate: Surrogate | undefined;
  /** What was learned from less. */
  #last: Surrogate | undefined;
  /** Everything that was told, in order, as it was told. */
  readonly #told: { readonly ask: Ask; readonly spot: Spot; readonly result: Result }[] = [];
  /** How many servers were started, and which of them each configuration was last measured on. */
  #starts = 0;
  readonly #servers = new Map<Candidate, number>();

  constructor(space: Pick<Space, 'plan' | 'candidates' | 'pointsOf'>, earlier: readonly Earlier[] = []) {
    const { place, settings } = placesOf(space.candidates);
    this.#space = space;
    this.#settings = settings;
    this.spots = space.candidates
      .flatMap((candidate) => space.pointsOf(candidate).map((point) => ({ candidate, point })))
      .map((spot, id) => ({ ...spot, id, results: [] }));
    this.#own = Map.groupBy(this.spots, ({ candidate }) => candidate);
    this.#ground = {
      covariances: new Covariances(this.spots.map(({ candidate, point }) => place(candidate, point))),
      parts: this.spots.map(({ candidate, point }) => partOf(candidate, point)),
    };
    const before = earlier.flatMap(({ candidateKey, point, values }, server) => {
      const spot = this.spots.find(
        ({ candidate, point: own }) =>
          isSamePoint(own, point) &&
          (candidateKey === undefined ? candidate.isDefault : candidate.key === candidateKey),
      );
      return spot && (values['perf_throughput'] ?? 0) > 0 ? [{ id: spot.id, point, values, server }] : [];
    });
    this.prior = before.length > 0 ? Surrogate.learn(before, space.plan, this.#ground) : undefined;
  }

  /** Those of one configuration. */
  spotsOf(candidate: Candidate): readonly Spot[] {
    return this.#own.get(candidate) ?? [];
  }

  /** @param started the server that it was measured on was started for it. */
  add(ask: Ask, spot: Spot, { values, deviations }: Figures, started: boolean): void {
    if (started || !this.#servers.has(spot.candidate)) this.#servers.set(spot.candidate, this.#starts++);
    const server = this.#servers.get(spot.candidate)!;
    const result = { values, server, ...(deviations && { deviations }) };
    this.#told.push({ ask, spot, result });
    spot.results.push(result);
    this.#last = this.#surrogate ?? this.#last;
    this.#surrogate = undefined;
  }

  /** What these asks told counts as given, or not at all; all else as it was told. */
  revise(changed: ReadonlyMap<Ask, Figures | undefined>): void {
    for (const { results } of this.spots) results.length = 0;
    for (const { ask, spot, result } of this.#told) {
      const figures = changed.has(ask) ? changed.get(ask) : result;
      if (!figures) continue;
      const { values, deviations } = figures;
      spot.results.push({ values, server: result.server, ...(deviations && { deviations }) });
    }
    // What was learned from figures that no longer count is no beginning for what is learned next.
    this.#last = undefined;
    this.#surrogate = undefined;
  }

  /** That of a point; undefined: it is none of the space. */
  spotAt(candidate: Candidate, point: LoadPoint): Spot | undefined {
    return this.spotsOf(candidate).find((spot) => isSamePoint(spot.point, point));
  }

  /** The start of a server that a configuration was last measured on. */
  serverOf(candidate: Candidate): number | undefined {
    return this.#servers.get(candidate);
  }

  get seen(): Spot[] {
    return this.spots.filter(({ results }) => results.length > 0);
  }

  #learned(): Surrogate {
    this.#surrogate ??= Surrogate.learn(
      this.seen.flatMap(({ id, point, results }) => results.map((result) => ({ id, point, ...result }))),
      this.#space.plan,
      this.#ground,
      { prior: this.prior, last: this.#last },
    );
    return this.#surrogate;
  }

  /** How far what was known before is believed, 0 to 1; undefined: nothing was known. */
  get trust(): number | undefined {
    return this.seen.length > 0 ? this.#learned().trust : undefined;
  }

  /** What is expected of a point. */
  look(spot: Spot): Look {
    return this.#learned().look(spot);
  }

  /** What is known, as if what is expected of these points had been measured there. */
  believing(pending: readonly Spot[]): Surrogate {
    return this.#learned().believing(pending.map(({ id }) => id));
  }

  /** What is known of all points together. */
  get surrogate(): Surrogate {
    return this.#learned();
  }

  /** Whether a point keeps every limit, as far as is known. */
  holds(spot: Spot): boolean {
    return this.look(spot).holds >= 0.5;
  }

  /** Logarithm of the most that can be expected of a point's throughput at all. */
  most({ point }: Spot): number {
    return this.#learned().most(point);
  }

  /** Points that hold before those in doubt; among both by what they are worth. */
  standing(spot: Spot, { worth, holds, nearly } = this.look(spot)): number {
    return worth.mean - doubt(holds, nearly);
  }

  /** How far apart two configurations are, in steps. */
  distance(a: Candidate, b: Candidate): number {
    const other = this.#settings(b);
    return Math.hypot(...this.#settings(a).map((value, axis) => value - other[axis]!));
  }

  /** The one of these configurations that is nearest to where `share` says, for each field, 0 (least) to 1 (most). */
  nearest(candidates: readonly Candidate[], share: (axis: number) => number): Candidate {
    const all = this.#space.candidates.map((candidate) => this.#settings(candidate));
    const target = (all[0] ?? []).map((_, axis) => {
      const values = all.map((settings) => settings[axis]!);
      const least = values.reduce((a, b) => Math.min(a, b));
      return least + share(axis) * (values.reduce((a, b) => Math.max(a, b)) - least);
    });
    const apart = (candidate: Candidate): number =>
      Math.hypot(...this.#settings(candidate).map((value, axis) => value - target[axis]!));
    return candidates.reduce((a, b) => (apart(b) < apart(a) ? b : a));
  }

  /** How probable it is that each configuration can be served, judged by those around it that could or could not. */
  chances(): (candidate: Candidate) => number {
    if (this.failed.length === 0) return () => 1;
    const served = new Set(this.seen.map(({ candidate }) => candidate));
    const tried = [...this.failed, ...served];
    const alike = (a: Candidate, b: Candidate): number => 0.25 * matern52(this.distance(a, b) / REACH);
    const process = new GaussianProcess(
      tried.map((candidate) => (served.has(candidate) ? 1 : 0)),
      tried.map(() => 0.01),
      (i, j) => alike(tried[i]!, tried[j]!),
      USUAL,
    );
    const known = new Map<Candidate, number>();
    return (candidate) => {
      const chance =
        known.get(candidate) ??
        Math.min(
          1,
          Math.max(
            0.01,
            process.predict(
              tried.map((other) => alike(candidate, other)),
              0.25,
            ).mean,
          ),
        );
      known.set(candidate, chance);
      return chance;
    };
  }
}

/** The points of a configuration with the smallest client batch, by their load. */
export function ladderOf(knowledge: Knowledge, candidate: Candidate): Spot[] {
  const own = knowledge.spotsOf(candidate);
  const least = Math.min(...own.map(({ point }) => batchSizeOf(point)));
  return own
    .filter(({ point }) => batchSizeOf(point) === least)
    .sort((a, b) => levelOf(a.point) - levelOf(b.point));
}
