import { percentileLimits } from '../../goal/percentile-limit.ts';
import type { ClientReport } from '../../record/client.ts';
import type { Constraint } from '../../record/goal.ts';
import { batchSizeOf } from '../../record/load-point.ts';
import { meanRate } from '../../statistics/arrivals.ts';
import type { Histogram } from '../../statistics/histogram.ts';
import { percentileInterval } from '../../statistics/intervals.ts';
import { percentile } from '../../statistics/percentile.ts';
import { shareBeyond } from '../../statistics/share-beyond.ts';
import type { LoadJob, LoadResult } from '../load-generator.ts';
import { findStalls, movedTogether, type Scene } from '../stalls.ts';
import { timesOf } from '../stop-rule.ts';
import type { Calibration } from './calibrate.ts';
import { joined, type Tally } from './cut-tally.ts';
import { figuresOf } from './figures.ts';
import type { LoadPlan } from './load-plan.ts';
import type { Measured } from './measured.ts';
import { sharesHost } from './shares-host.ts';

/** More requests than this dropped, or sent late for want of room, and the server did not keep up. */
const FULL_SHARE = 0.01;

/** The figures of a point, out of the windows that count. */
export function resultOf<Scrape>(
  job: LoadJob<Scrape>,
  plan: LoadPlan,
  { windows, from, count, stable, warmupS, timeline, remarks }: Measured<Scrape>,
  floor: Calibration | undefined,
): LoadResult<Scrape> {
  const counted = windows.slice(from);
  const tallies = counted.map(({ tally }) => tally);
  const stalls = findStalls(tallies, sceneOf(job, plan));
  // What the server itself tells is still of all of them: its counters are read at their edges only.
  const kept = movedTogether(tallies, stalls.leftOut, timeline);
  const total = kept.windows.reduce(joined);
  const seconds = (total.endMs - total.startMs) / 1000;
  const requests = total.latency.count;
  const { shape } = plan.crew;
  const client = clientOf(total);
  const skippedS = (counted[0]!.tally.startMs - windows[0]!.tally.startMs) / 1000;
  return {
    ...figuresOf(kept.windows, kept.timeline, {
      batchSize: batchSizeOf(job.point),
      open: shape.kind === 'open',
    }),
    ...beyondOf(kept.windows, job.limits ?? []),
    requests,
    failures: total.failures,
    durationS: seconds,
    warmupS: warmupS + skippedS,
    windows: count,
    counted: Math.round((kept.windows.length / windows.length) * count),
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
    ...(stalls.found && { stalls: stalls.found }),
    warnings: [...plan.notes, ...remarks, ...stalls.remarks],
  };
}

/** Where a load comes from, and what kind it is. */
export const sceneOf = (
  { settings, http, grpc }: LoadJob<unknown>,
  { crew: { shape } }: LoadPlan,
): Scene => ({
  sharesHost: sharesHost(settings.protocol === 'grpc' ? grpc : http),
  isTrace: shape.kind === 'open' && shape.arrivals.kind === 'trace',
});

/** For each limit on a percentile, the share of requests that took longer. */
function beyondOf(
  windows: readonly Tally[],
  limits: readonly Constraint[],
): Pick<LoadResult<unknown>, 'beyond'> {
  const found = percentileLimits(limits).flatMap(({ tag, times, limitMs, allowed }) => {
    const share = shareBeyond(timesOf(windows, times), limitMs, allowed);
    return share ? [[tag, { limit: limitMs, ...share }] as const] : [];
  });
  return found.length > 0 ? { beyond: Object.fromEntries(found) } : {};
}

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
export function openLoop(
  total: Pick<Tally, 'lateness' | 'waited' | 'dropped' | 'sent'>,
  asked: number,
): Partial<ClientReport> {
  const { lateness, waited, dropped, sent } = total;
  return {
    asked,
    dropped,
    waited,
    // Where every request waited for another to be answered, none was late by itself.
    ...(lateness && lateness.count > 0 && { lateness: latenessOf(lateness) }),
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
