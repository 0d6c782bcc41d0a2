import { gpusOf } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';

/** Which GPUs a model's instances are on. */
export interface Placement {
  /** How many; undefined: that can't be told. */
  readonly inUse: number | undefined;
  /** Which of those that were looked at; undefined: that can't be told. */
  readonly uuids: readonly string[] | undefined;
}

/** What is known of a server's GPUs. */
interface ServerGpus {
  /** How many the server may use, as far as this machine's driver tells; undefined: it is not one of this machine. */
  readonly visible: number | undefined;
  /** Those that it may use, in the order of their numbers; [] where the driver does not tell. */
  readonly uuids: readonly string[];
  /** Those that its metrics page or the driver showed. */
  readonly seen: readonly string[];
}

/**
 * Which GPUs the instances of a configuration are on.
 * @param config the one in effect, as the server tells it.
 */
export function placementOf(config: ModelConfig, { visible, uuids, seen }: ServerGpus): Placement {
  const all = uuids.length > 0 ? uuids : seen;
  const numbers = gpusOf(config, all.length > 0 ? all.length : visible);
  if (!numbers) return { inUse: undefined, uuids: undefined };
  const inUse = numbers.length;
  if (inUse === all.length) return { inUse, uuids: all };
  // A metrics page does not tell which of its GPUs has which number.
  const named = uuids.length > 0 ? numbers.map((number) => uuids[number]) : [undefined];
  return { inUse, uuids: named.every((uuid) => uuid !== undefined) ? named : undefined };
}
