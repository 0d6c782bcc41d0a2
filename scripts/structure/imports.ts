import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** The steps of the pipeline, left to right, and before them what every step may use. An import points to the left. */
export const ORDER = [
  'ground',
  'model-config',
  'statistics',
  'install',
  'record',
  'goal',
  'config',
  'space',
  'search',
  'variant',
  'server',
  'load',
  'measure',
  'trial',
  'executor',
  'store',
  'rank',
  'run',
  'report',
  'setup',
  'index.ts',
  'terminal',
  'cli',
] as const;

/** One import of a file of src/ by another, types included; paths are relative to src/. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

const SRC = resolve(import.meta.dirname, '../../src');

/** The source files, generated ones included. */
export const sources = (): string[] =>
  readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

export const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');

/** Every import, export from and dynamic import between source files. */
export function importsOf(files: readonly string[]): Import[] {
  const pattern =
    /^(?:import|export)\b[^;]*?from '(\.[^']+)';|^import '(\.[^']+)';|\bimport\(\s*'(\.[^']+)'\s*\)/gms;
  return files.flatMap((from) =>
    [...textOf(from).matchAll(pattern)].map(([, plain, alone, dynamic]) => ({
      from,
      to: relative(SRC, resolve(dirname(join(SRC, from)), (plain ?? alone ?? dynamic)!)),
    })),
  );
}

/** The packages that are loaded with a file of src/, by it or what it imports; not those that are imported later, when needed. */
export function packagesOf(entry: string): string[] {
  const pattern = /^(?:import|export)\b(?! type\b)[^;]*?'([^'\n]+)';/gms;
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const [statement, target] of textOf(file).matchAll(pattern)) {
      if (!/\bfrom '|^import '/.test(statement)) continue;
      if (target!.startsWith('.')) visit(relative(SRC, resolve(dirname(join(SRC, file)), target!)));
      else if (!target!.startsWith('node:')) packages.add(packageOf(target!));
    }
  };
  visit(entry);
  return [...packages].sort();
}

/** `@bufbuild/protobuf/codegenv2` is a part of `@bufbuild/protobuf`. */
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

/** Files that have the name of another: two of one name in two folders are told apart by nobody. */
export function namesakes(files: readonly string[]): string[][] {
  const groups = Map.groupBy(files, (file) => basename(file));
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The step that a file belongs to; undefined for one that lies loose in src/. */
export function stepOf(file: string): number | undefined {
  const at = ORDER.indexOf(roomOf(file) as (typeof ORDER)[number]);
  return at < 0 ? undefined : at;
}

/** Imports that point to a later step. */
export const backArrows = (imports: readonly Import[]): Import[] =>
  imports.filter(({ from, to }) => (stepOf(to) ?? 0) > (stepOf(from) ?? Number.POSITIVE_INFINITY));

/** What the command line and the terminal may use of src/ besides index.ts: the ground is for every step. */
const FACES: Readonly<Record<string, readonly string[]>> = {
  terminal: ['terminal', 'index.ts', 'ground'],
  cli: ['cli', 'terminal', 'index.ts', 'ground'],
};

/** Imports of the command line and the terminal that go round index.ts. */
export const roundIndex = (imports: readonly Import[]): Import[] =>
  imports.filter(({ from, to }) => FACES[roomOf(from)]?.includes(roomOf(to)) === false);

const roomOf = (file: string): string => file.split('/')[0]!;

/** Sets of files that import each other in a circle, largest first (Tarjan's strongly connected components). */
export function circles(files: readonly string[], imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const { to } of targets.get(file) ?? []) {
      if (!index.has(to)) visit(to);
      else if (!stack.includes(to)) continue;
      low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1) found.push(members.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return found.sort((a, b) => b.length - a.length);
}

/** A function and how many lines it takes. */
export interface Length {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly lines: number;
}

/** The functions and methods of a file. It is formatted, so that one ends where its indentation comes back. */
export function functionsOf(file: string): Length[] {
  const lines = textOf(file).split('\n');
  return lines.flatMap((line, at): Length[] => {
    const match =
      /^( *)(?:export )?(?:async )?function\*? (\w+)/.exec(line) ??
      /^( *)(?:export )?const (\w+)[^=]*= (?:async )?\(.*(?:=>|\($)/.exec(line) ??
      /^( +)(?:static )?(?:async )?\*?(#?\w+)\(.*(?:\{|\()$/.exec(line);
    if (!match || /^(if|for|while|switch|catch|return)$/.test(match[2]!)) return [];
    const [, indent = '', name = ''] = match;
    return [{ file, line: at + 1, name, lines: endOf(lines, at, indent.length) - at + 1 }];
  });
}

/** The last line of what begins at a line: where its indentation comes back, but for a head that goes on there. */
function endOf(lines: readonly string[], at: number, indent: number): number {
  let last = at;
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next]!;
    if (line.trim() === '') continue;
    if (line.search(/\S/) <= indent) {
      if (!/^\s*[})\]]/.test(line)) return last;
      if (!/(?:\{|\(|=>|=)$/.test(line)) return next;
    }
    last = next;
  }
  return last;
}
