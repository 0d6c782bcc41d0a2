import type { ModelConfig } from '../model-config/model-config.ts';
import type { Endpoint, TritonClient } from './triton.ts';
import { fetchMetrics } from './triton-http.ts';

/** What tells of a server's GPUs. */
interface Signs {
  readonly triton: TritonClient;
  readonly metrics: Endpoint | undefined;
  /** A model that it may have loaded. */
  readonly model: string;
  readonly signal: AbortSignal;
}

/**
 * Whether a server of which only the API is known has GPUs: its metrics page shows them, or the instances of a model that
 * it runs are on one. A page without GPUs says nothing, as their metrics may be off: then the model's instances decide.
 * undefined = neither tells.
 */
export async function gpusAt({ triton, metrics, model, signal }: Signs): Promise<boolean | undefined> {
  const [page, config] = await Promise.all([
    metrics && fetchMetrics(metrics, { signal }).catch(() => undefined),
    triton.config(model, { signal }).catch(() => undefined),
  ]);
  signal.throwIfAborted();
  if (page !== undefined && /^nv_gpu_\w+\{/m.test(page)) return true;
  return config && runsOnGpu(config);
}

/** Whether a configuration in effect has instances on a GPU; undefined when it leaves that to the server. */
export function runsOnGpu(config: ModelConfig): boolean | undefined {
  const groups = (config['instance_group'] ?? []) as readonly { kind?: string }[];
  const kinds = groups.map(({ kind }) => kind);
  if (kinds.includes('KIND_GPU')) return true;
  return kinds.length > 0 && kinds.every((kind) => kind === 'KIND_CPU') ? false : undefined;
}
