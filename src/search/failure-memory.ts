import { canonicalJson, instanceGroups, maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { Candidate, SkippedPoints, Space } from '../space/space.ts';
import { CommonCause, causeText } from './common-cause.ts';
import type { Search } from './search.ts';

/**
 * What failures teach a search: a variant that ran out of room rules out the larger ones; where nothing works, and several
 * that differ failed alike, those that have nothing new are not tried; and what concerns every configuration ends it. That
 * the default configuration failed ends nothing by itself.
 */
export interface FailureMemory extends Search {
  /** What was given up since it was last asked. */
  givenUp(): SkippedPoints[];
}

export function withFailureMemory(search: Search, space: Space): FailureMemory {
  const common = new CommonCause();
  const measured = new Set<Candidate>();
  let failed = false;
  /** Why there is nothing to go on for. */
  let end: string | undefined;
  /** Why the last one was given up, where nothing worked until then. */
  let hopeless: string | undefined;
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
  const giveUpIfHopeless = (candidate: Candidate): boolean => {
    const reason = common.rulesOut(candidate);
    if (reason === undefined) return false;
    hopeless = reason;
    giveUp(candidate, reason);
    return true;
  };

  return {
    ...search,
    ask(others) {
      if (end !== undefined) return undefined;
      let ask = search.ask(others);
      // An automatic search makes candidates as it goes.
      while (ask && (giveUpIfLarger(ask.candidate) || giveUpIfHopeless(ask.candidate))) {
        ask = search.ask(others);
      }
      return ask;
    },
    remaining: () => (end === undefined ? search.remaining() : 0),
    givenUp() {
      const list = skipped;
      skipped = [];
      return list;
    },
    tell(ask, outcome) {
      search.tell(ask, outcome);
      const { candidate } = ask;
      if (outcome.state === 'measured') {
        measured.add(candidate);
        common.worked();
        hopeless = undefined;
        return;
      }
      failed = true;
      if (outcome.concernsAll) {
        end = `every configuration would meet what ${candidate.name} failed of: ${causeText(outcome)}`;
        for (const other of space.candidates) giveUp(other, end);
        return;
      }
      if (!measured.has(candidate)) common.failed(candidate, outcome);
      if (!outcome.wantsRoom) return;
      full.push({ candidate, kind: outcome.kind });
      for (const other of space.candidates) giveUpIfLarger(other);
    },
    account() {
      const own = search.account?.() ?? { why: '', importance: [], remarks: [] };
      const vain = failed && measured.size === 0 ? 'nothing that was tried works' : '';
      return { ...own, why: end ?? hopeless ?? (own.why || vain) };
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
