import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../support/random.ts';
import { type Length, type Running, type SmallRun, smallRun } from './run.ts';

/** What is done to a run, and what must come of it. */
export interface Disturbance {
  /**
   * Answers false when the run was over before it could be done.
   * @param share random, 0 to 1: how far into the life of a server that has yet to start.
   */
  disturb(run: SmallRun, running: Running, share: number): Promise<boolean>;
  /** Seconds that it may take to end on a busy machine. */
  readonly endsWithinS: number;
  /** How it may end. */
  readonly ends: readonly (number | string)[];
}

const signal = (
  name: NodeJS.Signals,
  endsWithinS: number,
  ends: readonly (number | string)[],
): Disturbance => ({
  disturb: async (_run, { child }) => child.kill(name),
  endsWithinS,
  ends,
});

/** A run that is through is well whatever was to be done to it. */
const DONE = 0;
/** The first server was stopped before it was ready, and no later one before something was measured. */
const NO_START = 5;
const NOTHING = 3;
/** A run that is through: what it measured is compared, and not what it advises on a machine that is busy with other things. */
const THROUGH: readonly (number | string)[] = [DONE, NOTHING];
/** Ended by a signal; what there is is reported. */
const INTERRUPTED = 130;

export const DISTURBANCES = {
  kill: signal('SIGKILL', 10, ['SIGKILL']),
  interrupt: signal('SIGINT', 90, [INTERRUPTED, DONE, 'SIGINT']),
  'interrupt-twice': {
    async disturb(_run, { child }) {
      const first = child.kill('SIGINT');
      await sleep(250);
      child.kill('SIGINT');
      return first;
    },
    endsWithinS: 60,
    ends: [INTERRUPTED, DONE, 'SIGINT'],
  },
  terminate: signal('SIGTERM', 60, [INTERRUPTED, DONE, 'SIGTERM']),
  hangup: signal('SIGHUP', 60, [INTERRUPTED, DONE, 'SIGHUP']),
  'stop-server': { disturb: stopServer, endsWithinS: 150, ends: [DONE, NO_START, NOTHING] },
} as const satisfies Record<string, Disturbance>;

export type DisturbanceName = keyof typeof DISTURBANCES;

/** What a server of the small run lives for, in ms: loading, calibrating, two points. */
const SERVER_LIFE_MS = 2500;

/**
 * Stops the server of the moment, so that it neither answers nor ends. Where none runs at the moment, the
 * next one is stopped later in its life, or all of these would hit servers that have only just started.
 */
async function stopServer(run: SmallRun, running: Running, share: number): Promise<boolean> {
  const serverNow = (): number | undefined => {
    const server = run.processes().find((process) => /^\d+ \S*tritonserver(\.real)? --/.test(process));
    return server ? Number(server.split(' ')[0]) : undefined;
  };
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  for (let waited = false; !over; waited = true) {
    const server = serverNow();
    if (server === undefined) {
      await sleep(20);
      continue;
    }
    if (waited) await Promise.race([sleep(share * SERVER_LIFE_MS), running.ended]);
    if (serverNow() === server) return process.kill(server, 'SIGSTOP');
  }
  return false;
}

/** What an undisturbed run measures, and how long it takes. */
export interface Rehearsal {
  readonly length: Length;
  readonly seconds: number;
  readonly points: readonly string[];
}

export async function rehearse(length: Length): Promise<Rehearsal> {
  await using run = await smallRun(length);
  const begun = performance.now();
  const running = run.start();
  const code = await running.ended;
  if (!THROUGH.includes(code))
    throw new Error(`the run fails without being disturbed (${code}):\n${running.output()}`);
  return { length, seconds: (performance.now() - begun) / 1000, points: run.results() };
}

/** Which disturbance, and which of its random moments. */
export interface Planned {
  readonly name: DisturbanceName;
  readonly number: number;
}

