import { canonicalJson, instanceGroups, maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Candidate, SkippedPoints, Space } from '../space/space.ts';
import { CommonCause, kindText } from './common-cause.ts';
import {
  type Account,
  type Answer,
  type Ask,
  type Belief,
  isAsk,
  type Outcome,
  type Search,
  type Standing,
} from './search.ts';

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
  return new RememberingSearch(search, space);
}

class RememberingSearch implements FailureMemory {
  readonly name: string;
  readonly #search: Search;
  readonly #space: Space;
  readonly #common = new CommonCause();
  readonly #measured = new Set<Candidate>();
  #failed = false;
  /** Why nothing is asked for any more, once a failure concerns every configuration. */
  #end: string | undefined;
  /** Why the latest configuration was given up, as long as nothing works. */
  #hopeless: string | undefined;
  /** Those that ran out of room, and what they ran out of. */
  readonly #full: { readonly candidate: Candidate; readonly kind: string }[] = [];
  #skipped: SkippedPoints[] = [];

  constructor(search: Search, space: Space) {
    this.name = search.name;
    this.#search = search;
    this.#space = space;
  }

  ask(at: Standing): Answer {
    if (this.#end !== undefined) return 'done';
    for (;;) {
      const answer = this.#search.ask(at);
      if (!isAsk(answer)) return answer;
      // Of configurations that an automatic search makes as it goes nothing was known when the failures were told.
      const reason = this.#whyNot(answer.candidate);
      if (reason === undefined) return answer;
      this.#search.tell(answer, { state: 'withdrawn', started: false });
      this.#giveUp(answer.candidate, reason);
    }
  }

  tell(ask: Ask, outcome: Outcome): void {
    this.#search.tell(ask, outcome);
    if (outcome.state === 'withdrawn') return;
    const { candidate } = ask;
    if (outcome.state === 'measured') {
      this.#measured.add(candidate);
      this.#common.worked();
      this.#hopeless = undefined;
      return;
    }
    this.#failed = true;
    if (outcome.concernsAll) {
      this.#end = `every configuration would meet what ${candidate.name} failed of${kindText(outcome)}`;
      for (const other of this.#space.candidates) this.#giveUp(other, this.#end);
      return;
    }
    if (!this.#measured.has(candidate)) this.#common.failed(candidate, outcome);
    if (!outcome.wantsRoom) return;
    this.#full.push({ candidate, kind: outcome.kind });
    for (const other of this.#space.candidates) {
      const reason = this.#whyTooLarge(other);
      if (reason !== undefined) this.#giveUp(other, reason);
    }
  }

  #whyNot(candidate: Candidate): string | undefined {
    const tooLarge = this.#whyTooLarge(candidate);
    if (tooLarge !== undefined) return tooLarge;
    const ruledOut = this.#common.rulesOut(candidate);
    if (ruledOut !== undefined) this.#hopeless = ruledOut;
    return ruledOut;
  }

  #whyTooLarge(candidate: Candidate): string | undefined {
    const smaller = this.#full.find((item) => isLarger(candidate, item.candidate));
    return smaller && `larger than ${smaller.candidate.name}, which ran ${smaller.kind}`;
  }

  #giveUp(candidate: Candidate, reason: string): void {
    const points = this.#search.drop(candidate);
    if (points.length > 0) this.#skipped.push({ candidate, points, reason });
  }

  givenUp(): SkippedPoints[] {
    const list = this.#skipped;
    this.#skipped = [];
    return list;
  }

  drop(candidate: Candidate): readonly LoadPoint[] {
    return this.#search.drop(candidate);
  }

  remaining(): number {
    return this.#end === undefined ? this.#search.remaining() : 0;
  }

  wrapUp(): void {
    this.#search.wrapUp?.();
  }

  revise(changed: Parameters<NonNullable<Search['revise']>>[0]): void {
    this.#search.revise?.(changed);
  }

  learn(...told: Parameters<NonNullable<Search['learn']>>): void {
    this.#search.learn?.(...told);
  }

  belief(): Belief | undefined {
    return this.#search.belief?.();
  }

  account(): Account {
    const own = this.#search.account();
    const vain = this.#failed && this.#measured.size === 0 ? 'nothing that was tried works' : '';
    return { ...own, why: this.#end ?? this.#hopeless ?? (own.why || vain) };
  }
}

/** Whether a configuration needs at least as much of everything, and more of something, all else being equal. */
export function isLarger(other: Candidate, than: Candidate): boolean {
  if (other === than || withoutSize(other.models[0].config) !== withoutSize(than.models[0].config))
    return false;
  const [a, b] = [sizes(other.models[0].config), sizes(than.models[0].config)];
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
