import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mean, median } from 'simple-statistics';
import { parse } from 'yaml';
import { breaks, score } from '../src/goal/score.ts';
import {
  instanceGroups,
  maxBatchSize,
  mergeConfig,
  parseConfigText,
  printConfigText,
} from '../src/model-config/config.ts';
import type { ModelConfig } from '../src/model-config/model-config.ts';
import type { Constraint } from '../src/record/goal.ts';
import { levelOf } from '../src/record/load-point.ts';
import { endUnfinished, resultsIn, runsWithin, secondsIn } from './runs.ts';
import { joined, meanOf, readRecorded } from './search/grid.ts';
import { landscapeOf } from './search/landscape.ts';
import { limitsOf } from './search/limits.ts';

/**
 * The search on a real server, free and under two limits of the p99 latency; then its winners beside the best points of a
 * grid that was recorded of the same space, all measured again in turn for ten seconds on fresh starts, three times:
 *   npm run bench:live-limits -- --space test/fixtures/landscapes/gpu_dense.yaml --grid FILE [--grid FILE] --work DIR
 *     [--limits 0,2,3] [--rounds 2] [--seconds N] [-- flags of tma profile]
 * --grid: a grid, or a journal of one. --limits: which of those of bench:search, 0 is none. --seconds: stops after so long; the same command goes on where it stopped.
 */
const { values: given, positionals: flags } = parseArgs({
  allowPositionals: true,
  options: {
    space: { type: 'string' },
    grid: { type: 'string', multiple: true },
    work: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    limits: { type: 'string', default: '0,2,3' },
    seconds: { type: 'string', default: '86400' },
  },
});
if (!given.space || !given.grid || !given.work) {
  console.error('--space, --grid and --work are needed');
  process.exit(2);
}
const REPEATS = 3;
const CONFIRM_S = 10;
/** So many of the grid's best are measured again: the first of many looked best by luck, too. */
const OF_GRID = 2;
const OBJECTIVES = [{ tag: 'perf_throughput', weight: 1 }];

const runs = runsWithin(Number(given.seconds), flags);
const work = resolve(given.work);
mkdirSync(work, { recursive: true });
const space = parse(readFileSync(given.space, 'utf8')) as {
  model_repository: string;
  profile_models: Record<string, object>;
};
const [model] = Object.keys(space.profile_models) as [string];
const source = resolve(space.model_repository, model);
const base = parseConfigText(readFileSync(join(source, 'config.pbtxt'), 'utf8'), 'config.pbtxt');
const rows = joined(given.grid.map(readRecorded));
const allLimits = limitsOf(rows, OBJECTIVES);
const cases = given.limits.split(',').map((index) => allLimits[Number(index)]!);

interface Point {
  readonly config: ModelConfig;
  readonly inFlight: number;
}

const limitsText = (constraints: readonly Constraint[]): string =>
  constraints.length === 0
    ? 'free'
    : constraints.map(({ value }) => `p99 <= ${value.toPrecision(3)} ms`).join();

function searchFile(constraints: readonly Constraint[]): object {
  const {
    run_config_search_mode: _,
    precision: __,
    time_limit: ___,
    skip_summary_reports: ____,
    ...rest
  } = space as typeof space & Record<string, unknown>;
  return {
    ...rest,
    model_repository: resolve(space.model_repository),
    run_config_search_mode: 'auto',
    constraints: Object.fromEntries(constraints.map(({ tag, value }) => [tag, { max: round(value) }])),
  };
}

const round = (value: number): number => Number(value.toPrecision(4));

function winnerIn(folder: string): Point | undefined {
  const results = resultsIn(folder);
  const { winner, leader } = results.models[0]!;
  const named = winner ?? leader;
  const trial = results.trials.find(({ name }) => name === named?.variant);
  return named && trial ? { config: trial.models[0]!.config, inFlight: levelOf(named.point) } : undefined;
}

function bestOfGrid(constraints: readonly Constraint[]): Point[] {
  const landscape = landscapeOf(rows, { objectives: OBJECTIVES, constraints });
  return meanOf(rows)
    .filter(({ values }) => values['perf_throughput'] !== undefined && !breaks({ values }, constraints))
    .toSorted((a, b) => -score(a, b, OBJECTIVES))
    .slice(0, OF_GRID)
    .map(({ variant, level }) => {
      const found = landscape.space.candidates.find(({ name }) => name === variant)!;
      return { config: mergeConfig(base, found.models[0].config), inFlight: level };
    });
}

/** What tells the configurations of these spaces apart. */
const keyOf = ({ config }: Point): string =>
  `${instanceGroups(config).map(({ count }) => count)}, batch ${maxBatchSize(config)}, ${
    'dynamic_batching' in config
      ? `delay ${(config['dynamic_batching'] as Record<string, string>)['max_queue_delay_microseconds'] ?? 0}`
      : 'no batching'
  }`;
