import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { findMetric } from '../src/ground/metric.ts';
import { counted } from '../src/ground/wording.ts';
import type { Constraint, Objective } from '../src/record/goal.ts';
import { batchSizeOf, levelOf } from '../src/record/load-point.ts';
import { budgetFor } from '../src/search/bayes/budget.ts';
import { ALGORITHMS, type Algorithm, algorithm } from './search/algorithms.ts';
import { description, scatteringOf } from './search/describe.ts';
import { lineOf, pairsOf } from './search/each.ts';
import { gridText, joined, medianOf, type Row, readGrid, readRecorded } from './search/grid.ts';
import { landscapeOf } from './search/landscape.ts';
import { limitsOf } from './search/limits.ts';
import { type Noise, noiseOf } from './search/noise.ts';
import { randomLandscape } from './search/random-landscape.ts';
import { type Replay, replay } from './search/replay.ts';
import { SECONDS } from './search/slots.ts';
import { calibration, summary } from './search/summary.ts';

/**
 * Searches on landscapes that were measured before, in place of a server. One run on one grid:
 *   npm run bench:search -- --grid FILE.csv --objective perf_throughput --constraint 'perf_latency_p99<=10'
 *     [--algorithm default|bayes|told|quick|random|brute|brute-confirmed|brute-timed] [--seed N]
 *     [--noise quiet|usual|rough|recorded|0.02,0.08] [--budget N] [--interpolate] [--model NAME] [--slots N] [--json]
 * with --seeds N instead of --seed: statistics over so many seeds, free and under four limits
 * and without --grid statistics over random landscapes (40 configurations and the default, 6 to 11 loads), free and under four
 * limits of the p99 latency:
 *   npm run bench:search -- [--landscapes 100] [--from 0] [--without-batching] [--algorithm NAME]...
 * brute-timed measures configurations by chance and confirms the best, all in --minutes N, or in what the first of the
 * algorithms took. --noise recorded: what the looks of the grid saw, for one with several of a point.
 * --slots N: on so many slots at once, on a simulated clock (bench/search/slots.ts); more than one --slots compares them.
 * --start-seconds, --look-seconds: how long a start of a server and a measurement take on that clock.
 * --each FILE.jsonl: each run as a line, added to the file. Two versions of a search, run by run, on what both files have:
 *   npm run bench:search -- --pair BEFORE.jsonl --pair AFTER.jsonl
 * A grid of one of these: --from N --write FILE.csv; of what tma profile measured: --results results.json --write FILE.csv,
 * or FILE.csv.gz; with several of them, or grids of earlier ones, each point is the median of its measurements. Of journals
 * of tma profile every look is kept, with the start of the server that it was made on: --results journal.jsonl.
 * How looks of a grid scatter from start to start, and how its figures run with the load: --grid FILE --describe
 */
const { values: given } = parseArgs({
  allowPositionals: false,
  options: {
    grid: { type: 'string' },
    model: { type: 'string' },
    objective: { type: 'string', default: 'perf_throughput' },
    constraint: { type: 'string', multiple: true, default: [] },
    algorithm: { type: 'string', multiple: true },
    seed: { type: 'string', default: '0' },
    seeds: { type: 'string' },
    noise: { type: 'string', default: '0.02,0.08' },
    budget: { type: 'string' },
    minutes: { type: 'string' },
    slots: { type: 'string', multiple: true, default: ['1'] },
    'start-seconds': { type: 'string', default: String(SECONDS.start) },
    'look-seconds': { type: 'string', default: String(SECONDS.look) },
    interpolate: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    each: { type: 'string' },
    pair: { type: 'string', multiple: true },
    landscapes: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    'without-batching': { type: 'boolean', default: false },
    write: { type: 'string' },
    describe: { type: 'boolean', default: false },
    results: { type: 'string', multiple: true },
  },
});

const noise: Noise | 'recorded' =
  given.noise === 'recorded'
    ? given.noise
    : (noiseOf(given.noise) ??
      fail(`"${given.noise}" is no noise: quiet, usual, rough, recorded, or 0.02,0.08`));
if (noise === 'recorded' && given.grid === undefined)
  fail('--noise recorded needs a --grid with several looks at a point');
