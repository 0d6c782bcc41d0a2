import { counted } from '../ground/wording.ts';
import type { Candidate } from '../space/space.ts';
import type { Search } from './search.ts';

/** What a search may use at most; absent = as much as it likes. */
export interface Limits {
  readonly maxMeasurements?: number;
  readonly maxVariants?: number;
}

/** A search that ends after so many measurements, and takes up no more than so many configurations. */
export function withLimits(search: Search, { maxMeasurements, maxVariants }: Limits): Search {
  if (maxMeasurements === undefined && maxVariants === undefined) return search;
  const begun = new Set<Candidate>();
  let left = maxMeasurements ?? Number.POSITIVE_INFINITY;
  let cut = false;
  const isOver = (candidate: Candidate): boolean =>
    maxVariants !== undefined && begun.size >= maxVariants && !begun.has(candidate);
  return {
    ...search,
    ask(others) {
      let ask = search.ask(others);
      if (ask && left <= 0) {
        cut = true;
        return undefined;
      }
      while (ask && isOver(ask.candidate)) {
        cut = true;
        search.drop(ask.candidate);
        ask = search.ask(others);
      }
      if (ask) begun.add(ask.candidate);
      return ask;
    },
    tell(ask, outcome) {
      left--;
      search.tell(ask, outcome);
    },
    remaining: () => Math.min(left, search.remaining()),
    account() {
      const own = search.account?.() ?? { why: '', importance: [], remarks: [] };
      if (!cut) return own;
      const what =
        left <= 0 ? counted(maxMeasurements!, 'measurement') : counted(maxVariants!, 'configuration');
      return { ...own, why: `its budget of ${what} is used` };
    },
  };
}
