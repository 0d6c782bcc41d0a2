import { expect, test } from 'vitest';
import { findBottleneck } from '../../src/measure/bottleneck.ts';
import type { ClientReport } from '../../src/record/client.ts';
import { atRate, inFlight } from '../../src/record/load-point.ts';

/** 100 requests a second of 40 ms, four in flight, a client with little to do; changed as a case needs. */
const point = (changes: {
  client?: Partial<ClientReport>;
  values?: Record<string, number>;
  concurrency?: number;
  requestRate?: number;
}) =>
  findBottleneck({
    point:
      changes.requestRate === undefined
        ? inFlight('m', changes.concurrency ?? 4)
        : atRate('m', changes.requestRate),
    values: {
      perf_throughput: 100,
      perf_latency_avg: 40,
      perf_server_request: 38,
      perf_server_queue: 10,
      ...changes.values,
    },
    requests: 1000,
    client: { engine: 'e', busy: 0.1, ...changes.client },
  });

test.each<[string, Parameters<typeof point>[0], string | undefined]>([
  ['a client with time to spare', {}, undefined],
  ['a thread without a pause', { client: { busy: 0.97 } }, 'busiest thread worked 97 %'],
  ['a rate that the client could double', { client: { floor: { rate: 200, latencyMs: 1 } } }, undefined],
  ['a rate near the most there is', { client: { floor: { rate: 110, latencyMs: 1 } } }, 'are 91 % of what'],
  ['slots left idle', { concurrency: 8 }, '4.0 requests were in flight on average instead of 8'],
  [
    'late sends',
    {
      requestRate: 100,
      client: { lateness: { p50: 0.1, p95Low: 5, p99: 9 } },
      values: { perf_service_latency_p50: 10 },
    },
    'one in twenty by 5.0 ms',
  ],
  [
    'a late send now and then',
    {
      requestRate: 100,
      client: { lateness: { p50: 0.1, p95Low: 0.3, p99: 9 } },
      values: { perf_service_latency_p50: 10 },
    },
    undefined,
  ],
  [
    'lateness within a share of a long request',
    {
      requestRate: 100,
      client: { lateness: { p50: 0.1, p95Low: 5, p99: 5 } },
      values: { perf_service_latency_p50: 200 },
    },
    undefined,
  ],
  [
    'sends that waited for the server',
    { requestRate: 100, client: { lateness: { p50: 90, p95Low: 400, p99: 500 }, full: true } },
    undefined,
  ],
  [
    'latency outside a server without a queue, and a busy client',
    { client: { busy: 0.7 }, values: { perf_server_request: 5, perf_server_queue: 0.1 } },
    '88 % of the latency lies outside the server',
  ],
  [
    'latency outside, but a client with nothing to do: the network',
    { client: { busy: 0.2 }, values: { perf_server_request: 5, perf_server_queue: 0.1 } },
    undefined,
  ],
])('%s', (_name, changes, reason) => {
  const { who, reasons } = point(changes);
  expect(who).toBe(reason === undefined ? 'server' : 'client');
  if (reason !== undefined) expect(reasons.join()).toContain(reason);
});
