import { maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { LoadPoint } from '../record/load-point.ts';

export interface Batching {
  readonly preferred_batch_size?: readonly number[];
}

/** What a configuration says of dynamic batching. */
export const batchingOf = (config: ModelConfig): Batching | undefined =>
  config['dynamic_batching'] as Batching | undefined;

/** Why a load can't be put on a configuration, or undefined. */
export function whyIllegal(config: ModelConfig, point: LoadPoint): string | undefined {
  const most = Math.max(1, maxBatchSize(config));
  const [{ batchSize }] = point.streams;
  if (batchSize > most) {
    return maxBatchSize(config) === 0
      ? `client batch ${batchSize} on a model that does not batch (max_batch_size 0)`
      : `client batch ${batchSize} exceeds max_batch_size ${most}`;
  }
  const preferred = Math.max(0, ...(batchingOf(config)?.preferred_batch_size ?? []));
  return preferred > most ? `preferred_batch_size ${preferred} exceeds max_batch_size ${most}` : undefined;
}

/** The configuration without the preferred batch sizes that its own max_batch_size does not allow. */
export function withLegalPreferences(config: ModelConfig): ModelConfig {
  const batching = batchingOf(config);
  if (!batching?.preferred_batch_size) return config;
  const { preferred_batch_size: all, ...others } = batching;
  const kept = all.filter((size) => size <= maxBatchSize(config));
  if (kept.length === all.length) return config;
  const dynamic_batching = { ...others, ...(kept.length > 0 && { preferred_batch_size: kept }) };
  return { ...config, dynamic_batching } as ModelConfig;
}
