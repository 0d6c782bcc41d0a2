import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import { grouped } from '../ground/wording.ts';
import { isEmpty, isMapping, show, Written } from './written.ts';

/** Where a value stands in the text, and its key if it has one; what is below it likewise. */
export interface Spot {
  readonly at: number;
  readonly key?: number;
  readonly below: ReadonlyMap<string, Spot>;
}

/** A value, where it stands, and of how many values it consists when every alias is written out. */
export interface Located {
  readonly value: unknown;
  readonly spot: Spot;
  readonly size: number;
}

/** Told of every mistake, with its offset in the text. */
export type Tell = (offset: number, message: string, hint?: string) => void;

/** Values that one file may have, with what its aliases repeat. */
export const MOST_VALUES = 20_000;

const NOWHERE: ReadonlyMap<string, Spot> = new Map();

/**
 * Makes plain values of a YAML document's nodes, and tells what can't be: aliases of nothing or of what they stand in,
 * merges of what is no mapping, keys that are no text or stand twice with different values, unknown tags. What is
 * told is left out, so that the rest can be looked at.
 */
export class NodeReader {
  readonly #tell: Tell;
  /** How a place is called in a message. */
  readonly #lineOf: (offset: number) => number;
  readonly #anchors = new Map<string, Node>();
  readonly #known = new Map<Node, Located>();
  readonly #open = new Set<Node>();
  #size = 0;

  /** Whether not all was read, as there is too much of it. */
  get isFull(): boolean {
    return this.#size > MOST_VALUES;
  }

  constructor(tell: Tell, lineOf: (offset: number) => number) {
    this.#tell = tell;
    this.#lineOf = lineOf;
  }

  /** @param at where the value would stand if there were one. */
  read(node: unknown, at: number): Located {
    if (isAlias(node)) return this.#alias(node.source, (node as ParsedNode).range?.[0] ?? at);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return this.#counted(null, at);
    const start = node.range?.[0] ?? at;
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (node.tag && !KNOWN_TAGS.has(node.tag)) {
      this.#tell(start, `the tag ${show(node.tag)} has no meaning here`, 'leave it out');
      return this.#counted(null, start);
    }
    if (isScalar(node)) return this.#counted(this.#scalar(node, start), start);
    this.#open.add(node);
    const located = isMap(node) ? this.#mapping(node, start) : this.#list(node.items, start);
    this.#open.delete(node);
    this.#known.set(node, located);
    return located;
  }

  #counted(value: unknown, at: number, below = NOWHERE, size = 1): Located {
    // What is below was counted when it was read.
    return this.#count({ value, spot: { at, below }, size }, 1);
  }

  #count(located: Located, more: number): Located {
    const before = this.#size;
    this.#size += more;
    if (before > MOST_VALUES) return { ...located, value: undefined };
    if (this.#size > MOST_VALUES)
      this.#tell(
        located.spot.at,
        `the file has more than ${grouped(MOST_VALUES)} values`,
        'write ranges, {start, stop, step}, instead of long lists; an alias counts as what it repeats',
      );
    return located;
  }

  #alias(name: string, at: number): Located {
    const node = this.#anchors.get(name);
    if (!node || this.#open.has(node)) {
      const reason = node
        ? `is an alias of what it stands in`
        : `is an alias of nothing: &${name} is not above`;
      this.#tell(at, `*${name} ${reason}`);
      return this.#counted(null, at);
    }
    const known = this.#known.get(node) ?? this.read(node, at);
    const { value, size, spot } = known;
    return this.#count({ value, size, spot: { at, below: spot.below } }, size);
  }

  #scalar({ value, source, type }: Scalar, at: number): unknown {
    if (typeof value === 'string') {
      if (!value.includes('\0') && value.isWellFormed()) return value;
      this.#tell(at, 'a text with a NUL or half a character in it', 'leave that escape out');
      return null;
    }
    if (typeof value === 'number' || typeof value === 'boolean') {
      const text = source ?? String(value);
      return type === 'PLAIN' && text !== String(value) ? new Written(value, text) : value;
    }
    return null;
  }

  #list(items: readonly unknown[], at: number): Located {
    const below = new Map<string, Spot>();
    let size = 1;
    const values = items.map((item, index) => {
      const located = this.read(item, at);
      below.set(String(index), located.spot);
      size += located.size;
      return located.value;
    });
    return this.#counted(values, at, below, size);
  }

  #mapping(node: YAMLMap, at: number): Located {
    const own = new Map<string, Located>();
    const merged = new Map<string, Located>();
    for (const pair of node.items) {
      const keyAt = (pair.key as ParsedNode | null)?.range?.[0] ?? at;
      const key = this.#key(pair.key, keyAt);
      const isMerge = key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN';
      const located = this.read(pair.value, keyAt);
      if (key === undefined) continue;
      if (isMerge) this.#merge(merged, located);
      else this.#add(own, key, { ...located, spot: { ...located.spot, key: keyAt } });
    }
    const entries = [...new Map([...own, ...[...merged].filter(([key]) => !own.has(key))])];
    const below = new Map(entries.map(([key, { spot }]) => [key, spot]));
    const size = entries.reduce((sum, [, item]) => sum + item.size, 1);
    return this.#counted(
      Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
      at,
      below,
      size,
    );
  }

  /** A key as it stands in the file; undefined for what can be none. */
  #key(node: unknown, at: number): string | undefined {
    const { value, spot } = this.read(node, at);
    const text = value instanceof Written ? value.text : value;
    if (text === '__proto__' || text === null || typeof text === 'object') {
      const what = text === null ? 'nothing' : show(text);
      this.#tell(spot.at, `a key must be a name, found ${what}`);
      return undefined;
    }
    return text === undefined ? undefined : String(text);
  }

  #add(entries: Map<string, Located>, key: string, located: Located): void {
    const first = entries.get(key);
    // An empty key is as if it were not there.
    if (!first || isEmpty(first.value)) entries.set(key, located);
    else if (!isEmpty(located.value) && JSON.stringify(first.value) !== JSON.stringify(located.value)) {
      const line = this.#lineOf(first.spot.key!);
      this.#tell(
        located.spot.key!,
        `${show(key)} stands here and in line ${line}, with another value`,
        'keep one of the two; several values of one flag are a list',
      );
    }
  }

  #merge(merged: Map<string, Located>, { value, spot }: Located): void {
    const sources = Array.isArray(value)
      ? value.map((item, index) => ({ value: item as unknown, spot: spot.below.get(String(index))! }))
      : [{ value, spot }];
    for (const source of sources) {
      if (!isMapping(source.value)) {
        // What was told already is null.
        if (source.value !== null)
          this.#tell(source.spot.at, `<< merges mappings, found ${show(source.value)}`, 'write <<: *NAME');
        continue;
      }
      for (const [key, item] of Object.entries(source.value)) {
        const below = source.spot.below.get(key)!;
        // The first that has a key wins.
        if (!merged.has(key)) merged.set(key, { value: item, spot: below, size: 1 });
      }
    }
  }
}

const KNOWN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);
