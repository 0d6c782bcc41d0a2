import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedPerfAnalyzer, installedTriton } from '../../src/install/cache.ts';
import { choosePorts } from '../../src/server/ports.ts';
import { HttpTriton } from '../../src/server/triton-http.ts';

const TMA = resolve('dist/cli/main.js');
export const PERF_ANALYZER = process.env['PERF_ANALYZER'] ?? installedPerfAnalyzer();
if (!existsSync(PERF_ANALYZER)) throw new Error('no perf_analyzer: `tma install perf-analyzer` brings it');

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** A null server in a process of its own. */
export async function startNullServer(bytes: number, stallMs = 0, everyMs = 2000) {
  const child = fork(resolve('bench/load/null-server.ts'), [bytes, stallMs, everyMs].map(String));
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    async answered(): Promise<number> {
      child.send('count');
      return ((await once(child, 'message')) as [number])[0];
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** A real tritonserver with these models loaded. */
export async function startTriton(repository: string, models: readonly string[]) {
  const ports = await choosePorts({});
  const child = spawn(
    installedTriton(),
    [
      ...[`--model-repository=${repository}`, '--model-control-mode=explicit', '--exit-timeout-secs=0'],
      ...models.map((name) => `--load-model=${name}`),
      ...[`--http-port=${ports.http}`, `--grpc-port=${ports.grpc}`, `--metrics-port=${ports.metrics}`],
    ],
    { stdio: 'ignore', detached: true },
  );
  const triton = new HttpTriton({ host: '127.0.0.1', port: ports.http });
  for (let waited = 0; waited < 300 && !(await triton.isReady()); waited++) await sleep(100);
  return {
    ports,
    triton,
    [Symbol.dispose]() {
      triton.close();
      process.kill(-child.pid!, 'SIGKILL');
    },
  };
}

/** The figures of one run, ms and requests a second. */
export interface Figures {
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
  readonly queue: number;
  readonly infer: number;
}

/** A tool under load: its process, and what it prints in the end. */
export interface Run {
  readonly child: ChildProcess;
  readonly output: Promise<string>;
}

function start(command: string, args: readonly string[]): Run {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: mkdtempSync(join(tmpdir(), 'tma-bench-')),
  });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => {
    text += piece;
  });
  return { child, output: once(child, 'close').then(() => text) };
}

export const startTma = (...args: string[]): Run => start(process.execPath, [TMA, 'load', '--json', ...args]);

export const startPerfAnalyzer = (...args: string[]): Run => start(PERF_ANALYZER, args);

/** CPU time of a process and its threads so far, seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The first point of `tma load --json`. */
export async function tmaPoint(
  ...args: string[]
): Promise<Record<string, number> & { client: Record<string, unknown> }> {
  const text = await startTma(...args).output;
  const { points } = JSON.parse(text) as {
    points: (Record<string, number> & { client: Record<string, unknown> })[];
  };
  if (!points[0]) throw new Error(text);
  return points[0];
}
