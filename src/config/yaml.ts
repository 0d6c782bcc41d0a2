import { Composer, type CST, type Document, LineCounter, Parser, type Tags } from 'yaml';
import type { Place, Problem } from '../ground/errors.ts';
import { isMapping, show } from './written.ts';
import { NodeReader, type Spot } from './yaml-data.ts';

export type Path = readonly (string | number)[];

/** A parsed perf.yaml: the plain values, and where each of them stands. */
export interface YamlSource {
  readonly file: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What is wrong with it as YAML; that part is not in `data`. */
  readonly problems: readonly Problem[];
  /** Whether it could be read at all: if not, nothing is known of what it wants. */
  readonly readable: boolean;
  /** The place of the value at a path, or of its nearest parent that exists. */
  placeOf(path: Path): Place;
  /** The place of a key itself. */
  placeOfKey(path: Path): Place;
}

/** Lists and mappings in one another; no option needs a dozen. */
const DEEPEST = 100;
const EMPTY: Spot = { at: 0, below: new Map() };

/** Parses YAML 1.1, the dialect that Model Analyzer's files are written in; mistakes are told in `problems`. */
export function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tell = (offset: number, message: string, hint?: string): void => {
    problems.push({ message, place: at(offset), hint });
  };
  const source = (data: Record<string, unknown>, spot: Spot, readable = true): YamlSource => ({
    file,
    data,
    problems,
    readable,
    placeOf: (path) => at(find(spot, path).at),
    placeOfKey: (path) => {
      const found = find(spot, path);
      return at(found.key ?? found.at);
    },
  });
  const document = documentOf(text, lines, tell);
  if (!document) return source({}, EMPTY, problems.length === 0);
  const start = document.contents?.range?.[0] ?? 0;
  const reader = new NodeReader(tell, (offset) => at(offset).line);
  const { value, spot } = reader.read(document.contents, start);
  if (reader.isFull) return source({}, EMPTY, false);
  if (isMapping(value)) return source(value, spot);
  if (value !== null && value !== undefined)
    tell(spot.at, `expected a mapping of options, found ${show(value)}`, 'profile_models: [NAME]');
  return source({}, spot, value === null);
}

/** The one document of a text; undefined where there is none, or none that can be read. */
function documentOf(
  text: string,
  lines: LineCounter,
  tell: (offset: number, message: string, hint?: string) => void,
): Document.Parsed | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const strange = UNPRINTABLE.exec(text);
  if (strange) {
    const code = strange[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    tell(strange.index, `the character U+${code} can't stand in a YAML file`, 'leave it out');
    return undefined;
  }
  const deep = tooDeep(tokens);
  if (deep !== undefined) {
    tell(deep, `more than ${DEEPEST} lists and mappings in one another`);
    return undefined;
  }
  const options = { version: '1.1', merge: false, uniqueKeys: false, prettyErrors: false } as const;
  const composer = new Composer({ ...options, customTags: asPyYaml });
  const documents = [...composer.compose(tokens)] as Document.Parsed[];
  const mistakes = documents.flatMap(({ errors }) => errors);
  for (const { message, pos, code } of mistakes)
    tell(pos[0], message.split('\n')[0]!, code === 'TAB_AS_INDENT' ? 'indent with spaces' : undefined);
  if (mistakes.length > 0) return undefined;
  const [first, second] = documents.filter(({ contents }) => !isNothing(contents));
  if (second) {
    tell(
      second.contents?.range?.[0] ?? second.range[0],
      'a second document begins here',
      'a file has one: take out the line of three dashes, or make two files of it',
    );
    return undefined;
  }
  return first;
}

const isNothing = (contents: Document.Parsed['contents']): boolean =>
  contents === null || ('value' in contents && contents.value === null && !contents.tag);

/** What YAML 1.1 allows is printable; tabs and line ends are. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Where the nesting is too deep, if it is anywhere; the texts are tokens only, so nothing is recursive yet. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const left: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, depth } = next;
    if (depth > DEEPEST) return token.offset;
    if ('value' in token && token.value) left.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key) left.push({ token: key, depth: depth + 1 });
      if (value) left.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

/** The spot of a path, or of its nearest parent that exists. */
function find(root: Spot, path: Path): Spot {
  let spot = root;
  for (const step of path) {
    const next = spot.below.get(String(step));
    if (!next) break;
    spot = next;
  }
  return spot;
}

/**
 * YAML 1.1 as PyYAML reads it, without its traps: `yes` and `off` are truth values, but a tensor may be called `y`; a
 * number has a digit before its exponent, so a folder may be `.` and a model `e5`; `1:8` is no number to the base of
 * 60, and a date is a text.
 */
const asPyYaml = (tags: Tags): Tags =>
  tags.flatMap((tag): Tags => {
    if (typeof tag !== 'object') return [tag];
    if (LEFT_OUT.has(tag.tag) || ('format' in tag && tag.format === 'TIME')) return [];
    if (!('test' in tag) || !tag.test) return [tag];
    const { source } = tag.test;
    if (tag.tag === 'tag:yaml.org,2002:bool')
      return [{ ...tag, test: new RegExp(source.replace(/[YN]\|[yn]\|/, '')) }];
    if (tag.tag === 'tag:yaml.org,2002:float' && !/nan/i.test(source))
      return [{ ...tag, test: new RegExp(source.replace('^', '^(?=[-+]?\\.?[0-9])')) }];
    return [tag];
  });

const LEFT_OUT = new Set(
  ['merge', 'timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`),
);
