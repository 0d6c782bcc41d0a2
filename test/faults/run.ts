import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from '../../src/install/cache.ts';
import { newMark } from '../support/own-processes.ts';
import { privateFolders } from './private-folders.ts';

const MAIN = resolve('dist/cli/main.js');
const MODELS = resolve('test/fixtures/models');
const FOLDERS = resolve('.faults');

/** whole: three configurations at two loads, and reports; short: two configurations, and none. */
export type Length = 'whole' | 'short';

/** A quarter of a second a point: seconds in all. */
const perfYaml = (length: Length): string => `model_repository: ${MODELS}
skip_detailed_reports: true
skip_summary_reports: ${length === 'short'}
run_config_search_mode: manual
monitoring_interval: 0.1
sentinel_minutes: 0
profile_models:
  add_sub:
    model_config_parameters:
      dynamic_batching: {max_queue_delay_microseconds: ${length === 'short' ? '[100]' : '[0, 100]'}}
    parameters: {concurrency: [1, 2]}
    perf_analyzer_flags: {precision: 50, time-limit: 0.25, shape: [INPUT0:16, INPUT1:16]}
`;

/** A small run of tma's on the real server, in a folder of its own, with a /tmp and /dev/shm of its own. */
export interface SmallRun extends AsyncDisposable {
  readonly folder: string;
  /** Starts or goes on. */
  start(): Running;
  /** Living processes that it started. */
  processes(): string[];
  /** What lies in the folders for temporary files and for shared memory. */
  lying(): string[];
  /** Keys of the measured points in the journal, in order. */
  measured(): string[];
  /** What was measured in the end, as the results say, or without reports the journal: variant and load. */
  results(): string[];
}

export interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

export async function smallRun(length: Length): Promise<SmallRun> {
  mkdirSync(FOLDERS, { recursive: true });
  const folder = mkdtempSync(join(FOLDERS, 'run-'));
  writeFileSync(join(folder, 'perf.yaml'), perfYaml(length));
  const mark = newMark();
  const own = await privateFolders(
    folder,
    [resolve('.'), homedir(), cacheFolder()].filter((path) => existsSync(path)),
  );
  const read = (path: string): string => {
    try {
      return readFileSync(join(folder, path), 'utf8');
    } catch {
      return '';
    }
  };
  return {
    folder,
    start() {
      const { command, args, cwd } = own.command(
        folder,
        process.execPath,
        MAIN,
        'profile',
        '-f',
        'perf.yaml',
      );
      const environment = { ...process.env, ...own.environment, ...mark.environment };
      const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (piece: Buffer) => {
          output += piece.toString('utf8');
        });
      }
      const ended = new Promise<number | string>((done) => {
        child.on('close', (code, signal) => done(code ?? signal ?? 'unknown'));
      });
      return { child, output: () => output, ended };
    },
    processes: mark.processes,
    lying: own.left,
    measured: () => read('tma-out/checkpoints/journal.jsonl').split('\n').flatMap(measuredKey),
    results: () =>
      length === 'short'
        ? pointsOfJournal(read('tma-out/checkpoints/journal.jsonl'))
        : pointsOfResults(read('tma-out/results/results.json')),
    async [Symbol.asyncDispose]() {
      for (const process of mark.processes()) endProcess(Number(process.split(' ')[0]));
      await own[Symbol.asyncDispose]();
      await sleep(50);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A line of the journal; nothing when it was cut short. */
function entryOf(line: string): {
  readonly kind?: string;
  readonly key?: string;
  readonly name?: string;
  readonly variant?: string;
  readonly record?: {
    readonly state: string;
    readonly key: string;
    readonly measurement?: { readonly point: unknown };
  };
} {
  try {
    return JSON.parse(line) as ReturnType<typeof entryOf>;
  } catch {
    return {};
  }
}

function measuredKey(line: string): string[] {
  const { kind, variant, record } = entryOf(line);
  return kind === 'point' && record?.state === 'measured' ? [`${variant} ${record.key}`] : [];
}

/** Without reports: the points by the name of their variant. */
function pointsOfJournal(journal: string): string[] {
  const names = new Map<string, string>();
  return journal
    .split('\n')
    .flatMap((line) => {
      const { kind, key, name, variant, record } = entryOf(line);
      if (kind === 'variant') names.set(key!, name!);
      return kind === 'point' && record?.measurement
        ? [`${names.get(variant!)} ${JSON.stringify(record.measurement.point)}`]
        : [];
    })
    .sort();
}

function pointsOfResults(results: string): string[] {
  if (results === '') return [];
  const { trials } = JSON.parse(results) as {
    trials: { name: string; points: { state: string; measurement?: { point: unknown } }[] }[];
  };
  return trials
    .flatMap(({ name, points }) =>
      points.flatMap(({ measurement }) =>
        measurement ? [`${name} ${JSON.stringify(measurement.point)}`] : [],
      ),
    )
    .sort();
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
