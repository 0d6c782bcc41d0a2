import type { LoadGenerator } from '../../src/load/load-generator.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { isRate, levelOf } from '../../src/record/load-point.ts';
import { type Launcher, type LaunchRequest, type Server, ServerFailure } from '../../src/server/launcher.ts';
import type { TritonClient } from '../../src/server/triton.ts';

/** What a fake server does with a model; throwing is a load that fails. */
export type FakeModel = (config: ModelConfig) => ModelConfig;

/** A launcher without processes, for faults and orders of events that a real server can't be made to show. */
export class FakeLauncher implements Launcher {
  readonly name = 'fake';
  /** What happened, in order. */
  readonly log: string[] = [];
  readonly #model: FakeModel;
  running = 0;

  constructor(model: FakeModel = (config) => config) {
    this.#model = model;
  }

  prepare = async () => ({ path: '/fake/tritonserver', hash: 'fake' });

  close = async () => {
    this.log.push('closed');
  };

  async launch(_request: LaunchRequest): Promise<Server> {
    this.log.push('start');
    this.running++;
    let effective: ModelConfig = {};
    const triton = {
      isLive: async () => true,
      registerSharedMemory: async () => {},
      unregisterSharedMemory: async () => {},
      server: async () => ({ name: 'triton', version: '2.51.0', extensions: [] }),
      load: async (_model: string, config: ModelConfig | undefined) => {
        effective = this.#model(config ?? {});
      },
      config: async () => effective,
      metadata: async () => ({ name: 'm', platform: '', inputs: [], outputs: [] }),
      statistics: async () => [],
      allStatistics: async () => [],
    } as unknown as TritonClient;
    let end: (reason: string) => void = () => {};
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const server: Server = {
      triton,
      http: { host: '127.0.0.1', port: 1 },
      grpc: undefined,
      metrics: { host: '127.0.0.1', port: 1 },
      ended,
      logTail: () => ['the last line'],
      shared: false,
      controlled: true,
      logFile: '/fake/log',
      hasModel: async () => true,
      resources: async () => undefined,
      killedForMemory: async () => false,
      processes: async () => undefined,
      stop: async () => {
        this.log.push('stop');
        this.running--;
        end('stopped');
      },
      [Symbol.asyncDispose]: () => server.stop(),
    };
    return server;
  }
}

export const refuse = (message: string): never => {
  throw new ServerFailure({ step: 'load', message, log: ['E first', 'E second'] });
};

/** A generator that answers at once with the throughput that `throughput` gives for a concurrency. */
export const fakeGenerator = (
  throughput: (concurrency: number) => number = (concurrency) => concurrency * 10,
): LoadGenerator => ({
  name: 'fake',
  async run(job) {
    job.signal.throwIfAborted();
    const [{ batchSize }] = job.point.streams;
    const concurrency = isRate(job.point) ? 1 : levelOf(job.point);
    const count = throughput(concurrency);
    const before = await job.scrape();
    job.onWindow?.({ throughput: count, latencyMs: 1 });
    const latency = (concurrency * 1000) / count;
    return {
      values: {
        perf_throughput: count * batchSize,
        perf_latency_avg: latency,
        ...Object.fromEntries([50, 90, 95, 99].map((percent) => [`perf_latency_p${percent}`, latency])),
      },
      intervals: { perf_throughput: [count * batchSize * 0.99, count * batchSize * 1.01] },
      requests: count,
      failures: {},
      durationS: 1,
      warmupS: 0,
      windows: 1,
      counted: 1,
      stable: true,
      edges: [before, await job.scrape()],
      client: { engine: 'fake' },
      warnings: [],
    };
  },
});
