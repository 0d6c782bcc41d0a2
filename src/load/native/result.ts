import type { ClientReport } from '../../record/client.ts';
import { batchSizeOf } from '../../record/load-point.ts';
import { meanRate } from '../../statistics/arrivals.ts';
import type { Histogram } from '../../statistics/histogram.ts';
import { percentileInterval } from '../../statistics/intervals.ts';
import { percentile } from '../../statistics/percentile.ts';
import type { LoadJob, LoadResult } from '../load-generator.ts';
import type { Calibration } from './calibrate.ts';
import { joined, type Tally } from './cut-tally.ts';
import { figuresOf } from './figures.ts';
import type { LoadPlan } from './load-plan.ts';
import type { Measured } from './measured.ts';

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
  const total = counted.map(({ tally }) => tally).reduce(joined);
  const seconds = (total.endMs - total.startMs) / 1000;
  const requests = total.latency.count;
  const { shape } = plan.crew;
  const client = clientOf(total);
  const skippedS = (counted[0]!.tally.startMs - windows[0]!.tally.startMs) / 1000;
  return {
    ...figuresOf(
      counted.map(({ tally }) => tally),
      timeline,
      { batchSize: batchSizeOf(job.point), open: shape.kind === 'open' },
    ),
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
