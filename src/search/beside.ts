import type { Candidate } from '../space/space.ts';
import type { Ask, Outcome, Standing } from './search.ts';

/**
 * What is asked for beside a search, of which the search knows nothing: looks. It holds everything that is not told yet, and
 * on which configurations a look started the server.
 */
export class BesideSearch {
  readonly #inFlight = new Set<Ask>();
  /** Configurations whose server a look started, and on which the search measured nothing since. */
  readonly #restarted = new Set<Candidate>();

  /** Everything that is not told yet, of the search and of the looks. */
  get inFlight(): ReadonlySet<Ask> {
    return this.#inFlight;
  }

  begin(ask: Ask): void {
    this.#inFlight.add(ask);
  }

  end(ask: Ask): void {
    this.#inFlight.delete(ask);
  }

  /** A look was made on a server that was started for it. */
  lookStarted({ candidate }: Ask): void {
    this.#restarted.add(candidate);
  }

  /** What nobody else may be given: what others work on, and what was asked for. */
  taken({ busy }: Pick<Standing, 'busy'>, ...further: readonly Ask[]): ReadonlySet<Candidate> {
    return new Set([...busy, ...[...this.#inFlight, ...further].map(({ candidate }) => candidate)]);
  }

  /** Whether a look started the server that runs: for that alone the search is not to go on there. */
  isOfLook(on: Candidate | undefined): boolean {
    return on !== undefined && this.#restarted.has(on);
  }

  /** An outcome of the search's own ask as it is told of it: what it measures on a look's server is not on the one before. */
  forSearch({ candidate }: Ask, outcome: Outcome): Outcome {
    if (outcome.state === 'withdrawn' || !this.#restarted.delete(candidate)) return outcome;
    return { ...outcome, started: true };
  }
}
