import { readFileSync } from 'node:fs';
import { execa } from 'execa';
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
}

/** Without a new window for so long, five windows and half a minute, nothing more is to be expected. */
const PATIENCE_WINDOWS = 5;
const PATIENCE_MS = 30_000;
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
    onPass?(pass: Pass): void;
  },
): Promise<Ended> {
  const { cwd, rules, windowMs, signal, onPass } = options;
  const child = execa(path, [...args], {
    cwd,
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
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    const all = parseOutput(text).flatMap((level) => level.passes);
    if (text.length > 0) progressMs = performance.now();
    for (const pass of all.slice(passes)) onPass?.(pass);
    passes = all.length;
  });
  const kill = (why: string): void => {
    killed ??= why;
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  let ticks = child.pid === undefined ? undefined : cpuTicks(child.pid);
  const watch = setInterval(() => {
    const now = performance.now();
    if (now - begun > rules.timeoutS * 1000) kill(`perf_analyzer took longer than ${rules.timeoutS} s`);
    else if (now - progressMs > PATIENCE_WINDOWS * 1.2 * windowMs + PATIENCE_MS)
      kill(`perf_analyzer told nothing new for ${((now - progressMs) / 1000).toFixed(0)} s`);
    const after = child.pid === undefined ? undefined : cpuTicks(child.pid);
    if (ticks !== undefined && after !== undefined) {
      const percent = ((after - ticks) / TICKS_PER_S / (CHECK_MS / 1000)) * 100;
      if (percent > rules.cpuPercent)
        kill(`perf_analyzer used ${percent.toFixed(0)} % of a core, ${rules.cpuPercent} % are allowed`);
    }
    ticks = after;
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
    };
  } finally {
    clearInterval(watch);
  }
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
