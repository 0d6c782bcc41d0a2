import type { Figures } from '../../record/measurement.ts';
import { ratioInterval } from '../../statistics/batch-means.ts';
import type { Histogram } from '../../statistics/histogram.ts';
import { percentileInterval, rateInterval } from '../../statistics/intervals.ts';
import { percentile } from '../../statistics/percentile.ts';
import type { Timeline } from '../../statistics/timeline.ts';
import { joined, type Tally } from './cut-tally.ts';

/** What a figure is made of, and how it is counted. */
interface Windows {
  readonly counted: readonly Tally[];
  readonly total: Tally;
  readonly timeline: Timeline;
  /** Inferences in each request. */
  readonly batchSize: number;
}

const PERCENTILES = [50, 90, 95, 99] as const;

/**
 * The figures of the windows that count, each with its 95 % interval. Those of means and rates follow from how much the
 * windows differ, those of percentiles from the ranks of the times.
 */
export function figuresOf(
  counted: readonly Tally[],
  timeline: Timeline,
  { batchSize, open }: { readonly batchSize: number; readonly open: boolean },
): Figures {
  const total = counted.reduce(joined);
  const windows = { counted, total, timeline, batchSize };
  const { firstResponse, interResponse, service, sequences } = total;
  const decoupled = firstResponse !== undefined && firstResponse.count > 0;
  return merged([
    throughput(windows),
    series(windows, 'perf_latency', ({ latency }) => latency),
    service ? series(windows, 'perf_service_latency', (tally) => tally.service!) : NOTHING,
    decoupled ? responses(windows) : clientTimes(windows),
    interResponse && interResponse.count > 0
      ? series(windows, 'perf_inter_response', (tally) => tally.interResponse!)
      : NOTHING,
    sequences > 0 ? perSecond(windows, 'perf_sequence_throughput', (tally) => tally.sequences) : NOTHING,
    open ? perSecond(windows, 'perf_send_rate', ({ sent }) => sent) : NOTHING,
  ]);
}

const NOTHING: Figures = { values: {}, intervals: {} };

const merged = (figures: readonly Figures[]): Figures => ({
  values: Object.assign({}, ...figures.map(({ values }) => values)),
  intervals: Object.assign({}, ...figures.map(({ intervals }) => intervals)),
});

const secondsOf = ({ startMs, endMs }: Tally): number => (endMs - startMs) / 1000;

/** Its interval follows from how many requests ended in each millisecond, which tells more than a few windows do. */
function throughput({ total, timeline, batchSize }: Windows): Figures {
  const { startMs, endMs, latency } = total;
  const [low, high] = rateInterval(timeline, startMs, endMs, latency.count);
  const scaled = (rate: number | null): number | null => (rate === null ? null : rate * batchSize);
  return {
    values: { perf_throughput: (latency.count * batchSize) / secondsOf(total) },
    intervals: { perf_throughput: [scaled(low), scaled(high)] },
  };
}

/** Mean and percentiles of times. */
function series({ counted, total }: Windows, tag: string, timesOf: (tally: Tally) => Histogram): Figures {
  const times = timesOf(total);
  const parts = counted.map(timesOf).map(({ sum, count }) => ({ sum, over: count }));
  const tags = PERCENTILES.map((percent) => [`${tag}_p${percent}`, percent] as const);
  return {
    values: {
      [`${tag}_avg`]: times.mean,
      ...Object.fromEntries(tags.map(([name, percent]) => [name, percentile(times, percent)])),
    },
    intervals: {
      [`${tag}_avg`]: ratioInterval(parts),
      ...Object.fromEntries(tags.map(([name, percent]) => [name, percentileInterval(times, percent)])),
    },
  };
}

/** How often a second something happens. */
function perSecond({ counted, total }: Windows, tag: string, countOf: (tally: Tally) => number): Figures {
  const parts = counted.map((tally) => ({ sum: countOf(tally), over: secondsOf(tally) }));
  return { values: { [tag]: countOf(total) / secondsOf(total) }, intervals: { [tag]: ratioInterval(parts) } };
}

/** The figures of a decoupled model, which answers a request as often as it likes. */
const responses = (windows: Windows): Figures =>
  merged([
    perSecond(windows, 'perf_response_throughput', (tally) => tally.responses * windows.batchSize),
    series(windows, 'perf_first_response', (tally) => tally.firstResponse!),
  ]);

/** What a request's time goes into, as the client sees it. */
function clientTimes({ counted, total }: Windows): Figures {
  const part = (tag: string, msOf: (tally: Tally) => number): Figures => ({
    values: { [tag]: msOf(total) / total.latency.count },
    intervals: {
      [tag]: ratioInterval(counted.map((tally) => ({ sum: msOf(tally), over: tally.latency.count }))),
    },
  });
  return merged([
    part('perf_client_send', ({ sendMs }) => sendMs),
    part('perf_client_recv', ({ receiveMs }) => receiveMs),
    part('perf_client_send_recv', ({ sendMs, receiveMs }) => sendMs + receiveMs),
    part('perf_client_response_wait', ({ latency, sendMs, receiveMs }) => latency.sum - sendMs - receiveMs),
  ]);
}
