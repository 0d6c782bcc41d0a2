import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { parseResults, type Results } from '../src/record/results.ts';

/** `tma` as it was built here, else the one on PATH. */
const COMMAND = existsSync('dist/cli/main.js') ? [process.execPath, resolve('dist/cli/main.js')] : ['tma'];
/** When the time is over a run may finish the point in flight for so long. */
const GRACE_MS = 10_000;

/** Runs of `tma profile` within a limited time. Each has a folder of its own, and one that came to its end is not made again. */
export interface Runs {
  /**
   * Whether it came to its end, now or before.
   * @param more flags of `tma profile` for this run alone.
   */
  once(folder: string, file: () => object, more?: readonly string[]): Promise<boolean>;
  /** Seconds until the time is over. */
  left(): number;
}

/**
 * Runs that end when so many seconds are over, or by Ctrl-C or `kill`.
 * @param flags of `tma profile`, beside those that say where everything goes.
 */
export function runsWithin(seconds: number, flags: readonly string[]): Runs {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  const end = performance.now() + seconds * 1000;
  const left = (): number => (stopped.signal.aborted ? 0 : Math.max(0, (end - performance.now()) / 1000));

  /** Seconds that it took to its end; undefined: it was stopped before. */
  async function profile(folder: string, file: object, more: readonly string[]): Promise<number | undefined> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'perf.yaml'), stringify(file));
    const start = performance.now();
    const [program, ...before] = [...COMMAND, 'profile', ...ownFlags(folder), ...flags, ...more];
    const child = spawn(program!, before, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.stderr.on('data', (part) => (text += part));
    const finish = (): boolean => child.kill('SIGINT');
    const stop = (): boolean => child.kill('SIGTERM');
    const timers = [setTimeout(finish, left() * 1000), setTimeout(stop, left() * 1000 + GRACE_MS)];
    stopped.signal.addEventListener('abort', stop);
    const code = await new Promise((done, fail) => child.on('close', done).on('error', fail));
    stopped.signal.removeEventListener('abort', stop);
    for (const timer of timers) clearTimeout(timer);
    const took = (performance.now() - start) / 1000;
    writeFileSync(join(folder, 'seconds.txt'), String(secondsIn(folder) + took));
    writeFileSync(join(folder, 'output.txt'), text);
    if (code !== 0 && code !== 130) throw new Error(`${folder}: exit code ${code}\n${text}`);
    return code === 0 ? took : undefined;
  }

  return {
    left,
    async once(folder, file, more = []) {
      if (isDone(folder)) return true;
      const took = left() === 0 ? undefined : await profile(folder, file(), more);
      if (took === undefined) return false;
      writeFileSync(join(folder, 'done'), String(took));
      return true;
    },
  };
}

const ownFlags = (folder: string): string[] => [
  ...['-f', join(folder, 'perf.yaml'), '--export-path', folder, '--skip-detailed-reports'],
  ...['--checkpoint-directory', join(folder, 'checkpoints')],
  ...['--output-model-repository-path', join(folder, 'models'), '--override-output-model-repository'],
];

/** Whether the run in a folder came to its end. */
export const isDone = (folder: string): boolean => existsSync(join(folder, 'done'));

/** What the run in a folder took, stopped ones before it included; 0: nothing yet. */
export const secondsIn = (folder: string): number => numberIn(join(folder, 'seconds.txt'));

/** What the run in a folder took when it came to its end. */
export const secondsOfEnd = (folder: string): number => numberIn(join(folder, 'done'));

const numberIn = (file: string): number => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);

export function resultsIn(folder: string): Results {
  const file = join(folder, 'results', 'results.json');
  return parseResults(readFileSync(file, 'utf8'), file);
}

/** For a bench that was stopped, or that its time did not suffice for. */
export function endUnfinished(): never {
  console.log('stopped before everything was done; the same command goes on');
  process.exit(0);
}
