import { canonicalJson } from './config.ts';
import type { ModelConfig } from './model-config.ts';

/** A field that the server runs with otherwise than asked. */
export interface Difference {
  readonly path: string;
  readonly asked: unknown;
  /** undefined = the server does not have it. */
  readonly effective: unknown;
}

/** What was asked for and is not in effect; what the server added to it does not count. */
export function differences(asked: unknown, effective: unknown, path = ''): Difference[] {
  if (Array.isArray(asked)) {
    const list = Array.isArray(effective) ? effective : [];
    return asked.flatMap((item, index) => differences(item, list[index], `${path}[${index}]`));
  }
  if (typeof asked === 'object' && asked !== null) {
    const object =
      typeof effective === 'object' && effective !== null ? (effective as Record<string, unknown>) : {};
    return Object.entries(asked).flatMap(([key, value]) =>
      differences(value, object[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return canonicalJson(asked) === canonicalJson(effective) ? [] : [{ path, asked, effective }];
}

/** What a server may complete from the model itself, as opposed to the defaults that it fills in anyway. */
const COMPLETED = ['max_batch_size', 'dynamic_batching', 'sequence_batching', 'model_transaction_policy'];

/**
 * What the server completed although the variant was to be without it (`max_batch_size: 0`, `dynamic_batching: null`).
 */
export const additions = (
  assignment: Readonly<Record<string, unknown>>,
  asked: ModelConfig,
  effective: ModelConfig,
): Difference[] =>
  COMPLETED.filter((path) => path in assignment && !(path in asked) && path in effective).map((path) => ({
    path,
    asked: undefined,
    effective: effective[path],
  }));

/** A completed configuration without the defaults that every server fills in, fit to be a config.pbtxt. */
export function withoutFillings(config: ModelConfig): ModelConfig {
  const kept = Object.entries(config).filter(
    ([key]) => !['version_policy', 'optimization', 'default_model_filename', 'instance_group'].includes(key),
  );
  const groups = config['instance_group'] as { kind?: string; count?: number }[] | undefined;
  const batching = config['dynamic_batching'] as { preferred_batch_size?: number[] } | undefined;
  // Triton fills in its largest batch as the preferred one. Kept, that would contradict a smaller max_batch_size.
  const filled = batching?.preferred_batch_size?.join() === String(config['max_batch_size']);
  const { preferred_batch_size: _, ...rest } = batching ?? {};
  return {
    ...Object.fromEntries(kept),
    ...(filled && { dynamic_batching: rest as Record<string, never> }),
    ...(groups && {
      instance_group: groups.map(({ kind, count }) => ({ ...(kind && { kind }), ...(count && { count }) })),
    }),
  };
}