const minutes = given.minutes === undefined ? undefined : Number(given.minutes);
const names = (given.algorithm ?? []).map(known);
const measurements = given.budget === undefined ? undefined : Number(given.budget);
const seconds = { start: Number(given['start-seconds']), look: Number(given['look-seconds']) };
const slotCounts = given.slots.map(Number);
const budget = measurements === undefined ? undefined : budgetFor(measurements);

if (given.pair !== undefined) console.table(pairsOf(given.pair));
else if (given.write !== undefined) {
  const rows =
    given.results === undefined
      ? randomLandscape(Number(given.from), { batching: !given['without-batching'] })
      : ofOne(joined(given.results.map(readRecorded)));
  const text = gridText(rows);
  writeFileSync(given.write, given.write.endsWith('.gz') ? gzipSync(text) : text);
} else if (given.grid !== undefined && given.describe) {
  console.log(description(rowsOf(given.grid)));
} else if (given.grid !== undefined && given.seeds !== undefined) {
  const rows = rowsOf(given.grid);
  many(Array.from({ length: Number(given.seeds) }, (_, seed) => ({ rows, seed })));
} else if (given.grid !== undefined) one(given.grid);
else {
  const from = Number(given.from);
  many(
    Array.from({ length: Number(given.landscapes) }, (_, index) => ({
      rows: randomLandscape(from + index, { batching: !given['without-batching'] }),
      seed: from + index,
    })),
  );
}

/** Looks that tell their starts of the server stay as they are; of other recordings each point is the median. */
function ofOne(rows: readonly Row[]): readonly Row[] {
  return rows.every(({ start }) => start !== undefined) ? rows : medianOf(rows);
}

