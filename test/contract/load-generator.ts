import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { LoadFailure, type LoadGenerator, type LoadJob, TIME_IS_UP } from '../../src/load/load-generator.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { load } from '../support/experiment.ts';
import { answerOk, BREAKS, type Break, serve, serveThenBreak } from '../support/kserve.ts';

const model = {
  name: 'm',
  platform: '',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [],
};

/** What every load generator promises, on a server that answers after a given time. */
export function loadGeneratorContract(generator: LoadGenerator): void {
  const job = (changes: Partial<LoadJob<number>> & Pick<LoadJob<number>, 'http'>): LoadJob<number> => ({
    models: [{ metadata: model, config: { max_batch_size: 8 } }],
    point: inFlight('m', 4, 2),
    settings: load({
      stopRule: { kind: 'windows', intervalMs: 200, minRequests: 5, stability: 0.5, maxWindows: 4 },
    }),
    scrape: async () => 0,
    signal: new AbortController().signal,
    ...changes,
  });

  // Real sockets and threads, also on a machine that is busy with something else.
  vi.setConfig({ testTimeout: 60_000 });

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
      // How sure each figure is, is known.
      expect(Object.keys(result.intervals).toSorted()).toEqual(Object.keys(result.values).toSorted());
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
      expect(result.edges.at(-1)).toBe(reads);
      expect(result.edges.at(-1)! - result.edges[0]!).toBe(result.counted);
      expect(result.edges).toEqual([...result.edges].sort((a, b) => a - b));
      expect(result.edges.length).toBeGreaterThan(2);
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

    describe('a server that is well at first ends the point, whatever becomes of it', () => {
      const words: Record<Break, RegExp> = {
        errors: /requests failed.*: CUDA error: an illegal memory access/,
        silence: /no answer within 2 s|no request was answered within/,
        closes: /requests failed.*(clos|reset|socket|leaving|connection)/i,
        refuses: /requests failed.*(refused|clos|reset|leaving|connect)/i,
        slow: /it went well/,
      };
      const early = { when: 'while warming up', answers: 3, milliseconds: 0 };
      const late = { when: 'while measuring', answers: 30, milliseconds: 700 };
      const cases = (['http', 'grpc'] as const).flatMap((protocol) => [
        ...BREAKS.map((how) => ({ protocol, how, ...late })),
        { protocol, how: 'errors' as const, ...early },
        { protocol, how: 'silence' as const, ...early },
      ]);
      // Most of the time they wait for what does not come.
      test.concurrent.each(cases)(
        '$protocol: $how $when',
        async ({ protocol, how, ...good }) => {
          await using server = await serveThenBreak(protocol, how, good);
          const begun = performance.now();
          const settings = load({
            stopRule: { kind: 'windows', intervalMs: 200, minRequests: 5, stability: 0.01, maxWindows: 6 },
            requestTimeoutMs: 2000,
            ...(protocol === 'grpc' && { protocol }),
          });
          const { endpoint } = server;
          const ended = generator.run(job({ http: endpoint, grpc: endpoint, settings }));
          const told = await ended.then(
            () => 'it went well',
            (error: unknown) => (error instanceof LoadFailure ? error.message : `no LoadFailure: ${error}`),
          );
          expect(told).toMatch(words[how]);
          expect(performance.now() - begun).toBeLessThan(30_000);
        },
        60_000,
      );
    });

    test('a server that only fails is not asked as fast as it can answer', async () => {
      let asked = 0;
      await using server = await serve((_request, _body, response) => {
        asked++;
        response.statusCode = asked > 30 ? 500 : 200;
        response.setHeader('Content-Length', 2);
        response.end('{}');
      });
      const settings = load({ failureLimit: 1, requestTimeoutMs: 1000 });
      await expect(generator.run(job({ http: server.endpoint, settings }))).rejects.toThrow(LoadFailure);
      expect(asked).toBeLessThan(5000);
    });

    test('when its time is up what was measured is the result, and says so', async () => {
      await using server = await serve((_request, _body, response) => answerOk(response));
      const settings = load({ stopRule: { kind: 'precision', precision: 1e-6, limitMs: 60_000 } });
      const deadlineMs = performance.now() + 6000;
      const result = await generator.run(job({ http: server.endpoint, settings, deadlineMs }));
      expect(performance.now() - deadlineMs).toBeLessThan(10_000);
      expect(result.stable).toBe(false);
      expect(result.warnings.join()).toContain('ended early: the time of the whole run was up');
    });

    test('when its time is up before anything was measured it fails with that reason', async () => {
      await using server = await serve((_request, _body, response) => answerOk(response));
      const late = generator.run(job({ http: server.endpoint, deadlineMs: performance.now() + 100 }));
      await expect(late).rejects.toMatchObject({ name: 'LoadFailure', class: TIME_IS_UP });
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
