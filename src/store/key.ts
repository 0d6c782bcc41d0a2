import { createHash } from 'node:crypto';
import type { LoadSettings, ModelPlan } from '../config/experiment.ts';
import { canonicalJson } from '../model-config/config.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { Candidate, LoadPoint } from '../space/space.ts';
import type { BaseModel } from '../variant/base.ts';

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);

/** Everything about a variant that may change what is measured on it. */
export const variantKey = (
  candidate: Candidate,
  base: BaseModel,
  plan: ModelPlan,
  server: ServerIdentity,
  gpus: readonly string[] | undefined,
): string =>
  hash([
    candidate.model,
    candidate.key,
    base.fingerprint,
    server.hash,
    plan.serverFlags,
    plan.serverEnvironment,
    gpus ?? 'all',
  ]);

/** A point on a variant under one way of making and timing load. */
export const pointKey = (
  variant: string,
  point: LoadPoint,
  settings: LoadSettings,
  generator: string,
): string => hash([variant, point, settings, generator]);
