import { join } from 'node:path';
import { metric } from '../../ground/metric.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { loadWords, unitOf } from '../../rank/words.ts';
import type { Exporter, Result } from '../exporter.ts';
import { put, takeBack } from '../put.ts';
import { intervalText, judgedBy, marksText, toldInterval } from '../told-figure.ts';

/** One value of a custom benchmark of github-action-benchmark. */
export interface Benchmark {
  /** The same from run to run, whatever configuration wins. */
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Half the width of the 95 % interval, in the same unit: `± 4.1`. */
  readonly range?: string;
  readonly extra: string;
}

const FILES = {
  higher: 'benchmark-bigger-is-better.json',
  lower: 'benchmark-smaller-is-better.json',
} as const;

/**
 * The custom JSON of github-action-benchmark, one file for `customBiggerIsBetter` and one for `customSmallerIsBetter`: of
 * each model what was decided for, and the default, in the metrics that it is judged by. A file without a value is not
 * written, as the action refuses it; one that lies there of an earlier run is removed.
 */
export const benchmarkExporter: Exporter = {
  name: 'benchmark',
  format: 'benchmark',
  async write(result, to) {
    const files = (['higher', 'lower'] as const).flatMap((better) => {
      const name = join('results', FILES[better]);
      const found = benchmarks(result, better);
      if (found.length > 0) return [put(to, name, `${JSON.stringify(found, undefined, 2)}\n`)];
      takeBack(to, name);
      return [];
    });
    return { files, notes: [] };
  },
};

/** The values of the metrics of which higher, or lower, ones are better. */
export const benchmarks = ({ rankings }: Pick<Result, 'rankings'>, better: 'higher' | 'lower'): Benchmark[] =>
  rankings.flatMap((ranking) => {
    const { winner, default: base } = ranking;
    const tags = judgedBy(ranking).filter((tag) => metric(tag).better === better);
    return [
      ...(winner ? valuesOf('winner', winner, tags, ranking) : []),
      ...(base ? valuesOf('default', base, tags, ranking) : []),
    ];
  });

function valuesOf(
  role: 'winner' | 'default',
  { trial, best: { measurement } }: RankedEntry,
  tags: readonly string[],
  ranking: Ranking,
): Benchmark[] {
  return tags.flatMap((tag) => {
    const value = measurement.whole.values[tag];
    if (value === undefined) return [];
    const { label } = metric(tag);
    const [low, high] = toldInterval(measurement, tag, ranking);
    const marks = marksText(measurement);
    const interval = intervalText(measurement, tag, ranking);
    return [
      {
        name: `${ranking.model}: ${label} of the ${role}`,
        unit: unitOf(tag, ranking.goal),
        value: rounded(value),
        ...(low !== null && high !== null && { range: `± ${rounded((high - low) / 2)}` }),
        extra: [
          `${trial.name} ${loadWords(measurement.point)}`,
          ...(interval ? [`95 % interval ${interval}`] : []),
          ...(marks ? [`marks: ${marks}`] : []),
        ].join('\n'),
      },
    ];
  });
}

/** What no measurement tells is left out of a file that is kept for years. */
const rounded = (value: number): number => Number(value.toPrecision(6));
