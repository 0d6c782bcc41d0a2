import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compareRuns } from '../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../src/rank/comparison/gates.ts';
import type { ComparedRun, Comparison } from '../src/record/comparison.ts';
import { lineOf } from '../src/record/line.ts';
import { inFlight } from '../src/record/load-point.ts';
import type { Measurement } from '../src/record/measurement.ts';
import { ofEach } from '../src/record/one-model.ts';
import { type PointRecord, type Run, SCHEMA_VERSION, type Session, type Trial } from '../src/record/run.ts';
import { randomSource } from '../src/statistics/random-source.ts';
import { readSide } from '../src/store/read-side.ts';
import { run, trial } from '../test/support/run.ts';
import { type Noise, NoiseSource, noiseOf } from './search/noise.ts';

/**
 * How often `tma compare` is wrong, on simulated pairs of runs whose figures scatter like those of a usual machine:
 * nothing has changed and it says better or worse, or the server has become slower and it does not say so.
 *   npm run bench:compare -- [--pairs 1000] [--noise usual|quiet|rough] [--night 0]
 * --night: standard deviation of what two nights differ by beyond that, as a share.
 * And how long it takes to read and compare two journals of 10,000 trials: npm run bench:compare -- --time
 */
const { values: given } = parseArgs({
  options: {
    pairs: { type: 'string', default: '1000' },
    noise: { type: 'string', default: 'usual' },
    night: { type: 'string', default: '0' },
    time: { type: 'boolean', default: false },
  },
});

const P99 = 150;
const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: P99 }] as const,
};

/** What is measured of so many configurations in one run. */
interface Plan {
  readonly name: string;
  readonly configurations: number;
  readonly loads: number;
  /** The best so many are measured again on two more servers. */
  readonly finalists: number;
  /** Of the configurations but the default, the share that a run measures: a search goes other ways each night. */
  readonly share: number;
}

const PLANS: readonly Plan[] = [
  { name: '9 configurations, 3 loads', configurations: 9, loads: 3, finalists: 3, share: 1 },
  { name: '16 configurations, 1 load', configurations: 16, loads: 1, finalists: 3, share: 1 },
  { name: '40 configurations, 11 loads', configurations: 40, loads: 11, finalists: 3, share: 1 },
  { name: 'half of 24 configurations, 2 loads', configurations: 24, loads: 2, finalists: 3, share: 0.5 },
  { name: '4 configurations, 1 load', configurations: 4, loads: 1, finalists: 1, share: 1 },
  { name: '2 configurations, 1 load', configurations: 2, loads: 1, finalists: 0, share: 1 },
  { name: 'the default alone, 1 load', configurations: 1, loads: 1, finalists: 0, share: 1 },
  { name: 'the default alone, 4 loads', configurations: 1, loads: 4, finalists: 1, share: 1 },
];

/** A server whose executions are slower by some factor. */
function truthOf(configuration: number, load: number, slower: number): Readonly<Record<string, number>> {
  const level = 2 ** load;
  const executionMs = (10 + (configuration % 7) * 3) * slower;
  const throughput = (1000 * Math.min(level, 4 + (configuration % 5))) / executionMs;
  return {
    perf_throughput: throughput,
    perf_latency_avg: (1000 * level) / throughput,
    perf_latency_p99: (1500 * level) / throughput,
  };
}

function look(
  source: ReturnType<NoiseSource['start']>,
  configuration: number,
  load: number,
  slower: number,
): Measurement {
  const { values, deviations = {} } = source(truthOf(configuration, load, slower));
  const point = inFlight('m', 2 ** load);
  const whole = {
    values,
    intervals: Object.fromEntries(
      Object.entries(values).map(([tag, value]) => {
        const half = 1.96 * (deviations[tag] ?? 0) * value * TOLD;
        return [tag, [value - half, value + half] as const];
      }),
    ),
  };
  return { ...PLAIN, point, whole, models: ofEach({ point, whole }) };
}

