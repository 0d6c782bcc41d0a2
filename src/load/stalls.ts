import type { HostStalls } from '../record/measurement.ts';
import type { Histogram } from '../statistics/histogram.ts';
import { percentile } from '../statistics/percentile.ts';
import type { Timeline } from '../statistics/timeline.ts';

/**
 * Whether the host stood still in a window, told apart from a slow server.
 *
 * A host that stands still makes every request late that is in flight, and that is no latency of the server. But only
 * what saw it happen says so: the client's own clock, which beats in the very threads that take the latencies and fires
 * late when they stand still, and the time that the hypervisor took from a core. A window without such a witness counts,
 * however slow its requests were. Nothing is run against a null server for it: that would happen later, and could only
 * tell that this host stalls now and then, not that it did in this window; the clock's beat is such a server that is
 * asked all the time.
 */

/** Waking up later than this is more than any machine does now and then, ms. */
const LATE_MS = 10;
/** Two ticks of the system's counter of stolen time, ms: one may be what it had gathered before. */
const STOLEN_MS = 20;
/** A gap between answers of this length is worth a word, ms. */
const GAP_MS = 20;
/** A sign is one if it is so many times as large as in the usual window: what is there always is no stall. */
const STICKS_OUT = 4;
/** At most this share of the windows is left out; what happens more often belongs to the place as it is. */
const MOST_LEFT_OUT = 0.25;
/** What was held up by a stall is answered within so many ms after it. */
const AFTER_MS = 10;
/** Where the system does not tell how long a thread waited for a core, this share of idle time says that it did not. */
const IDLE = 0.5;

/** What tells of a window whether the host stood still in it; ms of the windows' own clock. */
export interface Signs {
  /** By how much the clock of the generator's threads was late at most, and when it fired then. */
  readonly lateMs: number;
  readonly lateAtMs: number;
  /** How long this thread waited for a core in this window; undefined where the system does not tell. */
  readonly waitedMs?: number | undefined;
  /** The most of any one core's time that the hypervisor gave to others. */
  readonly stolenMs?: number | undefined;
  /** Share of all cores' time in which they had nothing to do. */
  readonly idle?: number | undefined;
  /** The longest time in which no request at all was answered, over all connections. */
  readonly gapMs: number;
}

/** A window as far as it matters here. */
export interface SignedWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly latency: Histogram;
  readonly signs: Signs;
}

/** What a load is, as far as it matters here. */
export interface Scene {
  /** The server runs on this machine, too: its own threads may be what kept the client's from a core. */
  readonly sharesHost: boolean;
  /** The load is a trace, of which no part stands for another. */
  readonly isTrace: boolean;
}

/** What was found, and what a reader is to know of it. */
export interface Stalls {
  /** Windows that do not count, by their place. */
  readonly leftOut: ReadonlySet<number>;
  /** Of how long and in how many windows the host stood still, whether they count or not; absent: in none. */
  readonly found?: HostStalls;
  readonly remarks: readonly string[];
}

/** Who saw the host stand still, and for how long. */
interface Witness {
  readonly who: 'clock' | 'hypervisor';
  readonly ms: number;
}

/**
 * Which windows hold a stall of the host.
 * @param windows those that count, in the order of time.
 */
export function findStalls(windows: readonly SignedWindow[], scene: Scene): Stalls {
  const witnesses = windows.map((window) => witnessOf(window, windows, scene));
  const quiet = windows.filter((window, index) => !witnesses[index] && !hasGap(window, windows));
  if (quiet.length === 0 || quiet.length === windows.length) return { leftOut: new Set(), remarks: [] };
  const usualMs = percentile(sumOf(quiet.map(({ latency }) => latency)), 99);
  const stalled = windows.flatMap((window, index) => {
    const witness = witnesses[index];
    return witness && isDisturbed(window, usualMs, witness.ms) ? [{ index, witness }] : [];
  });
  const unexplained = windows.filter(
    (window, index) =>
      !stalled.some((found) => found.index === index) &&
      hasGap(window, windows) &&
      isDisturbed(window, usualMs, window.signs.gapMs),
  );
  const isLeftOut = !scene.isTrace && stalled.length <= MOST_LEFT_OUT * windows.length;
  return {
    leftOut: new Set(isLeftOut ? stalled.map(({ index }) => index) : []),
    ...(stalled.length > 0 && {
      found: {
        windows: stalled.length,
        leftOut: isLeftOut ? stalled.length : 0,
        longestMs: Math.max(...stalled.map(({ witness }) => witness.ms)),
      },
    }),
    remarks: [
      ...(stalled.length > 0 ? [stalledText(stalled, windows.length, isLeftOut, scene)] : []),
      ...(unexplained.length > 0 ? [unexplainedText(unexplained, windows, scene)] : []),
    ],
  };
}

function witnessOf(window: SignedWindow, all: readonly SignedWindow[], scene: Scene): Witness | undefined {
  const late = lateIn(window, all);
  const usuallyLate = median(all.map(({ signs }) => signs.lateMs));
  if (late && late.lateMs >= STICKS_OUT * usuallyLate && !(scene.sharesHost && waitedForCore(late, all)))
    return { who: 'clock', ms: late.lateMs };
  const { stolenMs = 0 } = window.signs;
  const usuallyStolen = median(all.map(({ signs }) => signs.stolenMs ?? 0));
  return stolenMs >= STOLEN_MS && stolenMs >= STICKS_OUT * usuallyStolen
    ? { who: 'hypervisor', ms: stolenMs }
    : undefined;
}

