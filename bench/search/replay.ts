import { checkConstraints, score } from '../../src/goal/score.ts';
import { levelOf } from '../../src/record/load-point.ts';
import type { JudgingSearch } from '../../src/search/bayes/bayes.ts';
import type { Ask } from '../../src/search/search.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import type { Row } from './grid.ts';
import type { Landscape } from './landscape.ts';

/** What a search came to on a landscape. */
export interface Replay {
  readonly winner: Row | undefined;
  /** True value of the objective at the winner over that at the optimum; 0 where the limits are broken or nothing was found. */
  readonly ratio: number;
  /** Whether the limits really hold at the winner, and by how much they are missed. */
  readonly holds: boolean;
  readonly missed: number;
  readonly points: number;
  readonly measurements: number;
  readonly starts: number;
  /** Longest thinking between two measurements, ms. */
  readonly slowestMs: number;
  readonly trace: readonly (Ask & { readonly values: Row['values'] | undefined })[];
}

export interface Noise {
  readonly throughput: number;
  readonly latency: number;
}

/** Lets a search measure a landscape with noise; the verdict is the search's own, held against the truth. */
export function replay(
  landscape: Landscape,
  search: JudgingSearch,
  { throughput, latency }: Noise,
  seed: number,
): Replay {
  const random = randomSource(seed * 65_537 + 5);
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const { plan } = landscape.space;
  const trace: (Ask & { values: Row['values'] | undefined })[] = [];
  const rows = new Set<string>();
  let running: unknown;
  let starts = 0;
  let slowestMs = 0;
  const asked = (): Ask | undefined => {
    const begun = performance.now();
    const ask = search.ask();
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    return ask;
  };
  for (let ask = asked(); ask; ask = asked()) {
    if (running !== ask.candidate || ask.again === 'afresh') starts++;
    const truth = landscape.truth(ask.candidate, ask.point);
    running = truth ? ask.candidate : undefined;
    const values =
      truth &&
      Object.fromEntries(
        Object.entries(truth).map(([tag, value]) => [
          tag,
          tag === 'perf_throughput'
            ? value * Math.max(0.5, 1 + throughput * gauss())
            : /latency/.test(tag)
              ? value * Math.max(0.3, 1 + latency * gauss())
              : value,
        ]),
      );
    trace.push({ ...ask, values });
    rows.add(`${ask.candidate.name} ${levelOf(ask.point)} ${ask.point.batchSize}`);
    search.tell(
      ask,
      values
        ? { state: 'measured', values }
        : { state: 'failed', kind: 'out of memory', cause: 'not recorded', wantsRoom: true },
    );
  }
  const best = search.best();
  const row = best && landscape.rowAt(best.candidate, best.point);
  // Between recorded levels, what was interpolated.
  const values = best && landscape.truth(best.candidate, best.point);
  const winner = row && values && { ...row, level: levelOf(best.point), values };
  const { optimum } = landscape;
  const checks = winner ? checkConstraints(winner, plan.constraints) : [];
  const missed = checks.reduce((worst, check) => Math.max(worst, check.missedBy), 0);
  return {
    winner,
    ratio: winner && optimum && missed <= 0.05 ? ratioOf(winner, optimum, landscape) : 0,
    holds: winner !== undefined && missed === 0,
    missed,
    points: rows.size,
    measurements: trace.length,
    starts,
    slowestMs,
    trace,
  };
}

/** The objective of one row over that of another: with several, e to the power of the weighted mean of logarithms. */
function ratioOf(row: Row, other: Row, { space: { plan } }: Landscape): number {
  const [only, ...more] = plan.objectives;
  if (more.length > 0 || !only) return 1 + score(row, other, plan.objectives);
  const [a, b] = [row.values[only.tag] ?? 0, other.values[only.tag] ?? 0];
  return /throughput/.test(only.tag) ? a / b : b / a;
}
