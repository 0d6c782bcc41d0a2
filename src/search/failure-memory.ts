import { canonicalJson, instanceGroups, type ModelConfig, maxBatchSize } from '../model-config/config.ts';
import type { Candidate, SkippedPoints, Space } from '../space/space.ts';
import type { Search } from './search.ts';

/**
 * What failures teach a search: a variant that ran out of room rules out the larger ones, and without the default
 * configuration nothing else can work.
 */
export interface FailureMemory extends Search {
  /** What was given up since it was last asked. */
  givenUp(): SkippedPoints[];
}

export function withFailureMemory(search: Search, space: Space): FailureMemory {
  let defaultWorks = false;
  let nothingWorks = false;
  let skipped: SkippedPoints[] = [];
  /** Those that ran out of room, and of what. */
  const full: { candidate: Candidate; kind: string }[] = [];

  const giveUp = (candidate: Candidate, reason: string): void => {
    const points = search.drop(candidate);
    if (points.length > 0) skipped.push({ candidate, points, reason });
  };
  const giveUpIfLarger = (candidate: Candidate): boolean => {
    const smaller = full.find((item) => isLarger(candidate, item.candidate));
    if (smaller) giveUp(candidate, `larger than ${smaller.candidate.name}, which ran ${smaller.kind}`);
    return smaller !== undefined;
  };

  return {
    ...search,
    ask(others) {
      if (nothingWorks) return undefined;
      let ask = search.ask(others);
      // An automatic search makes candidates as it goes.
      while (ask && giveUpIfLarger(ask.candidate)) ask = search.ask(others);
      return ask;
    },
    remaining: () => (nothingWorks ? 0 : search.remaining()),
    givenUp() {
      const list = skipped;
      skipped = [];
      return list;
    },
    tell(ask, outcome) {
      search.tell(ask, outcome);
      const { candidate } = ask;
      if (outcome.state === 'measured') {
        defaultWorks ||= candidate.isDefault;
        return;
      }
      if (candidate.isDefault && !defaultWorks) {
        const reason = `the default configuration failed: ${outcome.cause}`;
        for (const other of space.candidates) giveUp(other, reason);
        nothingWorks = true;
        return;
      }
      if (!outcome.wantsRoom) return;
      full.push({ candidate, kind: outcome.kind });
      for (const other of space.candidates) giveUpIfLarger(other);
    },
  };
}

/** Whether a configuration needs at least as much of everything, and more of something, all else being equal. */
export function isLarger(other: Candidate, than: Candidate): boolean {
  if (other === than || withoutSize(other.config) !== withoutSize(than.config)) return false;
  const [a, b] = [sizes(other.config), sizes(than.config)];
  return a.every((size, index) => size >= b[index]!) && a.some((size, index) => size > b[index]!);
}

function sizes(config: ModelConfig): number[] {
  const groups = instanceGroups(config);
  return [maxBatchSize(config), ...(groups.length > 0 ? groups.map(({ count }) => count) : [1])];
}

function withoutSize(config: ModelConfig): string {
  const { max_batch_size: _, instance_group, ...others } = config;
  const groups = ((instance_group ?? []) as Record<string, unknown>[]).map(
    ({ count: __, ...group }) => group,
  );
  // No group at all is one of the server's choice.
  return canonicalJson({ ...others, groups: groups.length > 0 ? groups : [{}] });
}
