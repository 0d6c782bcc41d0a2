import { argumentsWith, flagWith } from '../config/secrets.ts';
import {
  asPattern,
  isOrdinary,
  LONG,
  replaceSecretParts,
  SHORTEST,
  secretsOf,
  soundsSecret,
} from '../ground/redact.ts';
import type { TrialSettings, TrialSpec } from './trial-spec.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A text with parts that stand in the environment of whoever reads it, as `${NAME}`; `$$` is a dollar sign. */
const REFERENCE = 'withEnvironment';

/** A variable that is passed on: its name is no secret. */
const PASSED_ON = /^\$(\w+|\{\w+\})$/;

/** What stands below these keys is a word of tma's own, whatever else is called so. */
const OWN_WORDS = new Set(['kind', 'mode', 'engine', 'protocol', 'compression']);

/**
 * A spec as it may be read by others. What may be a secret is replaced by the name of a variable that holds it:
 * - of the server's and the container's environment every value, `TMA_ENV_...`, unless it is the name of a variable
 *   alone, or ordinary: a number, a word such as `true` or `debug`, less than three characters, under a name that does
 *   not sound like a secret;
 * - of headers by the same rule, `TMA_HEADER_...`;
 * - of tritonserver's flags the header's value of a restricted API, and what a setting holds that is called like a
 *   secret, `TMA_FLAG_...`; likewise of the container's labels and
 *   other settings, `TMA_LABEL_...`, `TMA_FIELD_...`;
 * - wherever else one of these values stands, and what a variable of the shell holds that is called like a secret.
 * Two values never have one name: the second is `..._2`.
 */
export function withReferences(spec: TrialSpec, shell: NodeJS.ProcessEnv): Json {
  return new Writer(spec, shell).written();
}

class Writer {
  readonly #spec: TrialSpec;
  /** A letter that no text of the spec has: it stands around names of variables. */
  readonly #mark: string;
  /** Variable -> value. */
  readonly #held = new Map<string, string>();
  /** Values that are looked for everywhere, and in the settings alone. */
  readonly #secrets = new Set<string>();
  readonly #values = new Set<string>();

  constructor(spec: TrialSpec, shell: NodeJS.ProcessEnv) {
    this.#spec = spec;
    const text = JSON.stringify(spec);
    let mark = 0xe000;
    while (text.includes(String.fromCodePoint(mark))) mark++;
    this.#mark = String.fromCodePoint(mark);
    for (const [name, value] of Object.entries(secretsOf(shell))) {
      if (value.length < LONG || isOrdinary(value, name) || !text.includes(inJson(value))) continue;
      const variable = /^\w+$/.test(name) ? name : variableOf('ENV', name);
      this.#held.set(variable, value);
      this.#secrets.add(value);
    }
  }

