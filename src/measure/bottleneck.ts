import type { Bottleneck, ClientReport } from '../record/client.ts';
import type { LoadPoint } from '../record/load-point.ts';

interface Facts {
  readonly point: LoadPoint;
  readonly values: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly client: ClientReport;
}

/** A thread with more to do than this has no time to be punctual. */
const TOO_BUSY = 0.9;
/** A rate above this share of what the client can do alone is the client's. */
const NEAR_FLOOR = 0.8;
/** How far the requests in flight may be from what was asked. */
const LITTLE_TOLERANCE = 0.1;
/** perf_analyzer calls a send delayed from here on, ms. */
const LATE_MS = 1;
/** Or a share of what a request takes. */
const LATE_SHARE = 0.05;
/** A client that takes more of a request's time than this, while it is busy and nothing queues, is the longer part. */
const RESIDUAL_SHARE = 0.5;
const BUSY = 0.5;

/**
 * Whether the server or the client was the limit. Each sign is enough: a thread without spare time, a rate near
 * what the client does against a server that answers at once, fewer requests in flight than asked (Little's law),
 * late sends, or most of the latency outside a server that has no queue while the client is busy.
 */
export function findBottleneck(facts: Facts): Bottleneck {
  const reasons = [tooBusy(facts), nearFloor(facts), leftIdle(facts), late(facts), residual(facts)].filter(
    (reason) => reason !== undefined,
  );
  return { who: reasons.length > 0 ? 'client' : 'server', reasons };
}

function tooBusy({ client: { busy } }: Facts): string | undefined {
  return busy !== undefined && busy > TOO_BUSY
    ? `its busiest thread worked ${(busy * 100).toFixed(0)} % of the time; max-threads gives it more`
    : undefined;
}

function nearFloor({ values, point, client: { floor } }: Facts): string | undefined {
  const rate = (values['perf_throughput'] ?? 0) / point.batchSize;
  if (!floor || rate <= NEAR_FLOOR * floor.rate) return undefined;
  const percent = ((rate / floor.rate) * 100).toFixed(0);
  return `${rate.toFixed(0)} requests a second are ${percent} % of what it does against a server that answers at once`;
}

/** What is in flight is the rate times the time each request takes; too few requests say nothing. */
function leftIdle({ point, values, requests }: Facts): string | undefined {
  const { concurrency, batchSize } = point;
  if (concurrency === undefined || requests <= 10 * concurrency) return undefined;
  const inFlight =
    (((values['perf_throughput'] ?? 0) / batchSize) * (values['perf_latency_avg'] ?? 0)) / 1000;
  if (Math.abs(inFlight / concurrency - 1) <= LITTLE_TOLERANCE) return undefined;
  return `${inFlight.toFixed(1)} requests were in flight on average instead of ${concurrency}`;
}

function late({ values, client: { lateness, full } }: Facts): string | undefined {
  if (!lateness || full) return undefined;
  const limit = Math.max(LATE_MS, LATE_SHARE * (values['perf_service_latency_p50'] ?? 0));
  // A single late send among few is what any machine does to a client now and then.
  const { p95Low } = lateness;
  return p95Low !== undefined && p95Low > limit
    ? `requests were sent late, one in twenty by ${p95Low.toFixed(1)} ms or more`
    : undefined;
}

function residual({ values, client: { busy } }: Facts): string | undefined {
  const server = values['perf_server_request'];
  const seen = values['perf_service_latency_avg'] ?? values['perf_latency_avg'];
  if (server === undefined || seen === undefined || (busy ?? 0) < BUSY) return undefined;
  const outside = 1 - server / seen;
  const queued = (values['perf_server_queue'] ?? 0) / seen;
  return outside > RESIDUAL_SHARE && queued < 0.05
    ? `${(outside * 100).toFixed(0)} % of the latency lies outside the server, which has no queue`
    : undefined;
}
