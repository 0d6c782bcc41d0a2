import { createHash } from 'node:crypto';
import type { LoadSettings, ModelPlan } from '../config/experiment.ts';
import type { Place } from '../executor/place.ts';
import { contentsOf } from '../load/input-contents.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { canonicalJson } from '../model-config/config.ts';
import {
  CONFIGURATION,
  type Fingerprints,
  MACHINE,
  MEASURING,
  MEMBERS,
  MODEL_FILES,
  PACKAGES,
} from '../record/fingerprints.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { loadedName } from '../record/run.ts';
import { expandEnvironment } from '../server/arguments.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { Candidate } from '../space/space.ts';
import type { BaseModel } from '../variant/base.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Raised with every change that makes other figures of the same server: of the load generator, of when a point is
 * done, of what a metric is. Another version of tma that changes none of them measures nothing again.
 */
export const MEASURING_VERSION = 3;

export const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);

/** Everything about a variant that may change what is measured on it, in the user's words. */
const partsOf = (
  candidate: Candidate,
  base: BaseModel,
  plan: ModelPlan,
  server: ServerIdentity,
  place: Place,
  { inherited, packages, reuse }: Surroundings = {},
): Readonly<Record<string, unknown>> => ({
  // Each by its name, so that it is told which of them changed.
  ...inherited,
  [CONFIGURATION]: candidate.key,
  [MODEL_FILES]: base.fingerprint,
  'the server': server.hash,
  triton_server_flags: plan.serverFlags,
  triton_server_environment: expandEnvironment(plan.serverEnvironment),
  [MACHINE]: place.machine,
  'the GPUs': place.gpus ?? 'all',
  // Only where they differ from what is usual.
  ...(place.driver !== undefined && { 'the GPU driver': place.driver }),
  ...(place.cores !== undefined && { 'the number of cores': place.cores }),
  ...(place.container !== undefined && { "the container's settings": containerOf(place, plan) }),
  ...(base.members !== undefined && { [MEMBERS]: base.members }),
  ...(packages !== undefined && { [PACKAGES]: packages }),
  ...(reuse === true && { server_reuse: true }),
});

/** What a container gets of tma's own variables is what they hold. */
const containerOf = ({ container }: Place, { container: { environment } }: ModelPlan): unknown => ({
  ...(container as object),
  environment: expandEnvironment(environment),
});

/** How a part of a key is written down. */
export const partHash = (part: unknown): string => hash(part).slice(0, 8);

/** A key that is equal where everything is that may change what is measured, and the hash of each part of it. */
export function variantKey(...from: Parameters<typeof partsOf>): { key: string; parts: Fingerprints } {
  const parts = partsOf(...from);
  const [candidate] = from;
  return {
    key: hash([loadedName(candidate), parts]),
    parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, partHash(part)])),
  };
}

/** What makes the load. */
export type Generator = Pick<LoadGenerator, 'name' | 'version'>;

const told = ({ name, version }: Generator): string => (version === undefined ? name : `${name} ${version}`);

/** With what the files of input data hold; without files as it was. */
function withContents(settings: LoadSettings): LoadSettings & { readonly contents?: readonly string[] } {
  const contents = contentsOf(settings.inputData);
  return contents.length > 0 ? { ...settings, contents } : settings;
}

/** What decides how load is made and timed, each part as a hash. */
export const loadParts = (settings: LoadSettings, generator: Generator): Fingerprints => {
  const named = Object.entries(withContents(settings))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [WORDS[name] ?? name, hash(value).slice(0, 8)]);
  return {
    load_generator: hash(told(generator)).slice(0, 8),
    [MEASURING]: hash(MEASURING_VERSION).slice(0, 8),
    ...Object.fromEntries(named),
  };
};

const WORDS: Readonly<Record<string, string>> = {
  flags: 'perf_analyzer_flags',
  protocol: 'client_protocol',
  stopRule: 'how long a point is measured',
  shapes: 'shape',
  inputData: 'input-data',
  contents: 'what the files of input-data hold',
  stringLength: 'string-length',
  stringData: 'string-data',
  maxInFlight: 'max-in-flight',
  failureLimit: 'failure-limit',
  requestTimeoutMs: 'request-timeout',
  sharedMemory: 'shared-memory',
  modelVersion: 'model-version',
};

/** A point on a variant under one way of making and timing load. */
export const pointKey = (
  variant: string,
  point: LoadPoint,
  settings: LoadSettings,
  generator: Generator,
): string => hash([variant, hashed(point), withContents(settings), told(generator), MEASURING_VERSION]);

/** A load on one model by what journals of version 1 had, so that what was measured then is still known. */
function hashed({ streams }: LoadPoint): unknown {
  const [{ load, batchSize }, ...others] = streams;
  if (others.length > 0) return streams;
  return load.kind === 'rate'
    ? { batchSize, requestRate: load.perSecond }
    : { batchSize, concurrency: load.inFlight };
}
