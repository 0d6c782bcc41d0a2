import type { Candidate } from '../../space/space.ts';
import type { Ask, Outcome } from '../search.ts';
import type { Spot } from './knowledge.ts';

/** Which part of the search asked. */
export type Part = 'beginning' | 'exploration' | 'confirmation';

/** An ask that is not told yet. */
export interface Flight {
  readonly part: Part;
  readonly spot: Spot;
  /** A server must be started for it. */
  readonly starts: boolean;
}

/** What a search has used of its budget. What is not told yet counts, so that several slots together keep it. */
export class Usage {
  readonly #flights = new Map<Ask, Flight>();
  readonly #begun = new Set<Candidate>();
  #mostInFlight = 1;
  #told = 0;
  #started = 0;

  take(ask: Ask, flight: Flight): void {
    this.#flights.set(ask, flight);
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#flights.size);
  }

  /** @returns what was known of the ask. */
  land(ask: Ask, outcome: Outcome): Flight {
    const flight = this.#flights.get(ask);
    if (!flight) throw new Error(`an ask is told that is not open: ${ask.candidate.name}`);
    this.#flights.delete(ask);
    if (outcome.started) this.#started++;
    if (outcome.state === 'withdrawn') return flight;
    this.#told++;
    this.#begun.add(ask.candidate);
    return flight;
  }

  /** Measurements that are told. */
  get told(): number {
    return this.#told;
  }

  /** How many were not told yet at the same time, at most. */
  get mostInFlight(): number {
    return this.#mostInFlight;
  }

  get measurements(): number {
    return this.#told + this.#flights.size;
  }

  get starts(): number {
    return this.#started + [...this.#flights.values()].filter(({ starts }) => starts).length;
  }

  get configurations(): number {
    return new Set([...this.#begun, ...this.#inFlight()]).size;
  }

  hasBegun(candidate: Candidate): boolean {
    return this.#begun.has(candidate) || this.isInFlight(candidate);
  }

  isInFlight(candidate: Candidate): boolean {
    return this.#inFlight().includes(candidate);
  }

  /** The points that are being measured for one part of the search, or for any. */
  inFlight(part?: Part): Spot[] {
    return [...this.#flights.values()]
      .filter((flight) => part === undefined || flight.part === part)
      .map(({ spot }) => spot);
  }

  #inFlight(): Candidate[] {
    return [...this.#flights.values()].map(({ spot }) => spot.candidate);
  }
}
