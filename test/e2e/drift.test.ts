import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { expectThrough, journal, nothingLeft, results, start } from './tma.ts';

const REPOSITORY = resolve('examples/text-recognition/model_repository');
/** Why it can't be tried here: it takes all cores, and other tests would be slow beside it. */
const missing = existsSync(join(REPOSITORY, 'text_recognition/1/model.onnx'))
  ? process.env['TMA_TEST_HOG'] === undefined && 'it needs the machine for itself (npm run test:drift)'
  : 'the model is not here (npm run quickstart)';
if (missing) console.warn(`skipped: a hog beside the OCR example: ${missing}`);

/** Other programs have this much of the CPU already: another hog would change nothing. */
const BUSY = 0.35;

const hogs: ChildProcess[] = [];
/** Busy loops, several for each core. */
function startHogs(): void {
  for (let left = 4 * availableParallelism(); left > 0; left--)
    hogs.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
}
function endHogs(): void {
  for (const hog of hogs.splice(0)) hog.kill('SIGKILL');
}
afterEach(endHogs);

interface Point {
  readonly variant: string;
  readonly record: {
    readonly state: string;
    readonly key: string;
    readonly sentinel?: true;
    readonly measurement: {
      readonly startedAt: string;
      readonly warmupS: number;
      readonly durationS: number;
      readonly othersShare?: number;
    };
  };
}

test.skipIf(missing !== false)(
  'a hog on all cores in the middle of a run: what was measured beside it is marked, and nothing is decided by it',
  { timeout: 900_000 },
  async ({ skip }) => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'perf.yaml'),
      `
model_repository: ${REPOSITORY}
objectives: [perf_throughput]
profile_models:
  text_recognition:
    model_config_parameters:
      dynamic_batching: { max_queue_delay_microseconds: [0, 500, 1000, 2000] }
      instance_group: [[{ kind: KIND_CPU, count: 1 }], [{ kind: KIND_CPU, count: 2 }]]
    parameters: { concurrency: [1, 4, 8] }
`,
    );
    const running = start(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
    await running.printed('[11/27]');
    const fromMs = Date.now();
    startHogs();
    await running.printed('[20/');
    const untilMs = Date.now();
    endHogs();
    const ended = await running.ended;
    expectThrough(ended);

    const points: Point[] = journal(cwd).filter(
      ({ kind, record }) => kind === 'point' && record.state === 'measured',
    );
    const timesOf = ({ record: { measurement } }: Point): [number, number] => {
      const atMs = Date.parse(measurement.startedAt);
      return [atMs, atMs + (measurement.warmupS + measurement.durationS) * 1000];
    };
    const before = points.filter((point) => timesOf(point)[1] < fromMs);
    const shares = before.map(({ record }) => record.measurement.othersShare!).sort((a, b) => a - b);
    if (shares[Math.floor(shares.length / 2)]! > BUSY) {
      skip(`others had ${shares.map((share) => share.toFixed(2)).join(', ')} of the CPU before the hog`);
    }
    const beside = points.filter((point) => timesOf(point)[0] > fromMs && timesOf(point)[1] < untilMs);
    expect(beside.length).toBeGreaterThan(3);

    // In results.json the figures of one state alone are without a mark.
    const trials = results(cwd).trials as { key: string; points: Point['record'][] }[];
    const isMarked = ({ variant, record }: Point): boolean =>
      trials
        .find(({ key }) => key === variant)!
        .points.some(
          (item) =>
            item.measurement?.startedAt === record.measurement.startedAt && 'drifted' in item.measurement,
        );
    const [model] = results(cwd).models;
    // Where no look fell into that time, its points are known by what others had of the CPU alone.
    expect(model.verdict, ended.output).toMatch(/The machine (became|changed) |Other programs had much/);
    // Where the run goes on after the hog, it is its points that are marked.
    expect(beside.filter(isMarked).length, ended.output).toBe(beside.length);
    // What is named was measured without it.
    const named = model.winner ?? model.leader;
    expect(named.marks?.map(({ tag }: { tag: string }) => tag) ?? []).not.toContain('drifted');
    expect(await nothingLeft()).toEqual([]);
  },
);
