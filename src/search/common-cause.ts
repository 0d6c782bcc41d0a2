import type { ModelConfig } from '../model-config/model-config.ts';
import type { Candidate } from '../space/space.ts';
import type { Outcome } from './search.ts';

type Failed = Extract<Outcome, { state: 'failed' }>;

/** So many configurations must have failed in the same way before anything is concluded for others. Not tuned. */
const ENOUGH = 3;

interface Failure {
  readonly candidate: Candidate;
  readonly fields: ReadonlyMap<string, unknown>;
  readonly outcome: Failed;
}

/**
 * What follows for other configurations as long as nothing works. When several that differ failed in the same way, a
 * configuration whose every field has a value that one of them had, too, is expected to fail as well. One with something new
 * (another kind of instances, another accelerator) is still worth a try.
 */
export class CommonCause {
  readonly #failures = new Map<string, Failure[]>();
  #works = false;

  /** Something was measured: what failed did so for a reason of its own. */
  worked(): void {
    this.#works = true;
  }

  /** A configuration failed before anything was measured of it. Failures for want of memory do not count: a smaller one may do. */
  failed(candidate: Candidate, outcome: Failed): void {
    if (this.#works || outcome.wantsRoom) return;
    const way = `${outcome.kind}: ${withoutNumbers(outcome.cause)}`;
    const alike = this.#failures.get(way) ?? [];
    this.#failures.set(way, alike);
    if (alike.some((failure) => failure.candidate === candidate)) return;
    alike.push({ candidate, fields: fieldsOf(candidate.models[0].config), outcome });
  }

  /** Why a configuration needs no try, or undefined. */
  rulesOut(candidate: Candidate): string | undefined {
    if (this.#works) return undefined;
    for (const failures of this.#failures.values()) {
      if (failures.length < ENOUGH || hasNews(fieldsOf(candidate.models[0].config), failures)) continue;
      return `nothing works, and ${namesOf(failures)} failed alike${kindText(failures[0]!.outcome)}`;
    }
    return undefined;
  }
}

const namesOf = (failures: readonly Failure[]): string => {
  const names = failures.slice(0, ENOUGH).map(({ candidate }) => candidate.name);
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
};

/** `: config rejected`, empty where no kind is known. The cause itself, which may be long, is told with what failed. */
export const kindText = ({ kind }: Failed): string => (kind === 'other' ? '' : `: ${kind}`);

/** Ports, addresses, sizes and instance numbers differ between failures of one cause. */
const withoutNumbers = (cause: string): string => cause.replace(/0x[0-9a-f]+|\d+/gi, '#');

/** Whether a configuration has a field or a value that none of the failed ones had; of numbers two are enough. */
function hasNews(fields: ReadonlyMap<string, unknown>, failures: readonly Failure[]): boolean {
  const paths = new Set([...fields.keys(), ...failures.flatMap((failure) => [...failure.fields.keys()])]);
  return [...paths].some((path) => {
    const value = fields.get(path);
    const tried = new Set(failures.map((failure) => failure.fields.get(path)));
    if (tried.has(value)) return false;
    const isSize = !IDENTIFIER.test(path) && [value, ...tried].every(isNumberOrAbsent);
    return !isSize || tried.size < 2;
  });
}

/** Numbers that name something. */
const IDENTIFIER = /\.(gpus|data_type)\b/;

const isNumberOrAbsent = (value: unknown): boolean =>
  value === undefined || (value !== '' && typeof value !== 'boolean' && Number.isFinite(Number(value)));

/** Every value of a configuration by its path; a message that is there counts as a value, also if it is empty. */
function fieldsOf(config: ModelConfig): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const visit = (path: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      fields.set(path, value);
      return;
    }
    if (!Array.isArray(value)) fields.set(path, '{}');
    for (const [key, item] of Object.entries(value)) visit(`${path}.${key}`, item);
  };
  visit('', config);
  return fields;
}
