import { createHash } from 'node:crypto';
import type { LoadSettings, ModelPlan } from '../config/experiment.ts';
import { canonicalJson } from '../model-config/config.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { LoadPoint } from '../space/load-point.ts';
import type { Candidate } from '../space/space.ts';
import type { BaseModel } from '../variant/base.ts';

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);

/** Everything about a variant that may change what is measured on it. */
export const variantKey = (
  candidate: Candidate,
  base: BaseModel,
  plan: ModelPlan,
  server: ServerIdentity,
  place: Place,
): string =>
  hash([
    candidate.model,
    candidate.key,
    base.fingerprint,
    server.hash,
    plan.serverFlags,
    plan.serverEnvironment,
    place.gpus ?? 'all',
    // Later additions stand behind, and only where they differ from what was always so.
    ...(place.cores === undefined ? [] : [{ cores: place.cores }]),
    ...(place.container === undefined ? [] : [{ container: place.container }]),
  ]);

/** The share of a machine that a server has, told so that an equal share elsewhere is equal. */
export interface Place {
  /** Product names of its GPUs, or what was chosen where those are not known; undefined = all there are. */
  readonly gpus: readonly string[] | undefined;
  /** How many cores; undefined = all. */
  readonly cores: number | undefined;
  /** What a container may change about it. */
  readonly container: unknown;
}

/** A point on a variant under one way of making and timing load. */
export const pointKey = (
  variant: string,
  point: LoadPoint,
  settings: LoadSettings,
  generator: string,
): string => hash([variant, point, settings, generator]);
