import { canonicalJson, instanceGroups, type ModelConfig, maxBatchSize } from '../model-config/config.ts';
import type { Candidate, SkippedPoints, Space } from '../space/space.ts';
import type { Ask, Outcome, Search } from './search.ts';

/**
 * What failures teach a search: a variant that ran out of room rules out the larger ones, and without the default
 * configuration nothing else can work.
 */
export interface FailureMemory extends Omit<Search, 'tell'> {
  /** Passes an outcome on to the search; answers what is given up because of it. */
  tell(ask: Ask, outcome: Outcome): SkippedPoints[];
}

export function withFailureMemory(search: Search, space: Space): FailureMemory {
  let defaultWorks = false;

  const giveUp = (candidates: readonly Candidate[], reason: string): SkippedPoints[] =>
    candidates.flatMap((candidate) => {
      const points = search.drop(candidate);
      return points.length > 0 ? [{ candidate, points, reason }] : [];
    });

  return {
    name: search.name,
    ask: (others) => search.ask(others),
    drop: (candidate) => search.drop(candidate),
    remaining: () => search.remaining(),
    tell(ask, outcome) {
      search.tell(ask, outcome);
      const { candidate } = ask;
      if (outcome.state === 'measured') {
        defaultWorks ||= candidate.isDefault;
        return [];
      }
      if (candidate.isDefault && !defaultWorks) {
        return giveUp(space.candidates, `the default configuration failed: ${outcome.cause}`);
      }
      if (!outcome.wantsRoom) return [];
      const larger = space.candidates.filter((other) => isLarger(other, candidate));
      return giveUp(larger, `larger than ${candidate.name}, which ran ${outcome.kind}`);
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