  written(): Json {
    const settings = this.#settings();
    const everywhere = patternOf(this.#secrets);
    const inSettings = patternOf(new Set([...this.#secrets, ...this.#values]));
    const { settings: _, ...rest } = this.#spec;
    const whole = {
      ...(this.#mapped(rest as unknown as Json, everywhere) as object),
      settings: this.#mapped(settings as unknown as Json, inSettings),
    } as Readonly<Record<string, Json>>;
    // In the order that it has.
    return Object.fromEntries(
      Object.keys(this.#spec).flatMap((key) => (key in whole ? [[key, whole[key]!]] : [])),
    );
  }

  /** The settings with names of variables where secrets are known to stand. */
  #settings(): TrialSettings {
    const { serverEnvironment, container, load, serverFlags } = this.#spec.settings;
    const flag = (name: string, text: string): string =>
      flagWith(name, text, (value) => this.#secret(variableOf('FLAG', name), value));
    return {
      ...this.#spec.settings,
      serverEnvironment: this.#environment(serverEnvironment),
      container: {
        ...container,
        environment: this.#environment(container.environment),
        labels: mapValues(container.labels, (value, name) =>
          soundsSecret(name) && !isOrdinary(value, name)
            ? this.#secret(variableOf('LABEL', name), value)
            : replaceSecretParts(value, (part) => this.#secret(variableOf('LABEL', name), part)),
        ),
        fields: this.#fields(container.fields as Readonly<Record<string, Json>>),
      },
      load: {
        ...load,
        headers: load.headers.map(([name, value]) => [name, this.#header(name, value)] as const),
        flags: argumentsWith(load.flags, (name, value) => this.#header(name, value)),
      },
      serverFlags: mapValues(serverFlags, (value, name) =>
        typeof value === 'string' ? flag(name, value) : value.map((text) => flag(name, text)),
      ),
    };
  }

  /** What an engine is told beside: words of an entry point may hold what settings do. */
  #fields(json: Readonly<Record<string, Json>>): Record<string, Json> {
    const within = (item: Json, field: string): Json =>
      typeof item === 'string'
        ? replaceSecretParts(item, (part) => this.#secret(variableOf('FIELD', field), part))
        : mapped(item, (below) => within(below, field));
    return mapValues(json, within);
  }

  #environment(environment: Readonly<Record<string, string>>): Record<string, string> {
    return mapValues(environment, (value, name) => {
      if (PASSED_ON.test(value) || isOrdinary(value, name)) return value;
      const isSecret = name in secretsOf({ [name]: value });
      if (isSecret) return this.#secret(variableOf('ENV', name), value);
      this.#values.add(value);
      return this.#name(variableOf('ENV', name), value);
    });
  }

  #header(name: string, value: string): string {
    return isOrdinary(value, name) ? value : this.#secret(variableOf('HEADER', name), value);
  }

  #secret(variable: string, value: string): string {
    if (value === '') return '';
    this.#secrets.add(value);
    return this.#name(variable, value);
  }

  /** The variable that holds a value: of this name, or with a number where another value has it. */
  #name(variable: string, value: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? variable : `${variable}_${number}`;
      const held = this.#held.get(name) ?? value;
      if (held !== value) continue;
      this.#held.set(name, value);
      return `${this.#mark}${name}${this.#mark}`;
    }
  }

  #mapped(json: Json, pattern: RegExp | undefined, key = ''): Json {
    if (typeof json === 'string') return OWN_WORDS.has(key) ? json : this.#text(json, pattern);
    return mapped(json, (item, below) => this.#mapped(item, pattern, below));
  }

  /** A text, as a reference where names of variables stand in it or known values do. */
  #text(text: string, pattern: RegExp | undefined): Json {
    // Every second part is the name of a variable.
    const parts = text.split(this.#mark);
    const found = parts.map((part, index) =>
      index % 2 === 1 || !pattern ? part : part.replace(pattern, (value) => this.#variableWith(value)),
    );
    const marked = found
      .map((part, index) => (index % 2 === 1 ? `${this.#mark}${part}${this.#mark}` : part))
      .join('');
    if (!marked.includes(this.#mark)) return text;
    const pieces = marked.split(this.#mark);
    return {
      [REFERENCE]: pieces
        .map((piece, index) => (index % 2 === 1 ? `\${${piece}}` : piece.replaceAll('$', '$$$$')))
        .join(''),
    };
  }

  #variableWith(value: string): string {
    const [variable] = [...this.#held].find(([, held]) => held === value)!;
    return `${this.#mark}${variable}${this.#mark}`;
  }
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const variableOf = (kind: string, name: string): string =>
  `TMA_${kind}_${name.replace(/^-+/, '').toUpperCase().replace(/\W/g, '_')}`;

/** Finds values in other texts: the longest first, as one may be a part of another; short ones where they stand alone. */
function patternOf(values: ReadonlySet<string>): RegExp | undefined {
  const patterns = [...values]
    .filter((value) => value.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
    .map((value) =>
      value.length >= LONG ? asPattern(value) : `(?<![\\p{L}\\p{N}])${asPattern(value)}(?![\\p{L}\\p{N}])`,
    );
  return patterns.length > 0 ? new RegExp(patterns.join('|'), 'gu') : undefined;
}

/**
 * JSON with its references filled in.
 * @param missing gets the names of variables that are not set.
 */
export function withoutReferences(json: Json, environment: NodeJS.ProcessEnv, missing: Set<string>): Json {
  const reference = referenceOf(json);
  if (reference === undefined) return mapped(json, (item) => withoutReferences(item, environment, missing));
  return reference.replace(/\$\$|\$\{(\w+)\}/g, (found, name: string | undefined) => {
    if (name === undefined) return found[0]!;
    if (environment[name] === undefined) missing.add(name);
    return environment[name] ?? '';
  });
}

function referenceOf(json: Json): string | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const [[key, value] = [], ...others] = Object.entries(json);
  return others.length === 0 && key === REFERENCE && typeof value === 'string' ? value : undefined;
}

function mapped(json: Json, map: (item: Json, key: string) => Json): Json {
  if (Array.isArray(json)) return json.map((item: Json) => map(item, ''));
  if (typeof json !== 'object' || json === null) return json;
  return mapValues(json as Readonly<Record<string, Json>>, map);
}

const mapValues = <From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From, key: string) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
