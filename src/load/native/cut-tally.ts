import { type Failures, mergeFailures } from '../../record/request-failures.ts';
import { type Histogram, type HistogramData, histogramOf } from '../../statistics/histogram.ts';
import type { Signs } from '../stalls.ts';
import type { ClientTimes, CutMessage } from './protocol.ts';

/** What happened in one stretch of time, over all threads; adding two up takes no more room than one. */
export interface Tally {
  /** Milliseconds of one clock. */
  readonly startMs: number;
  readonly endMs: number;
  readonly latency: Histogram;
  readonly service: Histogram | undefined;
  readonly lateness: Histogram | undefined;
  readonly firstResponse: Histogram | undefined;
  readonly interResponse: Histogram | undefined;
  readonly sendMs: number;
  readonly receiveMs: number;
  readonly bytes: number;
  readonly responses: number;
  readonly sequences: number;
  readonly failures: Failures;
  readonly dropped: number;
  readonly waited: number;
  readonly sent: number;
  /** A thread each. */
  readonly clients: readonly ClientTimes[];
  /** Whether the host stood still; what the threads can't tell is added by who can. */
  readonly signs: Signs;
}

/** The threads' cuts as one. */
export function tallyOf(cuts: readonly CutMessage[]): Tally {
  const all = cuts.map(
    (cut): Tally => ({
      ...cut,
      latency: histogramOf(cut.latency),
      service: optional(cut.service),
      lateness: optional(cut.lateness),
      firstResponse: optional(cut.firstResponse),
      interResponse: optional(cut.interResponse),
      clients: [cut.client],
      signs: { ...cut.clock, gapMs: 0 },
    }),
  );
  const merged = all.reduce((a, b) => ({ ...merge(a, b), clients: [...a.clients, ...b.clients] }));
  // Threads cut at their own last answers: the mean of the edges is the edge of all.
  const mean = (read: (tally: Tally) => number) =>
    all.reduce((sum, item) => sum + read(item), 0) / all.length;
  return { ...merged, startMs: mean((item) => item.startMs), endMs: mean((item) => item.endMs) };
}

const optional = (data: HistogramData | undefined): Histogram | undefined => data && histogramOf(data);

/** Two stretches that follow each other as one. */
export const joined = (a: Tally, b: Tally): Tally => ({
  ...merge(a, b),
  startMs: a.startMs,
  endMs: b.endMs,
  clients: a.clients.map((client, index) => addTimes(client, b.clients[index]!)),
});

/** Everything but the edges and the threads. */
function merge(a: Tally, b: Tally): Tally {
  return {
    ...a,
    latency: sum(a.latency, b.latency),
    service: sumOf(a.service, b.service),
    lateness: sumOf(a.lateness, b.lateness),
    firstResponse: sumOf(a.firstResponse, b.firstResponse),
    interResponse: sumOf(a.interResponse, b.interResponse),
    sendMs: a.sendMs + b.sendMs,
    receiveMs: a.receiveMs + b.receiveMs,
    bytes: a.bytes + b.bytes,
    responses: a.responses + b.responses,
    sequences: a.sequences + b.sequences,
    failures: mergeFailures(a.failures, b.failures),
    dropped: a.dropped + b.dropped,
    waited: a.waited + b.waited,
    sent: a.sent + b.sent,
    signs: worseOf(a.signs, b.signs),
  };
}

function sum(a: Histogram, b: Histogram): Histogram {
  const both = a.copy();
  both.add(b);
  return both;
}

const sumOf = (a: Histogram | undefined, b: Histogram | undefined): Histogram | undefined =>
  a && b ? sum(a, b) : (a ?? b);

/** The signs of two windows, or of two threads, as those of one. */
function worseOf(a: Signs, b: Signs): Signs {
  const { lateMs, lateAtMs, waitedMs } = b.lateMs > a.lateMs ? b : a;
  const among = (read: (signs: Signs) => number | undefined): number[] =>
    [a, b].flatMap((signs) => read(signs) ?? []);
  const stolen = among(({ stolenMs }) => stolenMs);
  const idle = among((signs) => signs.idle);
  return {
    lateMs,
    lateAtMs,
    waitedMs,
    ...(stolen.length > 0 && { stolenMs: Math.max(...stolen) }),
    ...(idle.length > 0 && { idle: Math.min(...idle) }),
    gapMs: Math.max(a.gapMs, b.gapMs),
  };
}

const addTimes = (a: ClientTimes, b: ClientTimes): ClientTimes => ({
  elapsedMs: a.elapsedMs + b.elapsedMs,
  busyMs: a.busyMs + b.busyMs,
  cpuMs: a.cpuMs + b.cpuMs,
  gcMs: a.gcMs + b.gcMs,
});