/** A look knows only a part of how far the next one will be off: 1 to 2 % of 4 to 8 %. */
const TOLD = 0.3;
const PLAIN = {
  gpus: {},
  requests: 1000,
  failures: {},
  durationS: 2,
  warmupS: 0.4,
  windows: 3,
  counted: 3,
  stable: true,
  warnings: [],
  startedAt: '2026-01-01T00:00:00.000Z',
};

/** One night: every configuration on a server of its own, and the best once more on two others. */
function simulated(plan: Plan, noise: Noise, seed: number, slower: number): ComparedRun {
  const source = new NoiseSource(noise, seed);
  const random = randomSource(seed * 7 + 1);
  const wanted = Array.from({ length: plan.configurations }, (_, index) => index).filter(
    (index) => index === 0 || random() < plan.share,
  );
  const trials = wanted.map((index): Trial => {
    const server = source.start();
    const points = Array.from(
      { length: plan.loads },
      (_, load): PointRecord => ({
        state: 'measured',
        key: `${index} ${load}`,
        measurement: look(server, index, load, slower),
      }),
    );
    return trialOf(index, points);
  });
  const best = trials.toSorted((a, b) => bestOf(b) - bestOf(a)).slice(0, plan.finalists);
  const all = trials.map((item) => {
    if (!best.includes(item)) return item;
    const index = wanted[trials.indexOf(item)]!;
    const load = plan.loads - 1;
    const again = Array.from(
      { length: 2 },
      (): PointRecord => ({
        state: 'measured',
        key: `${index} ${load}`,
        again: 'afresh',
        measurement: look(source.start(), index, load, slower),
      }),
    );
    return { ...item, points: [...item.points, ...again] };
  });
  const simulation: Run = {
    schemaVersion: SCHEMA_VERSION,
    sessions: [],
    servers: [],
    searches: [],
    trials: all,
  };
  return { run: simulation, goals: [goal], side: SIDE };
}

const SIDE = {
  path: '-',
  kind: 'journal',
  session: null,
  startedAt: null,
  environment: null,
  server: null,
} as const;

const bestOf = ({ points }: Trial): number =>
  Math.max(
    ...points.map((record) =>
      record.state === 'measured' ? record.measurement.whole.values['perf_throughput']! : 0,
    ),
  );

const trialOf = (index: number, points: readonly PointRecord[]): Trial => ({
  ...trial(index === 0 ? 'm_config_default' : `m_config_${index - 1}`, [], {
    config: { name: 'm', max_batch_size: index + 1 },
    state: 'measured',
  }),
  points,
});

const condition = readCondition('perf_latency_p99 > 5%');

interface Counts {
  worse: number;
  better: number;
  same: number;
  unknown: number;
  /** A configuration other than default and winner is called better or worse. */
  others: number;
  failed: number;
  /** The 95 % interval of the change over everything holds the true one, of the throughput and of p99. */
  throughput: number;
  p99: number;
}

function counts(plan: Plan, noise: Noise, pairs: number, slower: number): Counts {
  const sum: Counts = {
    worse: 0,
    better: 0,
    same: 0,
    unknown: 0,
    others: 0,
    failed: 0,
    throughput: 0,
    p99: 0,
  };
  const night = Number(given.night);
  const nights = randomSource(99);
  for (let seed = 0; seed < pairs; seed++) {
    const drift = Math.exp(night * Math.sqrt(12) * (nights() - 0.5));
    const comparison = compareRuns(
      simulated(plan, noise, 2 * seed + 1, 1),
      simulated(plan, noise, 2 * seed + 2, slower * drift),
      { conditions: [condition] },
    );
    sum[comparison.verdict]++;
    if (hasOther(comparison)) sum.others++;
    if (holds(comparison, 'perf_throughput', 1 / slower)) sum.throughput++;
    if (holds(comparison, 'perf_latency_p99', slower)) sum.p99++;
    if (comparison.gates.some(({ asked, state }) => asked === condition.asked && state === 'failed'))
      sum.failed++;
  }
  return sum;
}

