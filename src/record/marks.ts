import { isClientBound, type Measurement } from './measurement.ts';
import { countFailures, mainFailure } from './request-failures.ts';

/**
 * Every mark that a measurement may carry: what a reader, or a program, should know before trusting its figures. The
 * list is closed; a mark is added by a row here, and is then in results.json, in the tables and on the pages.
 */

/** What a mark says of itself, whatever measurement carries it. */
export interface MarkAbout {
  readonly words: string;
  /** What to do about it. */
  readonly advice: string;
}

interface MarkRow extends MarkAbout {
  /** What it says of this measurement; undefined: it does not carry the mark. */
  readonly text: (measurement: Measurement) => string | undefined;
}

/** Fewest requests for which the largest is an upper bound of the p99 with 99 % confidence. */
export const P99_REQUESTS = 459;
/** From this share of the p99 on, the client's own lateness is worth a mark. */
const LATE_PART = 0.25;
/** A request rate of which less than this share was sent is not the one that was asked for. */
const SENT = 0.99;

/** From this share of the machine's CPU on, what other programs have is worth a mark. Not tuned. */
const MUCH_CPU = 0.2;

const ROWS = {
  unstable: {
    words: 'not as precise or as steady as was asked',
    advice: 'measure it longer (--time-limit)',
    text: ({ stable, durationS }) =>
      stable ? undefined : `not as precise or as steady as was asked after ${durationS.toFixed(1)} s`,
  },
  'few-samples': {
    words: `fewer requests than the ${P99_REQUESTS} that a p99 needs`,
    advice: 'measure it longer (--time-limit); the p99 may be higher',
    text: (measurement) => {
      const requests = requestsOfALook(measurement);
      return restsOnFew(measurement) ? `the p99 rests on ${requests} requests` : undefined;
    },
  },
  'client-bound': {
    words: 'the load generator was the limit: the figures are the least that the server can do',
    advice:
      'give the load generator more threads (max-threads of perf_analyzer_flags), or a machine of its own',
    text: (measurement) =>
      isClientBound(measurement)
        ? `the load generator was the limit${measurement.bottleneck!.reasons[0] ? `: ${measurement.bottleneck!.reasons[0]}` : ''}`
        : undefined,
  },
  'late-sends': {
    words: 'the load generator sent late, and the p99 holds that',
    advice:
      'give the load generator more threads (max-threads of perf_analyzer_flags), or a machine of its own',
    text: (measurement) => {
      const ms = latenessInP99(measurement);
      return ms === undefined
        ? undefined
        : `the slowest percent of the sends was late by ${ms.toFixed(1)} ms or more`;
    },
  },
  'rate-missed': {
    words: 'fewer requests a second were sent than were asked for',
    advice: 'the rate is more than the server, or the load generator, keeps up with',
    text: ({ client, whole: { values } }) => {
      const [asked, sent] = [client?.asked, values['perf_send_rate']];
      return asked !== undefined && sent !== undefined && sent < SENT * asked
        ? `${sent.toFixed(0)} requests a second were sent instead of ${asked.toFixed(0)}`
        : undefined;
    },
  },
  'failed-requests': {
    words: 'some requests failed',
    advice: 'see the message of the first, and the log of the server',
    text: ({ failures }) => {
      const failed = countFailures(failures);
      return failed > 0 ? `${failed} requests failed: ${mainFailure(failures)!.message}` : undefined;
    },
  },
  throttled: {
    words: 'a GPU was held back by its power, temperature or settings',
    advice: 'cool it, raise its power limit, or lock its clocks (nvidia-smi -lgc)',
    text: ({ gpuStates = {} }) => {
      const held = Object.entries(gpuStates).filter(([, { throttled }]) => throttled.length > 0);
      return held.length > 0
        ? `held back: ${held.map(([uuid, { throttled }]) => `${uuid} (${throttled.join(', ')})`).join(', ')}`
        : undefined;
    },
  },
  'shared-gpu': {
    words: 'another process used a GPU of the server meanwhile',
    advice: 'end it, or give the server a GPU of its own (--gpus)',
    text: ({ gpuSharers = [] }) =>
      gpuSharers.length > 0
        ? `another process used the GPU: ${gpuSharers.map(({ uuid, name, pid }) => `${name} (pid ${pid}) on ${uuid}`).join(', ')}`
        : undefined,
  },
  'shared-cpu': {
    words: "other programs had a good part of this machine's CPU meanwhile",
    advice: 'end them, or measure on a machine that has nothing else to do',
    text: ({ othersShare = 0 }) =>
      othersShare >= MUCH_CPU
        ? `other programs had ${(othersShare * 100).toFixed(0)} % of this machine's CPU meanwhile`
        : undefined,
  },
  'host-stalled': {
    words: 'the host stood still meanwhile',
    advice: 'measure on a machine that has nothing else to do',
    text: ({ stalls, counted }) => {
      if (!stalls) return undefined;
      const { windows, leftOut, longestMs } = stalls;
      const all = counted + leftOut;
      return leftOut > 0
        ? `the host stood still for up to ${longestMs.toFixed(0)} ms in ${windows} of ${all} windows; they are left out of the client's figures`
        : `the host stood still for up to ${longestMs.toFixed(0)} ms in ${windows} of ${all} windows, and the figures hold that`;
    },
  },
  drifted: {
    words: 'the machine was faster or slower than when what it is compared with was measured',
    advice: 'measure again when the machine has nothing else to do (--fresh)',
    text: ({ drifted }) =>
      drifted &&
      (drifted.by === 0
        ? 'other programs had much more, or much less, of the CPU than when what it is compared with was measured'
        : `the machine was ${(Math.abs(drifted.by) * 100).toPrecision(2)} % ${drifted.by < 0 ? 'slower' : 'faster'} than when what it is compared with was measured`),
  },
  'beside-others': {
    words: 'it seems to have suffered from what was measured beside it',
    advice: 'measure one variant at a time (without --parallel)',
    text: ({ besideOthers }) =>
      besideOthers === undefined ? undefined : `measured beside others: ${besideOthers}`,
  },
  'shared-server': {
    words: 'its memory figures hold what other variants left on the same server',
    advice: 'give each variant a server of its own (without --server-reuse)',
    text: ({ shared }) => (shared ? 'the server ran other variants before' : undefined),
  },
  'taken-over': {
    words: 'an earlier session measured it',
    advice: '--fresh measures anew',
    text: ({ takenOver, startedAt }) =>
      takenOver ? `measured on ${startedAt.slice(0, 10)} and taken over` : undefined,
  },
} as const satisfies Readonly<Record<string, MarkRow>>;

