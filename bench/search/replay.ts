import { checkConstraints, score } from '../../src/goal/score.ts';
import { batchSizeOf, levelOf } from '../../src/record/load-point.ts';
import type { JudgingSearch } from '../../src/search/bayes/bayes.ts';
import type { Ask, Belief } from '../../src/search/search.ts';
import type { Candidate } from '../../src/space/space.ts';
import type { Row } from './grid.ts';
import type { Landscape } from './landscape.ts';
import { type Noise, NoiseSource } from './noise.ts';
import { RecordedStarts } from './recorded-starts.ts';
import { runSlots, type Seconds, type Times } from './slots.ts';

/** What a search came to on a landscape. */
export interface Replay extends Times {
  readonly winner: Row | undefined;
  /** True value of the objective at the winner over that at the optimum; 0 where the limits are broken or nothing was found. */
  readonly ratio: number;
  /** Whether the limits really hold at the winner, and by how much they are missed. */
  readonly holds: boolean;
  readonly missed: number;
  readonly points: number;
  readonly measurements: number;
  /** What the search believes of its verdict; absent where it has none or says nothing of it. */
  readonly belief: Belief | undefined;
  /** Whether the true value lies in the interval that it gives; undefined where it gives none. */
  readonly held: boolean | undefined;
  /** Whether another point that keeps the limits really is better by more than 5 %. */
  readonly isBetterThere: boolean;
  /** The search's own account of why it ended. */
  readonly why: string;
  readonly trace: readonly (Ask & { readonly values: Row['values'] | undefined })[];
}

/**
 * Lets a search measure a landscape with noise, on so many slots; the verdict is the search's own, held against the truth.
 * @param noise recorded: what the grid's own looks saw.
 */
export function replay(
  landscape: Landscape,
  search: JudgingSearch,
  noise: Noise | 'recorded',
  seed: number,
  slots = 1,
  seconds?: Seconds,
): Replay {
  const source = noise === 'recorded' ? new RecordedStarts(landscape, seed) : new NoiseSource(noise, seed);
  const servers = new Map<Candidate, ReturnType<(typeof source)['start']>>();
  const { plan } = landscape.space;
  const trace: (Ask & { values: Row['values'] | undefined })[] = [];
  const rows = new Set<string>();
  const times = runSlots(search, { slots, seed, seconds }, (ask, started) => {
    if (started) servers.set(ask.candidate, source.start(ask.candidate.name));
    const truth = landscape.truth(ask.candidate, ask.point);
    const row = landscape.rowAt(ask.candidate, ask.point);
    const figures = truth && row && servers.get(ask.candidate)!(truth, row);
    trace.push({ ...ask, values: figures?.values });
    rows.add(`${ask.candidate.name} ${levelOf(ask.point)} ${batchSizeOf(ask.point)}`);
    return figures
      ? { state: 'measured', ...figures }
      : { state: 'failed', kind: 'out of memory', cause: 'not recorded', wantsRoom: true };
  });
  const best = search.best();
  const row = best && landscape.rowAt(best.candidate, best.point);
  // Between recorded levels, what was interpolated.
  const values = best && landscape.truth(best.candidate, best.point);
  const winner = row && values && { ...row, level: levelOf(best.point), values };
  const { optimum } = landscape;
  const checks = winner ? checkConstraints(winner, plan.constraints) : [];
  const missed = checks.reduce((worst, check) => Math.max(worst, check.missedBy), 0);
  const share = winner && optimum ? ratioOf(winner, optimum, landscape) : 0;
  const belief = winner && search.belief?.();
  return {
    winner,
    ratio: missed <= 0.05 ? share : 0,
    belief,
    held: belief && isHeld(belief, landscape),
    isBetterThere: optimum !== undefined && 1 / share > 1.05,
    holds: winner !== undefined && missed === 0,
    missed,
    points: rows.size,
    measurements: trace.length,
    ...times,
    why: search.account().why,
    trace,
  };
}

/** Whether an interval holds the true value of the objective. */
function isHeld({ candidate, point, interval }: Belief, landscape: Landscape): boolean | undefined {
  const { tag } = landscape.space.plan.objectives[0]!;
  const value = landscape.truth(candidate, point)?.[tag];
  return interval && value !== undefined ? interval[0] <= value && value <= interval[1] : undefined;
}

/** The objective of one row over that of another: with several, e to the power of the weighted mean of logarithms. */
function ratioOf(row: Row, other: Row, { space: { plan } }: Landscape): number {
  const [only, ...more] = plan.objectives;
  if (more.length > 0 || !only) return 1 + score(row, other, plan.objectives);
  const [a, b] = [row.values[only.tag] ?? 0, other.values[only.tag] ?? 0];
  return /throughput/.test(only.tag) ? a / b : b / a;
}
