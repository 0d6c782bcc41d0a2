import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { mean } from 'simple-statistics';
import type { Replay } from './replay.ts';

/** One run of a search as a line of JSON. */
interface Line extends Pick<Replay, 'ratio' | 'missed' | 'measurements' | 'starts'> {
  readonly algorithm: string;
  /** What was searched: noise, seed, and which of the limits. */
  readonly run: string;
  readonly held: boolean | null;
  readonly seconds: number;
}

export function lineOf(algorithm: string, run: string, replay: Replay): string {
  const { ratio, missed, measurements, starts, held, elapsedS } = replay;
  const line: Line = {
    ...{ algorithm, run, ratio, missed, measurements, starts },
    held: held ?? null,
    seconds: elapsedS,
  };
  return `${JSON.stringify(line)}\n`;
}

const isClose = ({ ratio }: Line): boolean => ratio >= 0.95;

/**
 * The same runs of several versions of a search, each beside the first: a line for each file of such lines; none where no run is in
 * all of them.
 */
export function pairsOf(files: readonly string[]) {
  const all = files.map((file) => {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const read = lines.map((line) => JSON.parse(line) as Line);
    return new Map(read.map((line) => [`${line.algorithm} ${line.run}`, line]));
  });
  const keys = [...all[0]!.keys()].filter((key) => all.every((runs) => runs.has(key)));
  if (keys.length === 0) return [];
  const percent = (count: number, of = keys.length): string => `${((100 * count) / of).toFixed(1)} %`;
  return all.map((runs, index) => {
    const own = keys.map((key) => runs.get(key)!);
    const first = keys.map((key) => all[0]!.get(key)!);
    const told = own.filter(({ held }) => held !== null);
    const of = (what: 'measurements' | 'starts' | 'seconds'): number =>
      Math.round(10 * mean(own.map((line) => line[what]))) / 10;
    return {
      file: basename(files[index]!),
      runs: keys.length,
      'at 95 %': percent(own.filter(isClose).length),
      'better than the first': own.filter((line, at) => isClose(line) && !isClose(first[at]!)).length,
      worse: own.filter((line, at) => !isClose(line) && isClose(first[at]!)).length,
      'at 90 %': percent(own.filter(({ ratio }) => ratio >= 0.9).length),
      'broken by 5 %': own.filter(({ missed }) => missed > 0.05).length,
      'interval held': percent(told.filter(({ held }) => held).length, told.length),
      'mean measurements': of('measurements'),
      'mean starts': of('starts'),
      'time, s': of('seconds'),
    };
  });
}