const hasOther = ({ models }: Comparison): boolean =>
  models.some(({ configurations }) =>
    configurations.some(({ changes }) =>
      changes.some(({ verdict }) => verdict === 'better' || verdict === 'worse'),
    ),
  );

function holds({ models }: Comparison, tag: string, times: number): boolean {
  const { low = null, high = null } = models[0]?.changes.find((change) => change.tag === tag) ?? {};
  const truth = 100 * (times - 1);
  return low !== null && high !== null && low <= truth && truth <= high;
}

function rates(): void {
  const noise = noiseOf(given.noise);
  if (!noise) throw new Error(`--noise ${given.noise}: quiet, usual or rough`);
  const pairs = Number(given.pairs);
  const share = (count: number): string => `${((100 * count) / pairs).toFixed(1)} %`.padStart(8);
  console.log(`${pairs} pairs of runs each, noise ${given.noise}, nights differ by ${given.night}\n`);
  for (const plan of PLANS) {
    console.log(plan.name);
    for (const slower of [1, 1.05, 1.1, 1.2]) {
      const found = counts(plan, noise, pairs, slower);
      const what = slower === 1 ? 'nothing changed' : `slower by ${Math.round(100 * (slower - 1))} %`;
      console.log(
        `  ${what.padEnd(16)} worse ${share(found.worse)}  better ${share(found.better)}  same ${share(found.same)}  unknown ${share(found.unknown)}   any configuration ${share(found.others)}   "${condition.asked}" fails ${share(found.failed)}   interval holds ${share(found.throughput)} (p99 ${share(found.p99)})`,
      );
    }
  }
}

const TRIALS = 10_000;

/** Writes a journal of one session with so many configurations. */
function writeJournal(folder: string, seed: number): void {
  const source = new NoiseSource(noiseOf('usual')!, seed);
  const [{ environment }] = run().sessions as [Session];
  const id = `2026-01-0${seed}T00:00:00.000Z`;
  const session = {
    kind: 'session',
    schemaVersion: SCHEMA_VERSION,
    id,
    startedAt: id,
    goals: [goal],
    environment,
  } as const;
  const lines = [lineOf(session)];
  for (let index = 0; index < TRIALS; index++) {
    const { state: _, points: __, end, ...variant } = trialOf(index, []);
    const record: PointRecord = {
      state: 'measured',
      key: `${index}`,
      measurement: { ...look(source.start(), index, 3, 1), startedAt: id },
    };
    lines.push(
      lineOf({ kind: 'variant', ...variant }),
      lineOf({ kind: 'point', variant: variant.key, record }),
      lineOf({ kind: 'end', variant: variant.key, end: end! }),
    );
  }
  writeFileSync(join(folder, 'journal.jsonl'), `${lines.join('\n')}\n`);
}

function time(): void {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'tma-compare-')));
  try {
    for (const [index, folder] of folders.entries()) writeJournal(folder, index + 1);
    // What is left of writing them is not the compare's to clear away.
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    const before = process.threadCpuUsage();
    const begun = performance.now();
    const [base, next] = folders.map((path) => readSide(path));
    const read = performance.now();
    const { text } = compareRuns(base!, next!);
    const done = performance.now();
    const spent = process.threadCpuUsage(before);
    const seconds = (ms: number): string => (ms / 1000).toFixed(2);
    console.log(
      `two journals of ${TRIALS} trials: ${seconds(done - begun)} s (bar: 2), read in ${seconds(read - begun)} s, compared in ${seconds(done - read)} s; ${seconds((spent.user + spent.system) / 1000)} s of it computing, which is what it takes on a machine that does nothing else`,
    );
    console.log(text);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
}

if (given.time) time();
else rates();
