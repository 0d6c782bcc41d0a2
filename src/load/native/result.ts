import { meanRate } from '../../statistics/arrivals.ts';
import type { Histogram } from '../../statistics/histogram.ts';
import { type Interval, percentileInterval, rateInterval } from '../../statistics/intervals.ts';
import { percentile } from '../../statistics/percentile.ts';
import type { ClientReport, LoadJob, LoadResult } from '../load-generator.ts';
import type { Calibration } from './calibrate.ts';
import type { Measured } from './native.ts';
import type { LoadPlan } from './plan.ts';
import { joined, type Tally } from './tally.ts';

/** More requests than this dropped, or sent late for want of room, and the server did not keep up. */
const FULL_SHARE = 0.01;
const PERCENTILES = [50, 90, 95, 99] as const;

/** The figures of a point, out of the windows that count. */
export function resultOf<Scrape>(
  job: LoadJob<Scrape>,
  plan: LoadPlan,
  { windows, from, count, stable, warmupS, timeline, remarks }: Measured<Scrape>,
  floor: Calibration | undefined,
): LoadResult<Scrape> {
  const counted = windows.slice(from);
  const total = counted.map(({ tally }) => tally).reduce(joined);
  const { startMs, endMs, latency, firstResponse, interResponse, service } = total;
  const seconds = (endMs - startMs) / 1000;
  const { batchSize } = job.point;
  const requests = latency.count;
  const average = latency.mean;
  const [send, receive] = [total.sendMs / requests, total.receiveMs / requests];
  const rate = rateInterval(timeline, startMs, endMs, requests);
  const scaled = (value: number | null): number | null => (value === null ? null : value * batchSize);
  const decoupled = firstResponse !== undefined && firstResponse.count > 0;
  const { shape } = plan.crew;
  const client = clientOf(total);
  const skippedS = (counted[0]!.tally.startMs - windows[0]!.tally.startMs) / 1000;
  return {
    values: {
      perf_throughput: (requests * batchSize) / seconds,
      perf_latency_avg: average,
      ...percentilesOf('perf_latency', latency),
      ...(service && {
        perf_service_latency_avg: service.mean,
        ...percentilesOf('perf_service_latency', service),
      }),
      ...(!decoupled && {
        perf_client_send: send,
        perf_client_recv: receive,
        perf_client_send_recv: send + receive,
        perf_client_response_wait: average - send - receive,
      }),
      ...(decoupled && {
        perf_response_throughput: (total.responses * batchSize) / seconds,
        perf_first_response_avg: firstResponse.mean,
        ...percentilesOf('perf_first_response', firstResponse),
      }),
      ...(interResponse &&
        interResponse.count > 0 && {
          perf_inter_response_avg: interResponse.mean,
          ...percentilesOf('perf_inter_response', interResponse),
        }),
      ...(total.sequences > 0 && { perf_sequence_throughput: total.sequences / seconds }),
      ...(shape.kind === 'open' && { perf_send_rate: total.sent / seconds }),
    },
    intervals: {
      perf_throughput: [scaled(rate[0]), scaled(rate[1])],
      ...intervalsOf('perf_latency', latency),
      ...(decoupled && intervalsOf('perf_first_response', firstResponse)),
    },
    requests,
    failures: total.failures,
    durationS: seconds,
    warmupS: warmupS + skippedS,
    windows: count,
    counted: Math.round((counted.length / windows.length) * count),
    stable,
    edges: [counted[0]!.before, ...counted.map(({ after }) => after)],
    client: {
      engine: plan.engine,
      threads: plan.threads,
      busy: client.busy,
      cpuUs: (client.cpuMs * 1000) / requests,
      gc: client.gc,
      ...(floor && { floor }),
      ...(shape.kind === 'open' && openLoop(total, meanRate(shape.arrivals))),
    },
    warnings: [...plan.notes, ...remarks],
  };
}

const percentilesOf = (tag: string, times: Histogram): Record<string, number> =>
  Object.fromEntries(PERCENTILES.map((percent) => [`${tag}_p${percent}`, percentile(times, percent)]));

const intervalsOf = (tag: string, times: Histogram): Record<string, Interval> =>
  Object.fromEntries(
    PERCENTILES.map((percent) => [`${tag}_p${percent}`, percentileInterval(times, percent)]),
  );

/** How busy the client was: the busiest thread, and the CPU time of all. */
export function clientOf({ clients }: Tally): { busy: number; cpuMs: number; gc: number } {
  const share = (read: (client: Tally['clients'][number]) => number): number =>
    Math.max(...clients.map((client) => read(client) / client.elapsedMs));
  return {
    busy: share(({ busyMs }) => busyMs),
    gc: share(({ gcMs }) => gcMs),
    cpuMs: clients.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

/** Whether the planned sends were made, and when. */
function openLoop(total: Tally, asked: number): Partial<ClientReport> {
  const { lateness, waited, dropped, sent } = total;
  return {
    asked,
    dropped,
    waited,
    ...(lateness && { lateness: latenessOf(lateness) }),
    full: dropped + waited > FULL_SHARE * (dropped + sent),
  };
}

function latenessOf(times: Histogram): NonNullable<ClientReport['lateness']> {
  const [p95Low] = percentileInterval(times, 95);
  return {
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    ...(p95Low !== null && { p95Low }),
  };
}
