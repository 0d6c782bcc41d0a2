import { aggregate, METRICS } from '../metric.ts';
import { type Endpoint, fetchMetrics } from '../server/triton.ts';
import { defined } from './server-times.ts';

/** One look at the GPU gauges: UUID -> metric tag -> value. */
export type GpuSample = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The GPU gauges of a Triton metrics page; {} when it shows none. */
export function parseGpuMetrics(page: string): GpuSample {
  const raw: Record<string, Record<string, number>> = {};
  for (const match of page.matchAll(/^(nv_gpu_\w+)\{[^}]*gpu_uuid="([^"]+)"[^}]*\} (\S+)$/gm)) {
    const [, name, uuid, value] = match;
    raw[uuid!] = { ...raw[uuid!], [name!]: Number(value) };
  }
  return Object.fromEntries(
    Object.entries(raw).map(([uuid, gauges]) => {
      const used = gauges['nv_gpu_memory_used_bytes'];
      const total = gauges['nv_gpu_memory_total_bytes'];
      const utilization = gauges['nv_gpu_utilization'];
      return [
        uuid,
        defined({
          gpu_used_memory: used === undefined ? undefined : used / 1e6,
          gpu_free_memory: used === undefined || total === undefined ? undefined : (total - used) / 1e6,
          gpu_utilization: utilization === undefined ? undefined : utilization * 100,
          gpu_power_usage: gauges['nv_gpu_power_usage'],
        }),
      ];
    }),
  );
}

/** A running look-out for GPU gauges. */
export interface GpuWatch {
  /** Resolves with true when there turns out to be no GPU to watch. */
  readonly ended: Promise<true>;
  stop(): Promise<readonly GpuSample[]>;
}

/** Looks at the GPU gauges every `intervalS` until it is stopped; ends by itself where there is no GPU. */
export function watchGpus(metrics: Endpoint | undefined, intervalS: number): GpuWatch {
  const samples: GpuSample[] = [];
  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    while (metrics && !stopped.signal.aborted) {
      const sample = parseGpuMetrics(await fetchMetrics(metrics));
      if (Object.keys(sample).length === 0) return;
      samples.push(sample);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalS * 1000);
        stopped.signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  };
  // A server without a metrics page has no GPU metrics; that is no fault of a measurement.
  const looking = look().catch(() => {});
  return {
    ended: looking.then(() => true),
    async stop() {
      stopped.abort();
      await looking;
      return samples;
    },
  };
}

/** Samples of one server as metric values: over time for each GPU, then over its GPUs. */
export function aggregateGpus(samples: readonly GpuSample[]): {
  values: Record<string, number>;
  gpus: Record<string, Record<string, number>>;
} {
  const uuids = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  const metrics = METRICS.filter((metric) => metric.source === 'gpu');
  const gpus = Object.fromEntries(
    uuids.map((uuid) => [
      uuid,
      defined(
        Object.fromEntries(
          metrics.map(({ tag, overTime }) => {
            const values = samples
              .map((sample) => sample[uuid]?.[tag])
              .filter((value) => value !== undefined);
            return [tag, aggregate(values, overTime)];
          }),
        ),
      ),
    ]),
  );
  const values = defined(
    Object.fromEntries(
      metrics.map(({ tag, overGpus }) => {
        const perGpu = uuids.map((uuid) => gpus[uuid]?.[tag]).filter((value) => value !== undefined);
        return [tag, aggregate(perGpu, overGpus)];
      }),
    ),
  );
  return { values, gpus };
}