const textOf = (point: Point): string => `${keyOf(point)} with ${point.inFlight}`;

interface Look {
  readonly throughput: number;
  readonly p99: number;
}

/** Measures all points once, each configuration on a start of its own. */
async function confirm(points: readonly Point[], repeat: number): Promise<Map<string, Look> | undefined> {
  const folder = join(work, `confirm-${repeat}`);
  const byConfig = [...Map.groupBy(points, keyOf).values()];
  const nameOf = (index: number): string => `${model}_${index}`;
  const repository = join(folder, 'repository');
  const isDone = await runs.once(folder, () => {
    for (const [index, [first]] of byConfig.entries()) {
      const to = join(repository, nameOf(index));
      cpSync(source, to, { recursive: true });
      writeFileSync(join(to, 'config.pbtxt'), printConfigText({ ...first!.config, name: nameOf(index) }));
    }
    const entries = byConfig.map((list, index) => [
      nameOf(index),
      {
        parameters: { concurrency: [...new Set(list.map((point) => point.inFlight))].sort((a, b) => a - b) },
      },
    ]);
    return {
      model_repository: repository,
      run_config_search_mode: 'brute',
      run_config_search_disable: true,
      precision: 0.01,
      time_limit: CONFIRM_S,
      profile_models: Object.fromEntries(entries),
    };
  });
  if (!isDone) return undefined;
  const { trials } = resultsIn(folder);
  return new Map(
    points.flatMap((point) => {
      const name = nameOf(byConfig.findIndex(([first]) => keyOf(first!) === keyOf(point)));
      const trial = trials.find(({ models }) => models[0]!.name === name);
      const record = trial?.points.find(
        (item) => item.state === 'measured' && levelOf(item.measurement.point) === point.inFlight,
      );
      if (record?.state !== 'measured') return [];
      const { values } = record.measurement.whole;
      return [[textOf(point), { throughput: values['perf_throughput']!, p99: values['perf_latency_p99']! }]];
    }),
  );
}

const searches: { constraints: readonly Constraint[]; folder: string }[] = [];
for (let turn = 0; turn < Number(given.rounds); turn++) {
  for (const [index, constraints] of cases.entries()) {
    const folder = join(work, `search-${index}-${turn}`);
    if (!(await runs.once(folder, () => searchFile(constraints)))) endUnfinished();
    searches.push({ constraints, folder });
  }
}
const wanted = [
  ...searches.flatMap(({ folder }) => winnerIn(folder) ?? []),
  ...cases.flatMap((constraints) => bestOfGrid(constraints)),
];
const points = [...new Map(wanted.map((point) => [textOf(point), point])).values()];
const looks: Map<string, Look>[] = [];
for (let repeat = 0; repeat < REPEATS; repeat++)
  looks.push((await confirm(points, repeat)) ?? endUnfinished());

const looksAt = (point: Point): Look[] => looks.flatMap((each) => each.get(textOf(point)) ?? []);
const worth = (point: Point): number => mean(looksAt(point).map(({ throughput }) => throughput));
/** By how much it is beyond the limit, by the median of its looks. */
const beyond = (point: Point, constraints: readonly Constraint[]): number =>
  Math.max(0, ...constraints.map(({ value }) => median(looksAt(point).map(({ p99 }) => p99)) / value - 1));
const rowsOfTable = searches.map(({ constraints, folder }) => {
  const winner = winnerIn(folder);
  const keeping = points.filter(
    (point) => beyond(point, constraints) === 0 && looksAt(point).length === REPEATS,
  );
  const best = keeping.toSorted((a, b) => worth(b) - worth(a))[0];
  const { search } = resultsIn(folder).models[0]!;
  const journal = readFileSync(join(folder, 'checkpoints', 'journal.jsonl'), 'utf8').split('\n');
  const shown = (point: Point | undefined): object =>
    point
      ? {
          infer: Math.round(worth(point)),
          'p99 ms': looksAt(point)
            .map(({ p99 }) => p99.toPrecision(3))
            .join(' '),
        }
      : {};
  return {
    model,
    limit: limitsText(constraints),
    winner: winner && textOf(winner),
    ...shown(winner),
    'best known': best && textOf(best),
    'its infer': best && Math.round(worth(best)),
    share: winner && best ? Number((worth(winner) / worth(best)).toFixed(3)) : 0,
    'beyond %': winner && Number((100 * beyond(winner, constraints)).toFixed(1)),
    seconds: Math.round(secondsIn(folder)),
    measurements: search?.measurements,
    starts: journal.filter((line) => line.startsWith('{"kind":"end"')).length,
  };
});
console.table(rowsOfTable);
writeFileSync(join(work, 'table.json'), JSON.stringify(rowsOfTable, undefined, 2));
