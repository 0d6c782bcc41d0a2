import { coreTimes } from '../load/native/host-times.ts';
import type { Figures } from '../record/measurement.ts';
import type { Resources, Server } from '../server/launcher.ts';
import { readOrEmpty } from '../server/processes.ts';
import { type Batch, rangeOf, ratioInterval } from '../statistics/batch-means.ts';
import { NO_FIGURES } from './server-times.ts';
import type { Span } from './span.ts';

/** What a server used at a moment of `performance.now()`. */
export interface ResourceSample {
  readonly atMs: number;
  readonly resources: Resources;
  /** What all cores of this machine did by then, and what of that was this process; absent: the system does not tell. */
  readonly machine?: { readonly allS: number; readonly busyS: number; readonly ownS: number };
}

/** A running look-out for what a server uses. */
export interface ResourceWatch {
  /** Looks now, unless it did a moment ago; does not wait for what it sees. */
  look(): void;
  stop(): Promise<readonly ResourceSample[]>;
}

/** Reading the memory of a large process stops it for a moment, so that looks are this far apart at least. */
const LEAST_GAP_MS = 250;
/** The next look comes after this many times what the last one took, so that looking takes a twentieth of the time ... */
const GAP_TO_COST = 20;
/** ... but no later than this, so that a short point is looked at twice also where an engine is slow to answer. */
const MOST_GAP_MS = 600;

/** Looks every `intervalS`, and when it is told to, until it is stopped. */
export function watchResources(server: Pick<Server, 'resources'>, intervalS: number): ResourceWatch {
  const samples: ResourceSample[] = [];
  let nextMs = 0;
  let looking: Promise<void> | undefined;
  const look = (): void => {
    const begun = performance.now();
    if (looking || begun < nextMs) return;
    looking = server
      .resources()
      // What can't be read is not there to be measured.
      .catch(() => undefined)
      .then((found) => {
        const now = performance.now();
        if (found) samples.push({ atMs: (begun + now) / 2, resources: found, ...machineNow() });
        nextMs = now + Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, GAP_TO_COST * (now - begun)));
        looking = undefined;
      });
  };
  const timer = setInterval(look, intervalS * 1000);
  return {
    look,
    async stop() {
      clearInterval(timer);
      await looking;
      return samples;
    },
  };
}

function machineNow(): Pick<ResourceSample, 'machine'> {
  const cores = coreTimes(readOrEmpty('/proc/stat'));
  if (cores.length === 0) return {};
  const allMs = cores.reduce((sum, core) => sum + core.allMs, 0);
  const idleMs = cores.reduce((sum, core) => sum + core.idleMs, 0);
  const { user, system } = process.cpuUsage();
  return { machine: { allS: allMs / 1000, busyS: (allMs - idleMs) / 1000, ownS: (user + system) / 1e6 } };
}

/** Shares of this machine's CPU, 0 to 1. */
export interface CpuShares {
  /** What neither the server nor this process had, other machines' share of it included. */
  readonly others: number;
  /** What nobody used. */
  readonly idle: number;
}

/** Who had this machine's CPU while it counted; undefined where it is not known. */
export function cpuShares(
  samples: readonly ResourceSample[],
  { startMs, endMs }: Span,
): CpuShares | undefined {
  const seen = samples.filter(({ atMs }) => atMs >= startMs && atMs <= endMs);
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first?.machine || !last?.machine) return undefined;
  const allS = last.machine.allS - first.machine.allS;
  const serverS = last.resources.cpuS - first.resources.cpuS;
  // A process that ended takes its time with it.
  if (allS <= 0 || serverS < 0) return undefined;
  const busyS = last.machine.busyS - first.machine.busyS;
  const ownS = last.machine.ownS - first.machine.ownS;
  const share = (seconds: number): number => Math.min(1, Math.max(0, seconds / allS));
  return { others: share(busyS - serverS - ownS), idle: share(allS - busyS) };
}

/**
 * CPU and memory while it counted. The memory used is the highest that was seen, what the machine had left the lowest;
 * their intervals hold everything that was seen. The CPU time is taken between the first and the last look.
 */
export function resourceFigures(samples: readonly ResourceSample[], { startMs, endMs }: Span): Figures {
  const seen = samples.filter(({ atMs }) => atMs >= startMs && atMs <= endMs);
  if (seen.length === 0) return NO_FIGURES;
  const used = rangeOf(seen.map(({ resources }) => resources.usedMB));
  const available = rangeOf(
    seen.map(({ resources }) => resources.availableMB).filter((value) => value !== undefined),
  );
  const cpu = cpuBatches(seen);
  const over = cpu.reduce((total, batch) => total + batch.over, 0);
  const percent = cpu.reduce((total, batch) => total + batch.sum, 0) / over;
  return {
    values: {
      cpu_used_ram: used[1]!,
      ...(available[0] !== null && { cpu_available_ram: available[0] }),
      ...(over > 0 && { cpu_utilization: percent }),
    },
    intervals: {
      cpu_used_ram: used,
      ...(available[0] !== null && { cpu_available_ram: available }),
      ...(over > 0 && { cpu_utilization: ratioInterval(cpu) }),
    },
  };
}

/**
 * Percent of a core from look to look; a process that ended takes its time with it, and that stretch does not count.
 */
const cpuBatches = (samples: readonly ResourceSample[]): Batch[] =>
  samples.slice(1).flatMap(({ atMs, resources }, index) => {
    const before = samples[index]!;
    const seconds = (atMs - before.atMs) / 1000;
    const worked = resources.cpuS - before.resources.cpuS;
    return worked < 0 || seconds <= 0 ? [] : [{ sum: worked * 100, over: seconds }];
  });
