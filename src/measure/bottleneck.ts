import type { Bottleneck, ClientReport } from '../record/client.ts';
import { batchSizeOf, type LoadPoint } from '../record/load-point.ts';

interface Facts {
  readonly point: LoadPoint;
  readonly values: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly client: ClientReport;
}

/** A thread that is busy for more than this share of the time sends late. */
const TOO_BUSY = 0.9;
/** A rate above this share of what the client can send alone is limited by the client. */
const NEAR_FLOOR = 0.8;
/** By what share the requests in flight, by Little's law, may differ from the concurrency that was asked for. */
const LITTLE_TOLERANCE = 0.1;
/** perf_analyzer calls a send delayed from here on, ms. */
const LATE_MS = 1;
/** And also from this share of a request's latency on, where that is more. */
const LATE_SHARE = 0.05;
/**
 * The client is the limit where more than this share of the latency is spent outside a server in which nothing queues,
 * while the client is busy.
 */
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
  const rate = (values['perf_throughput'] ?? 0) / batchSizeOf(point);
  if (!floor || rate <= NEAR_FLOOR * floor.rate) return undefined;
  const percent = ((rate / floor.rate) * 100).toFixed(0);
  return `${rate.toFixed(0)} requests a second are ${percent} % of what it does against a server that answers at once`;
}

/** Little's law: requests in flight = rate times latency. Of too few requests it says nothing. */
function leftIdle({ point, values, requests }: Facts): string | undefined {
  const [{ load, batchSize }] = point.streams;
  if (load.kind !== 'concurrency' || requests <= 10 * load.inFlight) return undefined;
  const inFlight =
    (((values['perf_throughput'] ?? 0) / batchSize) * (values['perf_latency_avg'] ?? 0)) / 1000;
  if (Math.abs(inFlight / load.inFlight - 1) <= LITTLE_TOLERANCE) return undefined;
  return `${inFlight.toFixed(1)} requests were in flight on average instead of ${load.inFlight}`;
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
