import { LoadFailure, type LoadGenerator, levelOf } from 'triton-model-analyzer';

const SECONDS = 2;

/** Asks a server's health as fast as the answers come: load that says what HTTP alone costs. */
export const healthGenerator: LoadGenerator = {
  name: 'health',
  async run({ http, point, scrape, signal, onWindow }) {
    if (!http) throw new LoadFailure('the server does not speak HTTP');
    const url = `http://${http.host}:${http.port}/v2/health/ready`;
    const timesMs: number[] = [];
    const before = await scrape();
    const begin = performance.now();
    const end = begin + SECONDS * 1000;
    const oneAfterTheOther = async (): Promise<void> => {
      while (performance.now() < end) {
        signal.throwIfAborted();
        const sent = performance.now();
        await (await fetch(url, { signal })).arrayBuffer();
        timesMs.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: levelOf(point) }, oneAfterTheOther));
    const durationS = (performance.now() - begin) / 1000;
    timesMs.sort((a, b) => a - b);
    const percentile = (percent: number): number => timesMs[Math.ceil((percent / 100) * timesMs.length) - 1]!;
    const throughput = timesMs.length / durationS;
    onWindow?.({ throughput, latencyMs: percentile(50) });
    return {
      values: {
        perf_throughput: throughput,
        perf_latency_avg: timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length,
        perf_latency_p50: percentile(50),
        perf_latency_p99: percentile(99),
      },
      // Without an interval a figure is taken as it is.
      intervals: {},
      requests: timesMs.length,
      failures: {},
      durationS,
      warmupS: 0,
      windows: 1,
      counted: 1,
      stable: true,
      edges: [before, await scrape()],
      client: { engine: 'fetch' },
      warnings: [],
    };
  },
};