/** Carries out all of them, so many at a time, and tells of each when it is through. */
export async function attackAll(
  planned: readonly Planned[],
  { seed, jobs, whole }: { seed: number; jobs: number; whole: Rehearsal },
  onDone: (attacked: Attacked) => void,
): Promise<void> {
  const waiting = [...planned];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      onDone(await attack(next.name, next.number, seed, whole));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

/** What came of one disturbance. */
export interface Attacked {
  readonly name: DisturbanceName;
  readonly number: number;
  /** Seconds after the start. */
  readonly atS: number;
  readonly end: number | string;
  /** Points that were measured by then, and that are in the journal after it. */
  readonly told: number;
  readonly kept: number;
  /** What is not as it must be; [] when all is. */
  readonly wrong: readonly string[];
}

/** Disturbs a run at a random moment, looks at what is left, goes on, and compares with what was to be measured. */
async function attack(
  name: DisturbanceName,
  number: number,
  seed: number,
  whole: Rehearsal,
): Promise<Attacked> {
  const { disturb, endsWithinS, ends } = DISTURBANCES[name];
  const wrong: string[] = [];
  await using run = await smallRun(whole.length);
  const random = randomOf(seed, number);
  const atS = 0.05 + (random.below(1000) / 1000) * whole.seconds;
  const running = run.start();
  await Promise.race([sleep(atS * 1000), running.ended]);
  // What was printed is on the disk: only what is in flight may be lost.
  const told = [...running.output().matchAll(/^\[ *\d+\/\d+\].* infer\/s/gm)].length;
  await disturb(run, running, random.below(1000) / 1000);
  const end = await within(endsWithinS, running.ended);
  if (end === undefined) wrong.push(`still running after ${endsWithinS} s`);
  else if (!([...ends, ...THROUGH] as (number | string)[]).includes(end)) wrong.push(`ends with ${end}`);
  if (end === undefined) running.child.kill('SIGKILL');
  wrong.push(...(await whatIsLeft(run, `after ${name}`)), ...bugs(running));
  const kept = run.measured();
  if (kept.length < told) wrong.push(`${told} points were told of, ${kept.length} are in the journal`);
  wrong.push(...(await goOn(run, kept, whole)));
  return { name, number, atS, end: end ?? 'killed', told, kept: kept.length, wrong };
}

/** The same command once more must bring the same result, and measure nothing that is in the journal. */
async function goOn(run: SmallRun, kept: readonly string[], whole: Rehearsal): Promise<string[]> {
  const wrong: string[] = [];
  const again = run.start();
  const end = await within(180, again.ended);
  if (end === undefined) again.child.kill('SIGKILL');
  if (!THROUGH.includes(end ?? 'nothing'))
    wrong.push(`going on ends with ${end ?? 'nothing'}: ${again.output().slice(-600)}`);
  const measured = run.measured();
  if (new Set(measured).size < measured.length) wrong.push('a point was measured twice');
  if (measured.slice(0, kept.length).join() !== kept.join()) wrong.push('points are gone from the journal');
  const points = run.results();
  if (points.join() !== whole.points.join()) {
    wrong.push(`the result differs: ${points.join('; ')} instead of ${whole.points.join('; ')}`);
  }
  return [...wrong, ...(await whatIsLeft(run, 'after going on')), ...bugs(again)];
}

const bugs = (running: Running): string[] =>
  /bug of tma/.test(running.output()) ? [`a bug: ${running.output().slice(-1500)}`] : [];

const PATIENCE_S = 20;

async function whatIsLeft(run: SmallRun, when: string): Promise<string[]> {
  const left = (): string[] => [...run.processes(), ...run.lying()];
  for (let waited = 0; left().length > 0 && waited < PATIENCE_S * 10; waited++) await sleep(100);
  return left().map((what) => `left ${when}: ${what.slice(0, 160)}`);
}

const within = async <T>(seconds: number, promise: Promise<T>): Promise<T | undefined> => {
  const stop = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
  const first = await Promise.race([promise, late]);
  stop.abort();
  return first;
};
