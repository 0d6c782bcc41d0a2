import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf } from '../../ground/errors.ts';
import { makeScratch, removeScratch } from '../../ground/scratch.ts';
import { within } from '../../ground/timers.ts';
import { Guard } from '../../server/guard.ts';
import type { InProcess } from '../../server/launcher.ts';
import { killGroup } from '../../server/process-group.ts';
import { clearAway, MARK, newMark, pythonRegionsOf } from '../../server/traces.ts';
import type { Pass } from './output.ts';
import { type GivenUp, type KillRules, Progress } from './run-progress.ts';

/** A run that has ended. */
export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why we ended it ourselves. */
  readonly killed: GivenUp | undefined;
  /** What Triton, loaded into the process, says of a model that it can't load. */
  readonly unloadable?: string | undefined;
}

export interface RunOptions {
  readonly folder: RunFolder;
  readonly rules: KillRules;
  /** Without a word for so long it is given up, ms. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** When it has to be over, ms of `performance.now()`. */
  readonly deadlineMs?: number | undefined;
  readonly inProcess?: InProcess | undefined;
  onPass?(pass: Pass): void;
}

/** A line of Triton's log; its reason may have lines of its own. */
const UNLOADABLE = /failed to load '[^']*' version \d+: ([^"\n]+)/;
const CHECK_MS = 1000;
/** Time to end in when it is asked to; when everything is to end at once, less. */
const GRACE_MS = 5000;
const AT_ONCE_MS = 500;
/** What a process leaves may hold its output open: nobody waits for that. */
const OUTPUT_GRACE_MS = 1000;

/** One for all runs of this process: it ends them when tma is killed. */
let guard: Guard | undefined;

/** A folder for one run. It goes when it is disposed of, and also when tma is killed. */
export interface RunFolder extends Disposable {
  readonly path: string;
  /** What the run's processes carry, unless they are a server's, too. */
  readonly mark: string;
}

export function makeRunFolder(): RunFolder {
  guard ??= new Guard();
  const ours = guard;
  const mark = newMark();
  const path = makeScratch('perf_analyzer', (folder) => ours.watch({ group: 0, mark, folders: [folder] }));
  return {
    path,
    mark,
    [Symbol.dispose]() {
      removeScratch(path);
      ours.forget({ mark });
    },
  };
}

/** Runs perf_analyzer to its end, watching that it gets on, and keeps to the rules. Nothing of it is left then. */
export async function runProcess(path: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { folder, rules, signal, inProcess } = options;
  signal.throwIfAborted();
  const { mark } = folder;
  const child = start(path, args, folder, inProcess);
  const group = child.pid;
  if (group === undefined) return await notStarted(child);
  const forget = watchOver(group, folder, inProcess);
  const regions = new Set<string>();
  const end = (by: NodeJS.Signals): void => {
    if (inProcess) for (const file of pythonRegionsOf(group)) regions.add(file);
    killGroup(group, by);
  };
  const onExit = (): void => end('SIGKILL');
  process.once('exit', onExit);
  const timers: NodeJS.Timeout[] = [];
  let killed: GivenUp | undefined;
  const kill = (why: GivenUp, by: NodeJS.Signals, graceMs: number): void => {
    if (killed) return;
    killed = why;
    end(by);
    timers.push(setTimeout(() => end('SIGKILL'), graceMs));
  };
  const onAbort = (): void => kill({ why: 'stopped', kind: 'stopped' }, 'SIGTERM', AT_ONCE_MS);
  signal.addEventListener('abort', onAbort);
  const progress = new Progress({ ...options, pid: group, loadTimeoutS: inProcess?.loadTimeoutS });
  const errors = inProcess && logOf(inProcess, () => end('SIGKILL'));
  const texts = collect(child, progress, errors);
  timers.push(
    setInterval(() => {
      const why = progress.whyGiveUp(rules);
      if (why) kill(why, 'SIGINT', GRACE_MS);
      if (inProcess) for (const file of pythonRegionsOf(group)) regions.add(file);
    }, CHECK_MS),
  );
  try {
    const [code, by] = await closed(child);
    signal.throwIfAborted();
    return {
      code,
      signal: by,
      stdout: texts.stdout,
      stderr: texts.stderr,
      killed,
      unloadable: errors?.unloadable,
    };
  } finally {
    for (const timer of timers) clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    process.off('exit', onExit);
    if (signal.aborted) end('SIGKILL');
    await clearAway({ group, mark });
    forget();
    for (const file of regions) rmSync(file, { force: true });
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(
  path: string,
  args: readonly string[],
  { path: cwd, mark }: RunFolder,
  inProcess: InProcess | undefined,
): Child {
  const [program, ...more] = inProcess?.environmentScript ? [inProcess.environmentScript, path] : [path];
  return spawn(program!, [...more, ...args], {
    cwd,
    // A group of its own: Ctrl-C lets a point be finished, and what it starts ends with it.
    detached: true,
    // Not a socket, as Node's pipes are: the shell that Triton starts its Python models with would read ~/.bashrc.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: inProcess ? inProcess.environment : { ...process.env, [MARK]: mark },
  });
}

/** Has its processes ended when tma is killed, until what this answers is called. */
function watchOver(group: number, { path, mark }: RunFolder, inProcess: InProcess | undefined): () => void {
  if (inProcess) return inProcess.guard(group);
  const watch = (processes: number): void => guard?.watch({ group: processes, mark, folders: [path] });
  watch(group);
  return () => watch(0);
}

/** Adds up what it prints, as far as that is of use. */
function collect(
  child: Child,
  progress: Progress,
  errors: { take(bytes: Buffer): void } | undefined,
): { readonly stdout: string; readonly stderr: string } {
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    if (progress.take(bytes)) texts.stdout += bytes.toString('utf8');
  });
  child.stderr.on('data', (bytes: Buffer) => {
    errors?.take(bytes);
    if (progress.takeError(bytes)) texts.stderr += bytes.toString('utf8');
  });
  return texts;
}

/** Triton's words belong in the server's log; a model that does not load ends the run. */
function logOf({ logFile }: InProcess, onUnloadable: () => void) {
  let said = '';
  mkdirSync(dirname(logFile), { recursive: true });
  return {
    unloadable: undefined as string | undefined,
    take(bytes: Buffer): void {
      appendFileSync(logFile, bytes);
      if (this.unloadable !== undefined) return;
      said += bytes.toString('utf8');
      this.unloadable = UNLOADABLE.exec(said)?.[1]?.replaceAll('\\n', '\n');
      // It would try again for ever, and not listen to anything gentler meanwhile.
      if (this.unloadable !== undefined) onUnloadable();
      said = said.slice(said.lastIndexOf('\n') + 1).slice(-10_000);
    },
  };
}

/** How it ended; its output is waited for, but not for what others print into it. */
async function closed(child: Child): Promise<[code: number | undefined, signal: string | undefined]> {
  const all = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [code, by] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (...how) => resolve(how)),
  );
  await within(OUTPUT_GRACE_MS, all);
  child.stdout.destroy();
  child.stderr.destroy();
  return [code ?? undefined, by ?? undefined];
}

/** What can't even be started ends with its reason. */
async function notStarted(child: Child): Promise<Ended> {
  const error = await new Promise<unknown>((resolve) => child.once('error', resolve));
  return { code: undefined, signal: undefined, stdout: '', stderr: messageOf(error), killed: undefined };
}
