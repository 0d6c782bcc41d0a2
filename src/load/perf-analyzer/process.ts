import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import type { InProcess } from '../../server/launcher.ts';
import { endGroup, killGroup, processesOfGroup } from '../../server/process-group.ts';
import { type Pass, parseOutput } from './output.ts';

/** When a run is given up. */
export interface KillRules {
  /** Seconds that one run may take. */
  readonly timeoutS: number;
  /** Percent of one core that it may use. */
  readonly cpuPercent: number;
}

/** A run that has ended. */
export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why we ended it ourselves, in words. */
  readonly killed: string | undefined;
  /** What Triton, loaded into the process, says of a model that it can't load. */
  readonly unloadable?: string | undefined;
}

/** Without a new window for so long, five windows and half a minute, nothing more is to be expected. */
const PATIENCE_WINDOWS = 5;
const PATIENCE_MS = 30_000;
/** A line of Triton's log; its reason may have lines of its own. */
const UNLOADABLE = /failed to load '[^']*' version \d+: ([^"\n]+)/;
const CHECK_MS = 1000;
const GRACE_MS = 10_000;
const TICKS_PER_S = 100;

/** Runs perf_analyzer to its end, watching that it gets on, and keeps to the rules. */
export async function runProcess(
  path: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly rules: KillRules;
    readonly windowMs: number;
    readonly signal: AbortSignal;
    readonly inProcess?: InProcess | undefined;
    onPass?(pass: Pass): void;
  },
): Promise<Ended> {
  const { cwd, rules, windowMs, signal, inProcess, onPass } = options;
  const [program, ...more] = inProcess?.environmentScript ? [inProcess.environmentScript, path] : [path];
  const child = execa(program!, [...more, ...args], {
    cwd,
    // A group of its own: Ctrl-C lets a point be finished, and what it starts ends with it.
    detached: true,
    // Not a socket, as Node's pipes are: the shell that Triton starts its Python models with would read ~/.bashrc.
    stdin: 'ignore',
    ...(inProcess && { extendEnv: false, env: inProcess.environment }),
    reject: false,
    cancelSignal: signal,
    stripFinalNewline: false,
    forceKillAfterDelay: GRACE_MS,
  });
  const begun = performance.now();
  let progressMs = begun;
  let text = '';
  let passes = 0;
  let killed: string | undefined;
  let unloadable: string | undefined;
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    const all = parseOutput(text).flatMap((level) => level.passes);
    if (text.length > 0) progressMs = performance.now();
    for (const pass of all.slice(passes)) onPass?.(pass);
    passes = all.length;
  });
  const group = child.pid;
  const end = (by: NodeJS.Signals): void => {
    if (group !== undefined) killGroup(group, by);
  };
  const onExit = (): void => end('SIGKILL');
  process.once('exit', onExit);
  const forget = group === undefined ? undefined : inProcess?.guard(group);
  const leftovers = new Set<string>();
  const noteLeftovers = (): void => {
    if (group !== undefined && inProcess) for (const file of sharedMemoryOf(group)) leftovers.add(file);
  };
  const killHard = (): void => {
    noteLeftovers();
    end('SIGKILL');
  };
  if (inProcess) {
    let said = '';
    mkdirSync(dirname(inProcess.logFile), { recursive: true });
    child.stderr.on('data', (bytes: Buffer) => {
      appendFileSync(inProcess.logFile, bytes);
      if (unloadable !== undefined) return;
      said += bytes.toString('utf8');
      unloadable = UNLOADABLE.exec(said)?.[1]?.replaceAll('\\n', '\n');
      // It would try again for ever, and not listen to anything gentler meanwhile.
      if (unloadable !== undefined) killHard();
      said = said.slice(said.lastIndexOf('\n') + 1);
    });
  }
  const kill = (why: string): void => {
    killed ??= why;
    end('SIGINT');
    setTimeout(killHard, GRACE_MS).unref();
  };
  // A library says nothing on the standard output while it loads a model.
  const patienceMs = (): number =>
    text === '' && inProcess
      ? inProcess.loadTimeoutS * 1000
      : PATIENCE_WINDOWS * 1.2 * windowMs + PATIENCE_MS;
  let ticks = child.pid === undefined ? undefined : cpuTicks(child.pid);
  const watch = setInterval(() => {
    const now = performance.now();
    if (now - begun > rules.timeoutS * 1000) kill(`perf_analyzer took longer than ${rules.timeoutS} s`);
    else if (now - progressMs > patienceMs())
      kill(`perf_analyzer told nothing new for ${((now - progressMs) / 1000).toFixed(0)} s`);
    const after = child.pid === undefined ? undefined : cpuTicks(child.pid);
    if (ticks !== undefined && after !== undefined) {
      const percent = ((after - ticks) / TICKS_PER_S / (CHECK_MS / 1000)) * 100;
      if (percent > rules.cpuPercent)
        kill(`perf_analyzer used ${percent.toFixed(0)} % of a core, ${rules.cpuPercent} % are allowed`);
    }
    ticks = after;
    noteLeftovers();
  }, CHECK_MS);
  try {
    const result = await child;
    signal.throwIfAborted();
    return {
      code: result.exitCode,
      signal: result.signal,
      stdout: result.stdout,
      stderr: result.stderr || (result.exitCode === undefined ? (result.shortMessage ?? '') : ''),
      killed,
      unloadable,
    };
  } finally {
    clearInterval(watch);
    process.off('exit', onExit);
    if (group !== undefined) await endGroup(group);
    forget?.();
    for (const file of leftovers) rmSync(file, { force: true });
  }
}

/** Shared memory of Triton's Python models, which they leave behind when they are killed. */
function sharedMemoryOf(group: number): string[] {
  return processesOfGroup(group).flatMap((pid) => {
    try {
      const known = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/maps`, 'utf8');
      return (known.match(/triton_python_backend_shm_region_[\w-]+/g) ?? []).map(
        (name) => `/dev/shm/${name}`,
      );
    } catch {
      return [];
    }
  });
}

/** CPU time of a process so far, in ticks; undefined once it is gone. */
function cpuTicks(pid: number): number | undefined {
  try {
    // Behind the name, which may hold blanks, utime and stime are the twelfth and thirteenth.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}
