import { mean } from 'simple-statistics';
import type { Replay } from './replay.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What many runs of one search came to, as a line of a table. */
export function summary(name: string, runs: readonly Replay[]) {
  const quantile = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;
  const share = (is: (run: Replay) => boolean): string => percent(runs.filter(is).length / runs.length);
  const ratios = runs.map(({ ratio }) => ratio);
  const told = runs.filter(({ held }) => held !== undefined);
  return {
    algorithm: name,
    'at 95 %': share(({ ratio }) => ratio >= 0.95),
    'at 90 %': share(({ ratio }) => ratio >= 0.9),
    median: Number(quantile(ratios, 0.5).toFixed(3)),
    p10: Number(quantile(ratios, 0.1).toFixed(3)),
    'broken by 5 %': share(({ missed }) => missed > 0.05),
    'interval held': told.length > 0 ? percent(told.filter(({ held }) => held).length / told.length) : '-',
    measurements: quantile(
      runs.map((run) => run.measurements),
      0.5,
    ),
    most: Math.max(...runs.map((run) => run.measurements)),
    starts: quantile(
      runs.map((run) => run.starts),
      0.5,
    ),
    'mean measurements': Number(mean(runs.map((run) => run.measurements)).toFixed(1)),
    'mean starts': Number(mean(runs.map((run) => run.starts)).toFixed(1)),
    busy: `${(100 * mean(runs.map((run) => run.busy))).toFixed(0)} %`,
    'time, s': Math.round(mean(runs.map((run) => run.elapsedS))),
    'slowest step, ms': Number(
      quantile(
        runs.map((run) => run.slowestMs),
        0.5,
      ).toFixed(1),
    ),
  };
}

const BINS = 5;

/** Of the runs that gave something a probability within a fifth of the scale: what they gave it, and how often it was so. */
export interface Bin {
  readonly claim: string;
  readonly bin: string;
  readonly runs: number;
  readonly told: number;
  readonly real: number;
}

/** What searches believe of their verdicts against the truth; nothing of those that say nothing. */
export function calibration(runs: readonly Replay[]): Bin[] {
  const told = runs.flatMap(({ belief, holds, isBetterThere }) =>
    belief ? [{ belief, holds, isBetterThere }] : [],
  );
  return [
    ...binned(
      'the limits hold',
      told.map(({ belief, holds }) => ({ chance: belief.keeps, is: holds })),
    ),
    ...binned(
      'something is better by 5 %',
      told.map(({ belief, isBetterThere }) => ({ chance: belief.better.chance, is: isBetterThere })),
    ),
  ];
}

function binned(claim: string, all: readonly { readonly chance: number; readonly is: boolean }[]): Bin[] {
  const bins = Map.groupBy(all, ({ chance }) => Math.min(BINS - 1, Math.floor(chance * BINS)));
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([index, of]) => ({
      claim,
      bin: `${(index * 100) / BINS} to ${((index + 1) * 100) / BINS} %`,
      runs: of.length,
      told: Number(mean(of.map(({ chance }) => chance)).toFixed(3)),
      real: Number((of.filter(({ is }) => is).length / of.length).toFixed(3)),
    }));
}