/**
 * The worst lateness that falls into a window. It may be told with the window before: the threads are asked for a window
 * at a time of their own, and answers that waited for it are read afterwards.
 */
function lateIn({ startMs, endMs }: SignedWindow, all: readonly SignedWindow[]): Signs | undefined {
  const [worst] = all
    .map(({ signs }) => signs)
    .filter(
      ({ lateMs, lateAtMs }) =>
        lateMs >= LATE_MS && lateAtMs - lateMs < endMs && lateAtMs + AFTER_MS > startMs,
    )
    .toSorted((a, b) => b.lateMs - a.lateMs);
  return worst;
}

/** Whether it was late because other threads of this machine had the cores: it waited for one longer than it usually does. */
const waitedForCore = ({ lateMs, waitedMs, idle }: Signs, all: readonly SignedWindow[]): boolean =>
  waitedMs === undefined
    ? (idle ?? 0) < IDLE
    : waitedMs - median(all.map(({ signs }) => signs.waitedMs ?? 0)) >= lateMs / 2;

/** Whether for a time nothing was answered at all, as it was in no other window. */
const hasGap = ({ signs }: SignedWindow, all: readonly SignedWindow[]): boolean =>
  signs.gapMs >= GAP_MS && signs.gapMs >= STICKS_OUT * median(all.map((other) => other.signs.gapMs));

/**
 * Whether a window's slow requests are what a stall makes of usual ones: later by about its length, and by no more than
 * that and the queue behind it. What is later still is the server's own.
 */
function isDisturbed({ latency }: SignedWindow, usualMs: number, stallMs: number): boolean {
  const worstMs = percentile(latency, 99);
  return worstMs >= usualMs + stallMs / 2 && worstMs <= 2 * usualMs + 1.5 * stallMs;
}

function stalledText(
  stalled: readonly { readonly witness: Witness }[],
  all: number,
  isLeftOut: boolean,
  scene: Scene,
): string {
  const { length } = stalled;
  const most = Math.max(...stalled.map(({ witness }) => witness.ms)).toFixed(0);
  const long = length === 1 ? `${most} ms` : `up to ${most} ms`;
  const clock = stalled.some(({ witness }) => witness.who === 'clock');
  const stolen = stalled.some(({ witness }) => witness.who === 'hypervisor');
  const signs = [
    ...(clock ? ["the generator's own clock was late"] : []),
    ...(stolen ? ["the hypervisor gave a core's time to others"] : []),
  ].join(', ');
  const stood = `${hostName(scene)} stood still for ${long} in ${length === 1 ? 'it' : 'them'} (${signs})`;
  const why = scene.isTrace ? 'a trace counts as a whole' : 'too many to be left out';
  return isLeftOut
    ? `${length} of ${all} windows ${length === 1 ? 'is' : 'are'} left out: ${stood}, which is no latency of the server`
    : `${length} of ${all} windows ${length === 1 ? 'holds a stall' : 'hold stalls'}: ${stood}; ${why}, so that the figures contain what is no latency of the server`;
}

function unexplainedText(found: readonly SignedWindow[], all: readonly SignedWindow[], scene: Scene): string {
  const most = Math.max(...found.map(({ signs }) => signs.gapMs)).toFixed(0);
  const where = `in ${found.length} of ${all.length} windows`;
  const waited = found.some((window) => {
    const late = lateIn(window, all);
    return late !== undefined && waitedForCore(late, all);
  });
  const [long, count] = found.length === 1 ? [`${most} ms`, 'it counts'] : [`up to ${most} ms`, 'they count'];
  return waited
    ? `${where} no request was answered for ${long}, and the generator itself had to wait for a core: ${count}, as the server's own threads may have had the cores`
    : `${where} no request was answered for ${long}, and nothing says that ${hostName(scene)} stood still: ${count}, as the server's own`;
}

/** Of a server that runs elsewhere nothing is known but its answers: what stands still then is the client's host. */
const hostName = ({ sharesHost }: Scene): string => (sharesHost ? 'the host' : "the client's host");

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function sumOf([first, ...others]: readonly Histogram[]): Histogram {
  const all = first!.copy();
  for (const other of others) all.add(other);
  return all;
}

/**
 * The windows that count, moved together as if those that are left out had never been, and when requests ended in them.
 */
export function movedTogether<Window extends { readonly startMs: number; readonly endMs: number }>(
  windows: readonly Window[],
  leftOut: ReadonlySet<number>,
  timeline: Timeline,
): { readonly windows: readonly Window[]; readonly timeline: Timeline } {
  if (leftOut.size === 0) return { windows, timeline };
  const together = timeline.emptyFrom(windows[0]!.startMs);
  let atMs = windows[0]!.startMs;
  const moved: Window[] = [];
  for (const [index, window] of windows.entries()) {
    if (leftOut.has(index)) continue;
    const { startMs, endMs } = window;
    timeline.copyInto(together, startMs, endMs, atMs - startMs);
    moved.push({ ...window, startMs: atMs, endMs: atMs + endMs - startMs });
    atMs += endMs - startMs;
  }
  return { windows: moved, timeline: together };
}