/** The name of a mark, for programs. */
export type MarkTag = keyof typeof ROWS;

/** Every mark by its tag, in the order in which a measurement's are told. */
export const MARKS: Readonly<Record<MarkTag, MarkAbout>> = Object.fromEntries(
  Object.entries(ROWS).map(([tag, { words, advice }]) => [tag, { words, advice }]),
) as Readonly<Record<MarkTag, MarkAbout>>;

export const MARK_TAGS = Object.keys(ROWS) as readonly MarkTag[];

/** A mark of one measurement. */
export interface Mark {
  readonly tag: MarkTag;
  /** What it says of this measurement, in words. */
  readonly text: string;
  /** Of what was taken over: the day on which it was measured, ISO 8601. */
  readonly from?: string;
}

/** What is to be known of a measurement before its figures are trusted; [] where nothing is. */
export const marksOf = (measurement: Measurement): Mark[] =>
  MARK_TAGS.flatMap((tag) => {
    const text = (ROWS[tag] as MarkRow).text(measurement);
    if (text === undefined) return [];
    return [{ tag, text, ...(tag === 'taken-over' && { from: measurement.startedAt.slice(0, 10) }) }];
  });

/** Requests that the percentiles of one look rest on: those of several looks are means. */
const requestsOfALook = ({ requests, looks = 1 }: Measurement): number => Math.round(requests / looks);

/** Whether the p99 rests on too few requests. How many there were is not always recorded. */
const restsOnFew = (measurement: Measurement): boolean =>
  measurement.requests > 0 &&
  requestsOfALook(measurement) < P99_REQUESTS &&
  measurement.whole.values['perf_latency_p99'] !== undefined;

/** How late the slowest percent of the sends was, ms, where that is a good part of the p99; undefined: it is not. */
export function latenessInP99({
  client,
  whole: { values },
}: Pick<Measurement, 'client' | 'whole'>): number | undefined {
  const p99 = values['perf_latency_p99'];
  if (!client?.lateness || client.full || p99 === undefined) return undefined;
  return client.lateness.p99 > Math.max(1, LATE_PART * p99) ? client.lateness.p99 : undefined;
}
