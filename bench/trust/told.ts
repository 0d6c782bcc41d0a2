import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { mean, sampleVariance } from 'simple-statistics';
import { compareRuns, readSide } from '../../src/index.ts';
import { isDone, resultsIn } from '../runs.ts';
import { type Claim, claimsOf, decisionOf } from './claims.ts';
import { exampleFolder, laterFolder, SLOWER, slowerFolder } from './lane.ts';

/** How many decisions are held against each other, and which loss is one. */
const DECISIONS = 10;
const LOSS = 0.03;
/** Means that are nearer than so many standard deviations are tied: 95 %, of about ten minutes. */
const SURE = 2.2;
const VERDICTS = ['better', 'worse', 'same', 'unknown'] as const;

interface Compared {
  readonly what: string;
  /** Lane and folder of what is compared. */
  readonly run: string;
  readonly verdict: (typeof VERDICTS)[number];
  /** Throughput over all that both measured, percent with its interval. */
  readonly change: string;
}

interface Confirmed extends Claim {
  /** Lane and folder of the minute. */
  readonly run: string;
  /** infer/s in a minute on a fresh start. */
  readonly later: number;
}

/** Prints what the runs in these folders come to, those of one lane in each. */
export function tell(folders: readonly string[]): void {
  const works = folders.map((folder) => resolve(folder));
  const compared = works.flatMap(comparedIn);
  const claims = works.flatMap(confirmedIn);
  console.table(
    compared.map(({ what, run, verdict, change }) => ({ what, run, verdict, 'throughput %': change })),
  );
  console.table(
    claims.map(({ run, name, interval: [low, high], later }) => ({
      run,
      what: name,
      told: `${low.toFixed(1)} to ${high.toFixed(1)}`,
      later: Number(later.toFixed(1)),
      holds: low <= later && later <= high,
    })),
  );
  console.table(
    Object.fromEntries(
      [...Map.groupBy(compared, ({ what }) => what)].map(([what, of]) => [
        what,
        Object.fromEntries(
          VERDICTS.map((name) => [name, of.filter(({ verdict }) => verdict === name).length]),
        ),
      ]),
    ),
  );
  const held = claims.filter(({ interval: [low, high], later }) => low <= later && later <= high).length;
  console.log(`intervals hold what was measured later: ${held} of ${claims.length}`);
  tellDecisions(works, claims);
}

function comparedIn(work: string): Compared[] {
  const runs = indices((index) => isDone(exampleFolder(work, index)));
  const same = runs
    .slice(1)
    .map((index) => compare('the same twice', exampleFolder(work, index - 1), exampleFolder(work, index)));
  const slower = SLOWER.flatMap((share) =>
    indices((index) => isDone(slowerFolder(work, share, index))).map((index) => {
      // The run before it: of these there may be fewer.
      const base = exampleFolder(work, Math.min(index, runs.length - 1));
      return compare(`${100 * share} % slower`, base, slowerFolder(work, share, index));
    }),
  );
  return [...same, ...slower];
}

function compare(what: string, base: string, next: string): Compared {
  // Told anew by what was measured, so that what this version says of earlier runs can be seen.
  const { verdict, changes } = compareRuns(readSide(base), readSide(next)).models[0]!;
  const change = changes.find(({ tag }) => tag === 'perf_throughput');
  const [percent, low, high] = [change?.percent, change?.low, change?.high].map(
    (value) => value?.toFixed(1) ?? '?',
  );
  const isMeasuredAnew = existsSync(join(next, 'results', 'comparison.json'));
  const kind = isMeasuredAnew ? `${what}, --baseline` : what;
  return { what: kind, run: runName(next), verdict, change: `${percent} (${low} to ${high})` };
}

function confirmedIn(work: string): Confirmed[] {
  return indices((index) => isDone(exampleFolder(work, index))).flatMap((index) =>
    claimsOf(resultsIn(exampleFolder(work, index))).flatMap((claim) => {
      const folder = laterFolder(work, index, claim);
      if (!isDone(folder)) return [];
      const [record] = resultsIn(folder).trials[0]!.points;
      if (record?.state !== 'measured') throw new Error(`${folder}: nothing was measured`);
      return [{ ...claim, run: runName(folder), later: record.measurement.whole.values['perf_throughput']! }];
    }),
  );
}

/** Lane and folder. */
const runName = (folder: string): string => relative(dirname(dirname(folder)), folder);

/** The first decisions of all lanes, and what they are worth by what was measured later. */
function tellDecisions(works: readonly string[], claims: readonly Confirmed[]): void {
  const made = works.flatMap((work) =>
    indices((index) => isDone(exampleFolder(work, index))).map((index) => ({
      index,
      name: decisionOf(resultsIn(exampleFolder(work, index))),
    })),
  );
  const first = made.toSorted((a, b) => a.index - b.index).slice(0, DECISIONS);
  // One minute does not say how far minutes differ.
  const later = new Map(
    [...Map.groupBy(claims, ({ name }) => name)]
      .filter(([name, of]) => of.length > 1 && first.some((decision) => decision.name === name))
      .map(([name, of]) => [name, worthOf(of)]),
  );
  const [best] = [...later.values()].sort((a, b) => b.value - a.value);
  let [losses, judged] = [0, 0];
  for (const [name, of] of Map.groupBy(first, (decision) => decision.name)) {
    const own = later.get(name);
    const text = `decided for ${name} in ${of.length} of ${first.length}`;
    if (!own || !best) {
      console.log(`${text}: not measured later twice`);
      continue;
    }
    judged += of.length;
    const share = own.value / best.value - 1;
    const isTied = best.value - own.value <= SURE * Math.sqrt(own.variance + best.variance);
    if (share < -LOSS && !isTied) losses += of.length;
    const tied = share < 0 && isTied ? ', tied with the best' : '';
    const told = `${own.value.toFixed(1)} infer/s later (${own.minutes} times), ${(100 * share).toFixed(1)} %`;
    console.log(`${text}: ${told}${tied}`);
  }
  console.log(`worse than the best of these by more than ${100 * LOSS} %: ${losses} of ${judged}`);
}

/** infer/s in the mean of later minutes, and the variance of that mean. */
function worthOf(of: readonly Confirmed[]): { value: number; variance: number; minutes: number } {
  const values = of.map((claim) => claim.later);
  const { length } = values;
  return { value: mean(values), variance: sampleVariance(values) / length, minutes: length };
}

/** 0, 1, 2 ... as long as it is so. */
function indices(isSo: (index: number) => boolean): number[] {
  const found: number[] = [];
  while (isSo(found.length)) found.push(found.length);
  return found;
}
