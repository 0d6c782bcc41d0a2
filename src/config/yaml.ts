import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Tags,
} from 'yaml';
import { type Place, UserError, userError } from '../errors.ts';

export type Path = readonly (string | number)[];

/** A parsed perf.yaml: the plain values, and where each of them stands. */
export interface YamlSource {
  readonly file: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The place of the value at a path, or of its nearest parent that exists. */
  placeOf(path: Path): Place;
  /** The place of a key itself. */
  placeOfKey(path: Path): Place;
}

/**
 * Parses YAML 1.1, the dialect that Model Analyzer's files are written in.
 * @throws UserError with the place of a syntax error, of a duplicate key, or when the file holds no mapping.
 */
export function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.1',
    merge: true,
    prettyErrors: false,
    customTags: asPyYaml,
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    throw new UserError(
      document.errors.map((error) => ({
        message: error.message.split('\n')[0]!,
        place: at(error.pos[0]),
        hint: error.code === 'TAB_AS_INDENT' ? 'indent with spaces' : undefined,
      })),
    );
  }
  const data: unknown = document.toJS();
  const start = { file, line: 1, column: 1 };
  if (data === null || data === undefined) {
    throw userError('the file is empty', 'it needs at least: profile_models: [NAME_OF_A_MODEL]', start);
  }
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw userError(`expected a mapping of options, found ${show(data)}`, 'profile_models: [NAME]', start);
  }

  const child = (node: unknown, key: string | number): { key?: Node; value?: unknown } => {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      return pair ? { key: pair.key as Node, value: pair.value } : {};
    }
    return isSeq(node) ? { value: node.items[Number(key)] } : {};
  };
  const find = (path: Path, wantKey: boolean): Place => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [index, step] of path.entries()) {
      const next = child(node, step);
      const last = index === path.length - 1;
      const target = (last && wantKey ? next.key : undefined) ?? next.value ?? next.key;
      if (isPair(target) || !isNode(target) || !target.range) break;
      offset = target.range[0];
      node = next.value;
    }
    return at(offset);
  };
  return {
    file,
    data: data as Record<string, unknown>,
    placeOf: (path) => find(path, false),
    placeOfKey: (path) => find(path, true),
  };
}

/**
 * YAML 1.1 as PyYAML reads it: `yes` and `off` are truth values, but a tensor may be called `y`; a number has a digit
 * before its exponent, so a folder may be `.` and a model `e5`.
 */
const asPyYaml = (tags: Tags): Tags =>
  tags.map((tag) => {
    if (typeof tag !== 'object' || !('test' in tag) || !tag.test) return tag;
    const { source } = tag.test;
    if (tag.tag === 'tag:yaml.org,2002:bool')
      return { ...tag, test: new RegExp(source.replace(/[YN]\|[yn]\|/, '')) };
    if (tag.tag === 'tag:yaml.org,2002:float' && !/nan/i.test(source))
      return { ...tag, test: new RegExp(source.replace('^', '^(?=[-+]?\\.?[0-9])')) };
    return tag;
  });

/** A value as it would stand in the file, shortened, for "found ...". */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
