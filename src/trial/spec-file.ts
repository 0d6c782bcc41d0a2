import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, UserError, userError } from '../ground/errors.ts';
import { onDisk } from '../ground/paths.ts';
import { isTooDeep } from '../record/checks.ts';
import { type Json, withoutReferences, withReferences } from './spec-references.ts';
import { trialSpecSchema } from './spec-schema.ts';
import { type TrialSpec, whyNotLoaded } from './trial-spec.ts';

/**
 * Writes a spec so that it can be measured again, readable by its owner only. What may be a secret is not in it, but the
 * name of a variable that holds it; see `withReferences`.
 * @param shell the environment that a server inherits.
 * @throws UserError when the disk does not take it.
 */
export function writeSpec(path: string, spec: TrialSpec, shell = process.env): void {
  const text = `${JSON.stringify(withReferences(spec, shell), undefined, 2)}\n`;
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
