import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoadServer, loadServer, noPerfAnalyzer, SHAPES } from './load-server.ts';

describe('the figures of tma load on a real server', () => {
  let server: LoadServer;
  beforeAll(async () => {
    server = await loadServer({ seconds: 1.5 });
  });
  afterAll(() => server.stop());
  const points: LoadServer['points'] = (...args) => server.points(...args);

  test.each(['http', 'grpc'])(
    '%s: every load in turn, with what the server tells of it',
    async (protocol) => {
      const found = await points('add_sub', protocol, '--concurrency-range', '1:4:3', '-b', '2', ...SHAPES);
      expect(found.map((point) => [point.concurrency, point.batch_size])).toEqual([
        [1, 2],
        [4, 2],
      ]);
      for (const point of found) {
        const inFlight = ((point.perf_throughput! / 2) * point.perf_latency_avg!) / 1000;
        // On a busy machine the client's thread may wait for a core while it could send the next request.
        expect(Math.abs(inFlight / point.concurrency! - 1)).toBeLessThan(0.25);
        expect(point.perf_executed_batch).toBeGreaterThanOrEqual(2);
        expect(point.perf_server_request).toBeLessThan(point.perf_latency_avg!);
        expect(point.intervals!['perf_throughput']).toHaveLength(2);
        expect(Object.keys(point.failures!)).toEqual([]);
        // Requests at the edges are counted on one side or the other.
        expect(Math.abs(point.perf_inference_count! / 2 - point.requests!)).toBeLessThan(
          point.requests! / 10,
        );
        const { reasons } = point.bottleneck as unknown as { reasons: string[] };
        expect(reasons.filter((reason) => !/busiest thread|in flight on average/.test(reason))).toEqual([]);
      }
    },
  );

  test.each(['http', 'grpc'])('%s: an open loop keeps its rate', async (protocol) => {
    const [point] = await points(
      'add_sub',
      protocol,
      ...['--request-rate-range', '200', '--request-distribution', 'poisson', '--time-limit', '3'],
      ...SHAPES,
    );
    expect(point!.request_rate).toBe(200);
    expect(Math.abs(point!.perf_send_rate! / 200 - 1)).toBeLessThan(0.15);
    expect(point!.perf_service_latency_p50).toBeLessThanOrEqual(point!.perf_latency_p50!);
    expect(point!.client).toMatchObject({ asked: 200, dropped: 0, full: false });
  });

  test.each(['http', 'grpc'])('%s: sequences begin, go on and end in order', async (protocol) => {
    const [point] = await points(
      'accumulate',
      protocol,
      '--concurrency-range',
      '3',
      '--sequence-length',
      '5',
    );
    expect(point!.failures).toEqual({});
    const steps = point!.perf_throughput! / point!.perf_sequence_throughput!;
    expect(steps).toBeGreaterThan(4);
    expect(steps).toBeLessThan(6);
  });

  test('a decoupled model: every response is timed', async () => {
    const [point] = await points('repeat', 'grpc', '--concurrency-range', '2');
    const responses = point!.perf_response_throughput! / point!.perf_throughput!;
    expect(responses).toBeGreaterThan(2);
    expect(responses).toBeLessThan(8);
    expect(point!.perf_inter_response_p50).toBeGreaterThan(4);
    expect(point!.perf_inter_response_p50).toBeLessThan(30);
    expect(point!.perf_first_response_p50).toBeLessThan(point!.perf_latency_p99!);
  });

  describe.skipIf(noPerfAnalyzer)('beside those of the real perf_analyzer', () => {
    const by = ['--load-generator', 'perf_analyzer', '-p', '500', '-s', '100'];

    // Other programs may take the cores from one of the two for as long as it measures.
    const busy = { retry: 2 };
    test.each(['http', 'grpc'])('%s: the same figures under the same names', busy, async (protocol) => {
      const [theirs] = await points('add_sub', protocol, '--concurrency-range', '2', ...SHAPES, ...by);
      const [ours] = await points('add_sub', protocol, '--concurrency-range', '2', ...SHAPES);
      const tags = Object.keys(theirs!).filter((tag) => tag.startsWith('perf_'));
      expect(tags.length).toBeGreaterThan(12);
      for (const tag of tags) expect(ours).toHaveProperty(tag);
      expect(theirs!.perf_throughput! / ours!.perf_throughput!).toBeGreaterThan(0.4);
      expect(theirs!.perf_throughput! / ours!.perf_throughput!).toBeLessThan(2.5);
      expect(theirs!.client).toEqual({ engine: 'perf_analyzer' });
    });

    test('request rates, sequences, decoupled models, a percentile instead of the average', async () => {
      const [rate] = await points('add_sub', 'http', '--request-rate-range', '50', ...SHAPES, ...by);
      expect(rate).toMatchObject({ request_rate: 50 });
      expect(Math.abs(rate!.perf_throughput! / 50 - 1)).toBeLessThan(0.1);
      const [sequence] = await points('accumulate', 'grpc', '--sequence-length', '5', ...by);
      expect(sequence!.perf_sequence_throughput).toBeGreaterThan(1);
      const [decoupled] = await points('repeat', 'grpc', ...by);
      expect(decoupled!.perf_response_throughput).toBeGreaterThan(decoupled!.perf_throughput!);
      const [percentile] = await points('add_sub', 'http', '--percentile', '95', ...SHAPES, ...by);
      expect(percentile!.perf_latency_p95).toBeGreaterThan(0);
    });
  });
});
