import { createHash } from 'node:crypto';
import type { ModelPlan } from '../config/experiment.ts';
import { buildValue, combinations } from '../config/sweep.ts';
import { messageOf, userError } from '../errors.ts';
import {
  canonicalJson,
  type ModelConfig,
  maxBatchSize,
  mergeConfig,
  normalizeConfig,
  onCpu,
} from '../model-config/config.ts';
import type { LoadPoint } from './load-point.ts';

/** One configuration of a model to try. */
export interface Candidate {
  readonly model: string;
  /** `<model>_config_default`, `<model>_config_0`, ... */
  readonly name: string;
  readonly isDefault: boolean;
  /** Path as in config.pbtxt -> value; empty for the default. */
  readonly assignment: Readonly<Record<string, unknown>>;
  /** The whole configuration under the model's own name. */
  readonly config: ModelConfig;
  /** Equal for equal configurations. */
  readonly key: string;
}

/** Points that can't be measured on a candidate, and why. */
export interface SkippedPoints {
  readonly candidate: Candidate;
  readonly points: readonly LoadPoint[];
  readonly reason: string;
}

/** Everything there is to measure for one model. */
export interface Space {
  readonly plan: ModelPlan;
  /** The default first, then in order of the sweep. */
  readonly candidates: readonly Candidate[];
  /** The legal points of a candidate, batch size outside, concurrency inside. */
  readonly points: ReadonlyMap<Candidate, readonly LoadPoint[]>;
  readonly skipped: readonly SkippedPoints[];
  /** Combinations that give a configuration already listed. */
  readonly duplicates: number;
}

/**
 * All candidates and points of a model.
 * @param base the user's configuration, the default candidate.
 * @throws UserError when parameters together are not a model configuration.
 */
export function buildSpace(plan: ModelPlan, base: ModelConfig): Space {
  const candidates = [candidate(plan, `${plan.name}_config_default`, {}, base, true)];
  const seen = new Set(candidates.map((item) => item.key));
  let duplicates = 0;
  if (plan.parameters.length > 0) {
    for (const choice of combinations(plan.parameters)) {
      const assignment = Object.fromEntries(
        choice.map(({ value }, index) => [plan.parameters[index]!.path, value]),
      );
      const merged = mergeConfig(base, buildValue(choice) as ModelConfig);
      const config = plan.cpuOnly ? onCpu(merged) : merged;
      const name = `${plan.name}_config_${candidates.length - 1}`;
      const next = candidate(plan, name, assignment, config, false);
      if (seen.has(next.key)) duplicates++;
      else candidates.push(next);
      seen.add(next.key);
    }
  }
  const all = plan.batchSizes.flatMap((batchSize): LoadPoint[] =>
    plan.requestRates.length > 0
      ? plan.requestRates.map((requestRate) => ({ batchSize, requestRate }))
      : plan.concurrency.map((concurrency) => ({ batchSize, concurrency })),
  );
  const points = new Map<Candidate, readonly LoadPoint[]>();
  const skipped: SkippedPoints[] = [];
  for (const item of candidates) {
    const groups = Map.groupBy(all, (point) => whyIllegal(item.config, point));
    points.set(item, groups.get(undefined) ?? []);
    for (const [reason, group] of groups) {
      if (reason !== undefined) skipped.push({ candidate: item, points: group, reason });
    }
  }
  return { plan, candidates, points, skipped, duplicates };
}

function candidate(
  plan: ModelPlan,
  name: string,
  assignment: Record<string, unknown>,
  json: ModelConfig,
  isDefault: boolean,
): Candidate {
  const config = normalize(plan, json, assignment);
  // A configuration without a name takes its folder's, so both spellings are the same.
  const key = createHash('sha256')
    .update(canonicalJson({ ...config, name: plan.name }))
    .digest('hex')
    .slice(0, 16);
  return { model: plan.name, name, isDefault, assignment, config, key };
}

function normalize(plan: ModelPlan, json: ModelConfig, assignment: Record<string, unknown>): ModelConfig {
  try {
    const config = normalizeConfig(json);
    const { optimization, ...others } = config;
    // An empty optimization says what none says; as a choice of a sweep it stands for the default.
    return optimization && Object.keys(optimization).length === 0 ? others : config;
  } catch (error) {
    const reason = messageOf(error).replace(/^cannot decode (oneof|field|message) inference\./, '');
    throw userError(
      `model ${plan.name}: ${JSON.stringify(assignment)} over its config.pbtxt is not a model configuration: ${reason}`,
      'of fields that exclude each other (dynamic_batching, sequence_batching) set one only',
      plan.parameters[0]?.place ?? plan.place,
    );
  }
}

/** Why a load can't be put on a configuration, or undefined. */
function whyIllegal(config: ModelConfig, point: LoadPoint): string | undefined {
  const most = Math.max(1, maxBatchSize(config));
  if (point.batchSize > most) {
    return maxBatchSize(config) === 0
      ? `client batch ${point.batchSize} on a model that does not batch (max_batch_size 0)`
      : `client batch ${point.batchSize} exceeds max_batch_size ${most}`;
  }
  const batching = config['dynamic_batching'] as { preferred_batch_size?: number[] } | undefined;
  const preferred = Math.max(0, ...(batching?.preferred_batch_size ?? []));
  return preferred > most ? `preferred_batch_size ${preferred} exceeds max_batch_size ${most}` : undefined;
}