function known(name: string): Algorithm {
  const found = ALGORITHMS.find((item) => item === name);
  if (!found) fail(`no algorithm "${name}": ${ALGORITHMS.join(', ')}`);
  return found;
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function tagOf(name: string): string {
  const found = findMetric(name);
  if (!found) fail(`no metric "${name}"`);
  return found.tag;
}

function objectivesOf(text: string): Objective[] {
  return text.split(',').map((part) => {
    const [name = '', weight = '1'] = part.split(':');
    return { tag: tagOf(name.trim()), weight: Number(weight) };
  });
}

function constraintOf(text: string): Constraint {
  const [, name = '', sign, value] = /^\s*(\w+)\s*(<=|>=)\s*([\d.eE+-]+)\s*$/.exec(text) ?? [];
  if (value === undefined) fail(`"${text}" is no limit: write TAG<=NUMBER or TAG>=NUMBER`);
  return { tag: tagOf(name), bound: sign === '<=' ? 'max' : 'min', value: Number(value) };
}

function rowsOf(file: string): Row[] {
  const all = readGrid(file);
  const model = given.model ?? all[0]?.model;
  const rows = all.filter((row) => row.model === model);
  if (rows.length === 0) fail(`${file} has no rows${given.model ? ` of model ${given.model}` : ''}`);
  if (noise === 'recorded' && !scatteringOf(rows, 'perf_throughput')) {
    fail(`${file} has no noise: no point was looked at on two starts of the server`);
  }
  return rows;
}

function one(file: string): void {
  const rows = rowsOf(file);
  const objectives = objectivesOf(given.objective);
  const goal = { objectives, constraints: given.constraint.map(constraintOf) };
  const landscape = landscapeOf(rows, goal, { interpolate: given.interpolate });
  const seed = Number(given.seed);
  const [name = 'default'] = names;
  const search = algorithm(name, landscape, { seed, budget, seconds: secondsFor(name, undefined) });
  const found = replay(landscape, search, noise, seed, slotCounts[0], seconds);
  const worth = (row: Row | undefined): unknown => {
    if (!row) return null;
    const [only, ...more] = objectives;
    const value = (tag: string): number | null => row.values[tag] ?? null;
    return more.length === 0
      ? value(only!.tag)
      : Object.fromEntries(objectives.map(({ tag }) => [tag, value(tag)]));
  };
  if (given.json) {
    const object = {
      algorithm: search.name,
      best: worth(found.winner),
      optimum: worth(landscape.optimum),
      ratio: found.ratio,
      holds: found.holds,
      missed: found.missed,
      held: found.held ?? null,
      interval: found.belief?.interval ?? null,
      keeps: found.belief?.keeps ?? null,
      betterChance: found.belief?.better.chance ?? null,
      isBetterThere: found.isBetterThere,
      points: found.points,
      measurements: found.measurements,
      starts: found.starts,
      winner: found.winner ?? null,
      trace: found.trace.map(({ candidate, point, again, values }) => ({
        variant: candidate.name,
        level: levelOf(point),
        batchSize: batchSizeOf(point),
        ...(again && { again }),
        values: values ?? null,
      })),
    };
    console.log(JSON.stringify(object, undefined, 2));
    return;
  }
  for (const { candidate, point, again, values } of found.trace) {
    const what = values
      ? [...new Set([...objectives, ...goal.constraints].map(({ tag }) => tag))]
          .map((tag) => `${tag} ${values[tag]?.toPrecision(4) ?? '-'}`)
          .join(', ')
      : 'failed';
    console.log(
      `${candidate.name} at ${levelOf(point)}${batchSizeOf(point) > 1 ? `, batch ${batchSizeOf(point)}` : ''}${again ? ' again' : ''}: ${what}`,
    );
  }
  const { winner } = found;
  console.log(
    winner
      ? `\n${search.name}: ${winner.variant} at ${winner.level}, ${(found.ratio * 100).toFixed(1)} % of the best there is; the limits ${found.holds ? 'hold' : `are missed by ${(found.missed * 100).toFixed(1)} %`}`
      : `\n${search.name}: nothing that keeps the limits was found`,
  );
  console.log(
    `${found.measurements} measurements of ${found.points} points (brute force: ${landscape.points}), ${found.starts} starts`,
  );
}

/** What brute-timed may take: what was given, or what the first search took. */
function secondsFor(name: Algorithm, taken: number | undefined): number | undefined {
  if (name !== 'brute-timed') return undefined;
  const seconds = minutes === undefined ? taken : 60 * minutes;
  return seconds ?? fail('brute-timed takes as long as the algorithm before it, or --minutes N');
}

function many(grids: readonly { readonly rows: readonly Row[]; readonly seed: number }[]): void {
  const objectives = objectivesOf(given.objective);
  const algorithms =
    names.length > 0 ? names : (['default', 'quick', 'random', 'brute', 'brute-confirmed'] as const);
  const results = new Map<string, (Replay & { readonly tightness: number })[]>();
  for (const { rows, seed } of grids) {
    for (const [tightness, constraints] of limitsOf(rows, objectives).entries()) {
      const landscape = landscapeOf(rows, { objectives, constraints }, { interpolate: given.interpolate });
      /** By the number of slots: what the first of the searches took of them together. */
      const taken = new Map<number, number>();
      for (const [name, slots] of algorithms.flatMap((item) => slotCounts.map((n) => [item, n] as const))) {
        const allowed = secondsFor(name, taken.get(slots));
        const search = algorithm(name, landscape, { seed, budget, seconds: allowed });
        const run = { ...replay(landscape, search, noise, seed * 5 + tightness, slots, seconds), tightness };
        if (!taken.has(slots)) taken.set(slots, run.elapsedS * slots);
        const key = slotCounts.length > 1 || slots > 1 ? `${name}, ${counted(slots, 'slot')}` : name;
        const which = `${given.grid ?? 'random'} ${given.noise} ${seed} ${tightness}`;
        if (given.each) appendFileSync(given.each, lineOf(key, which, run));
        results.set(key, [...(results.get(key) ?? []), run]);
      }
    }
  }
  const table = [...results].map(([name, runs]) => summary(name, runs));
  const beliefs = [...results].flatMap(([name, runs]) =>
    calibration(runs).map((bin) => ({ algorithm: name, ...bin })),
  );
  if (given.json) {
    const calibrated = (name: string) => beliefs.filter(({ algorithm }) => algorithm === name);
    const all = table.map((line) => ({ ...line, calibration: calibrated(line.algorithm) }));
    console.log(JSON.stringify(all, undefined, 2));
  } else {
    const what = given.grid === undefined ? 'random landscapes' : `seeds on ${given.grid}`;
    console.log(`${grids.length} ${what}, free and with four limits each, noise ${given.noise}`);
    console.table(table);
    if (beliefs.length > 0) console.table(beliefs);
    for (const tightness of [0, 1, 2, 3, 4]) {
      console.log(tightness === 0 ? 'without a limit' : `limit ${tightness} of 4, the tighter the later`);
      console.table(
        [...results].map(([name, runs]) =>
          summary(
            name,
            runs.filter((run) => run.tightness === tightness),
          ),
        ),
      );
    }
  }
}
