import { counted } from '../ground/wording.ts';
import type { Candidate } from '../space/space.ts';
import { type Account, type Answer, type Ask, altered, isAsk, type Search, type Standing } from './search.ts';

/** What a search may use at most; absent = as much as it likes. */
export interface Limits {
  readonly maxMeasurements?: number;
  readonly maxVariants?: number;
}

/**
 * A search that ends after so many measurements, and takes up no more than so many configurations. What is not told yet
 * counts, so that no limit is passed while several slots measure.
 */
export function withLimits(search: Search, { maxMeasurements, maxVariants }: Limits): Search {
  if (maxMeasurements === undefined && maxVariants === undefined) return search;
  const most = maxMeasurements ?? Number.POSITIVE_INFINITY;
  /** How often each configuration was asked for and not withdrawn. */
  const begun = new Map<Candidate, number>();
  let measurements = 0;
  let told = 0;
  /** The limit that something was left out for. */
  let cutBy: { readonly ended: Account['ended']; readonly budget: string } | undefined;
  const count = ({ candidate }: Ask, change: 1 | -1): void => {
    measurements += change;
    const asks = (begun.get(candidate) ?? 0) + change;
    if (asks > 0) begun.set(candidate, asks);
    else begun.delete(candidate);
  };
  const isOver = (candidate: Candidate): boolean =>
    maxVariants !== undefined && begun.size >= maxVariants && !begun.has(candidate);
  const refuse = (ask: Ask): void => search.tell(ask, { state: 'withdrawn', started: false });

  return altered(search, {
    ask(at: Standing): Answer {
      let answer = search.ask(at);
      while (isAsk(answer) && measurements < most && isOver(answer.candidate)) {
        cutBy ??= { ended: 'configurations', budget: counted(maxVariants!, 'configuration') };
        refuse(answer);
        search.drop(answer.candidate);
        answer = search.ask(at);
      }
      if (measurements >= most) {
        if (!isAsk(answer)) return 'done';
        cutBy = { ended: 'measurements', budget: counted(most, 'measurement') };
        refuse(answer);
        return 'done';
      }
      if (isAsk(answer)) count(answer, 1);
      return answer;
    },
    tell(ask, outcome) {
      if (outcome.state === 'withdrawn') count(ask, -1);
      else told++;
      search.tell(ask, outcome);
    },
    remaining: () => Math.min(most - told, search.remaining()),
    account(): Account {
      const own = search.account();
      return cutBy ? { ...own, why: `its budget of ${cutBy.budget} is used`, ended: cutBy.ended } : own;
    },
  });
}
