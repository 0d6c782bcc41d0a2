import type { Random } from '../../support/random.ts';

/**
 * A value of JSON or YAML as a tree in which everything can stand that text can say: a key twice, `__proto__`, numbers
 * beyond what JavaScript can hold, or no JSON at all.
 */
export type Tree =
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: Tree])[] }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly text: string };

export const scalar = (text: string): Tree => ({ kind: 'scalar', text });

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(treeOf) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'map', entries: Object.entries(value).map(([key, inner]) => [key, treeOf(inner)]) };
  }
  return scalar(JSON.stringify(value) ?? 'null');
}

export function printTree(tree: Tree): string {
  switch (tree.kind) {
    case 'map':
      return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}: ${printTree(value)}`).join(', ')}}`;
    case 'list':
      return `[${tree.items.map(printTree).join(', ')}]`;
    case 'scalar':
      return tree.text;
  }
}

/** What trees are changed by. */
export interface Material {
  /** Values as text that are put in for others. */
  readonly scalars: readonly string[];
  readonly keys: readonly string[];
  readonly others: readonly Tree[];
}

/** Changes one to four places of a tree. */
export function changeTree(random: Random, tree: Tree, material: Material): Tree {
  let changed = tree;
  for (let round = random.chance(0.6) ? 1 : 1 + random.below(4); round > 0; round--)
    changed = changeIn(random, changed, material);
  return changed;
}

/** Goes down by chance, and changes what is there. */
function changeIn(random: Random, tree: Tree, material: Material): Tree {
  const size = tree.kind === 'map' ? tree.entries.length : tree.kind === 'list' ? tree.items.length : 0;
  if (size === 0 || random.chance(0.2)) return changeHere(random, tree, material);
  const at = random.below(size);
  if (tree.kind === 'list') {
    return { kind: 'list', items: tree.items.with(at, changeIn(random, tree.items[at]!, material)) };
  }
  if (tree.kind === 'map') {
    const [key, value] = tree.entries[at]!;
    return { kind: 'map', entries: tree.entries.with(at, [key, changeIn(random, value, material)]) };
  }
  return tree;
}

function changeHere(random: Random, tree: Tree, material: Material): Tree {
  const { scalars, others } = material;
  switch (random.below(8)) {
    case 0:
    case 1:
      return scalar(random.pick(scalars));
    case 2:
      return nested(random, tree);
    case 3:
      return partOf(random, random.pick(others));
    case 4:
      return { kind: 'list', items: Array.from({ length: random.below(4) }, () => tree) };
    default:
      return changeMembers(random, tree, material);
  }
}

/** One more, one less, one twice, two exchanged, or another key. */
function changeMembers(random: Random, tree: Tree, { scalars, keys, others }: Material): Tree {
  if (tree.kind === 'scalar') return changeText(random, tree.text, scalars);
  const another = (): Tree =>
    random.chance(0.5) ? scalar(random.pick(scalars)) : partOf(random, random.pick(others));
  if (tree.kind === 'list') return { kind: 'list', items: changeList(random, tree.items, another) };
  if (tree.entries.length > 0 && random.chance(0.3)) {
    const at = random.below(tree.entries.length);
    return { kind: 'map', entries: tree.entries.with(at, [random.pick(keys), tree.entries[at]![1]]) };
  }
  return {
    kind: 'map',
    entries: changeList(random, tree.entries, () => [random.pick(keys), another()] as const),
  };
}

function changeList<T>(random: Random, list: readonly T[], another: () => T): T[] {
  const at = random.below(list.length + 1);
  if (list.length === 0 || random.chance(0.4)) return list.toSpliced(at, 0, another());
  const one = list[at % list.length]!;
  if (random.chance(0.5)) return list.toSpliced(at % list.length, 1);
  return random.chance(0.5) ? list.toSpliced(at, 0, one) : [...list.toSpliced(at % list.length, 1), one];
}

function changeText(random: Random, text: string, scalars: readonly string[]): Tree {
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) return scalar(random.pick(scalars));
  return scalar(
    random.pick([`${-number}`, `${number * 1e10}`, `${number + 0.5}`, `"${text}"`, `${text}0`, '0', '1']),
  );
}

/** The same deep inside lists and maps: mostly a few, now and then more than any stack holds. */
function nested(random: Random, tree: Tree): Tree {
  const depth = 1 + random.below(random.chance(0.95) ? 20 : random.pick([200, 2000, 20_000]));
  const inList = random.chance(0.5);
  return scalar(
    (inList ? '[' : '{"a": ').repeat(depth) + printTree(tree) + (inList ? ']' : '}').repeat(depth),
  );
}

function partOf(random: Random, tree: Tree): Tree {
  if (tree.kind === 'scalar' || random.chance(0.3)) return tree;
  const members = tree.kind === 'map' ? tree.entries.map(([, value]) => value) : tree.items;
  return members.length === 0 ? tree : partOf(random, random.pick(members));
}
