import type { SearchRecord } from '../record/run.ts';
import type { Account, Ask, Search } from '../search/search.ts';
import { type SearchedSpace, sizeOf } from '../search/search-for.ts';
import type { Candidate, SkippedPoints } from '../space/space.ts';
import { beliefRecord } from './belief-record.ts';
import { usedBudget } from './used-budget.ts';

/** What ended a search from outside, in words. */
export interface Cut {
  readonly why: string;
  readonly interrupted: boolean;
  /** What it had no more of, where that was so. */
  readonly ended?: Account['ended'];
}

/** Counts what a search looked at, for its record. */
export class SearchTally {
  readonly #space: SearchedSpace;
  readonly #points = new Set<string>();
  readonly #configurations = new Set<Candidate>();
  readonly #skipped = new Map<string, number>();
  #measurements = 0;

  constructor(space: SearchedSpace) {
    this.#space = space;
  }

  told({ candidate, point, anew }: Ask): void {
    this.#measurements++;
    if (anew) return;
    this.#configurations.add(candidate);
    this.#points.add(`${candidate.key} ${JSON.stringify(point)}`);
  }

  skipped({ reason, points }: SkippedPoints): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + points.length);
  }

  /**
   * @param cut what ended the search from outside, and whether that was no budget.
   * @param time minutes that the user allows, and whether several models share them.
   */
  record(
    search: Search,
    cut: Cut | undefined,
    { maxMinutes, isShared }: { readonly maxMinutes?: number | undefined; readonly isShared: boolean },
  ): SearchRecord {
    const { plan, choice, candidates, automatic, most, skipped, size } = this.#space;
    const account = search.account();
    const lacked = cut ? cut.ended : account.ended;
    const ended = lacked && usedBudget(lacked, plan.search, size, maxMinutes);
    const ofShare = isShared && ended?.of === 'minutes';
    const own = `${account.why}${ofShare ? `, a share of the ${maxMinutes} minutes of all models` : ''}`;
    const belief = beliefRecord(search.belief?.(), plan);
    for (const item of skipped) this.skipped(item);
    return {
      models: [plan.name],
      search: choice,
      why: cut?.why ?? (own || 'nothing was left to measure'),
      ...(cut?.interrupted && { interrupted: true }),
      points: { all: sizeOf(this.#space), seen: this.#points.size },
      configurations: { all: automatic ? most : candidates.length, seen: this.#configurations.size },
      measurements: this.#measurements,
      importance: account.importance,
      skipped: [...this.#skipped].map(([reason, points]) => ({ reason, points })),
      remarks: account.remarks,
      ...(ended && { ended: ofShare ? { ...ended, shared: true } : ended }),
      ...(belief && { belief }),
    };
  }
}
