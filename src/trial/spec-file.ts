import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, UserError, userError } from '../ground/errors.ts';
import { onDisk } from '../ground/paths.ts';
import { asPattern, secretsOf } from '../ground/redact.ts';
import { isTooDeep } from '../record/checks.ts';
import { trialSpecSchema } from './spec-schema.ts';
import { type TrialSpec, whyNotLoaded } from './trial-spec.ts';

/** A text with parts that stand in the environment of whoever reads it, as `${NAME}`; `$$` is a dollar sign. */
const REFERENCE = 'withEnvironment';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Writes a spec so that it can be measured again, readable by its owner only. Secrets are not in it, but the names of
 * variables that hold them: of the server's environment its own, of headers `TMA_HEADER_...`.
 * @throws UserError when the disk does not take it.
 */
export function writeSpec(path: string, spec: TrialSpec): void {
  const text = `${JSON.stringify(withReferences(spec as unknown as Json, secretsIn(spec)), undefined, 2)}\n`;
  onDisk(`cannot write ${path}`, 'name another folder with --checkpoint-directory', () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  });
}

/**
 * Reads a spec, its references filled in.
 * @throws UserError that names what is wrong in it, or the variables that are missing.
 */
export function readSpec(path: string, environment: NodeJS.ProcessEnv): TrialSpec {
  const text = onDisk(`cannot read ${path}`, 'name the file of a trial with --spec', () =>
    readFileSync(path, 'utf8'),
  );
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw userError(`${path}: no spec of a trial: ${messageOf(error)}`);
  }
  if (isTooDeep(json)) throw userError(`${path}: no spec of a trial: it is nested too deep`);
  const missing = new Set<string>();
  const whole = withoutReferences(json, environment, missing);
  if (missing.size > 0) {
    throw userError(
      `${path}: secrets are not in it, and ${[...missing].join(', ')} ${missing.size === 1 ? 'is' : 'are'} not set`,
      'set what the spec takes from the environment, then run the same command again',
    );
  }
  const read = trialSpecSchema.safeParse(whole);
  if (read.success) {
    checkPoints(path, read.data);
    return read.data;
  }
  throw new UserError(
    read.error.issues.map((issue) => ({
      message: `${path}: ${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`,
    })),
  );
}

function checkPoints(path: string, spec: TrialSpec): void {
  for (const [index, point] of (spec.points ?? []).entries()) {
    const why = whyNotLoaded(point, spec);
    if (why !== undefined) throw userError(`${path}: points.${index}: ${why}`);
  }
}

/** Values that must not stand in a file, and the variables that hold them. */
function secretsIn({ settings }: TrialSpec): Map<string, string> {
  const { serverEnvironment, container, load } = settings;
  const secrets = new Map<string, string>();
  for (const environment of [serverEnvironment, container.environment]) {
    for (const [name, value] of Object.entries(secretsOf(environment)))
      if (!value.startsWith('$')) secrets.set(value, name);
  }
  for (const [name, value] of load.headers)
    secrets.set(value, `TMA_HEADER_${name.toUpperCase().replace(/\W/g, '_')}`);
  secrets.delete('');
  return secrets;
}

function withReferences(json: Json, secrets: ReadonlyMap<string, string>): Json {
  if (typeof json === 'string') {
    const held = [...secrets].filter(([value]) => json.includes(value));
    if (held.length === 0) return json;
    // The longest first: one value may be a part of another.
    const parts = held.sort(([a], [b]) => b.length - a.length);
    const pattern = new RegExp(['\\$', ...parts.map(([value]) => asPattern(value))].join('|'), 'g');
    return {
      [REFERENCE]: json.replace(pattern, (found) => (found === '$' ? '$$' : `\${${secrets.get(found)}}`)),
    };
  }
  return mapped(json, (item) => withReferences(item, secrets));
}

function withoutReferences(json: Json, environment: NodeJS.ProcessEnv, missing: Set<string>): Json {
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

function mapped(json: Json, map: (item: Json) => Json): Json {
  if (Array.isArray(json)) return json.map(map);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, map(value)]));
}
