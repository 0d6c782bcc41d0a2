import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { LoadFailure, type LoadGenerator, type LoadJob } from '../../src/load/load-generator.ts';
import { load } from '../support/experiment.ts';
import { answerOk, serve } from '../support/kserve.ts';

const model = {
  name: 'm',
  platform: '',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [],
};

/** What every load generator promises, on a server that answers after a given time. */
export function loadGeneratorContract(generator: LoadGenerator): void {
  const job = (changes: Partial<LoadJob<number>> & Pick<LoadJob<number>, 'http'>): LoadJob<number> => ({
    model,
    config: { max_batch_size: 8 },
    point: { batchSize: 2, concurrency: 4 },
    settings: load({
      stopRule: { kind: 'windows', intervalMs: 200, minRequests: 5, stability: 0.5, maxWindows: 4 },
    }),
    scrape: async () => 0,
    signal: new AbortController().signal,
    ...changes,
  });

  describe(generator.name, () => {
    test('keeps exactly the concurrency in flight, and times each request', async () => {
      let inFlight = 0;
      let most = 0;
      await using server = await serve((_request, _body, response) => {
        inFlight++;
        most = Math.max(most, inFlight);
        setTimeout(() => {
          inFlight--;
          answerOk(response);
        }, 20);
      });
      const result = await generator.run(job({ http: server.endpoint }));
      expect(most).toBe(4);
      const { perf_latency_avg: mean, perf_throughput: throughput } = result.values;
      expect(mean).toBeGreaterThan(19);
      expect(mean).toBeLessThan(1000);
      // Little's law: four requests of two inferences each.
      expect((throughput! / 2) * (mean! / 1000)).toBeGreaterThan(3.6);
      expect((throughput! / 2) * (mean! / 1000)).toBeLessThan(4.2);
      expect(result.requests).toBeCloseTo((throughput! / 2) * result.durationS, 3);
    });

    test('hands over what was read at the edges of what counts, and tells of windows on the way', async () => {
      await using server = await serve((_request, _body, response) =>
        setTimeout(() => answerOk(response), 5),
      );
      let reads = 0;
      const told: number[] = [];
      const result = await generator.run(
        job({
          http: server.endpoint,
          scrape: async () => ++reads,
          onWindow: ({ throughput }) => told.push(throughput),
        }),
      );
      expect(result.after).toBe(reads);
      expect(result.after - result.before).toBe(result.counted);
      expect(told).toHaveLength(result.windows);
      const between = (result.values['perf_throughput']! - Math.min(...told)) / Math.max(...told);
      expect(between).toBeGreaterThanOrEqual(-0.001);
    });

    test('sends whole, different KServe requests with binary tensors', async () => {
      const bodies = new Set<string>();
      let first: { request: IncomingMessage; body: Buffer } | undefined;
      await using server = await serve((request, body, response: ServerResponse) => {
        first ??= { request, body };
        bodies.add(body.toString('latin1'));
        answerOk(response);
      });
      await generator.run(job({ http: server.endpoint }));
      const { request, body } = first!;
      expect(request.url).toBe('/v2/models/m/infer');
      const header = Number(request.headers['inference-header-content-length']);
      expect(JSON.parse(body.toString('utf8', 0, header))).toMatchObject({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 4], parameters: { binary_data_size: 32 } }],
      });
      expect(body.length - header).toBe(32);
      expect(bodies.size).toBeGreaterThan(1);
    });

    test('a server that refuses every request fails the point with its words', async () => {
      await using server = await serve((_request, _body, response) => {
        response.statusCode = 500;
        response.setHeader('Content-Length', 27);
        response.end('{"error":"out of GPU heaps"}'.slice(0, 27));
      });
      const refused = generator.run(job({ http: server.endpoint }));
      await expect(refused).rejects.toThrow(LoadFailure);
      await expect(refused).rejects.toThrow(/requests failed: .*out of GPU heap/);
    });

    test('a server that closes connections fails the point', async () => {
      await using server = await serve((request) => request.socket.destroy());
      await expect(generator.run(job({ http: server.endpoint }))).rejects.toThrow(
        /closed the connection|reset/,
      );
    });

    test('an abort ends it at once', async () => {
      await using server = await serve(() => {});
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      const start = performance.now();
      await expect(generator.run(job({ http: server.endpoint, signal: stop.signal }))).rejects.toThrow(
        /abort/i,
      );
      expect(performance.now() - start).toBeLessThan(20_000);
    });
  });
}
