import fc from 'fast-check';
import { expect, test } from 'vitest';
import { score } from '../../src/goal/score.ts';
import { findingsOf } from '../../src/rank/findings/findings-of.ts';
import { headline } from '../../src/rank/headline.ts';
import { type Ranking, rank } from '../../src/rank/rank.ts';
import { toldGain } from '../../src/rank/told-gain.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Goal } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { isClientBound, type Measurement } from '../../src/record/measurement.ts';
import type { BeliefRecord, Run, Trial } from '../../src/record/run.ts';
import { verdictView } from '../../src/report/verdict-view.ts';
import { whatMatteredView } from '../../src/report/what-mattered-view.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import { measurement, run, trial } from '../support/run.ts';

/** A run on a made-up server: what each setting does, together and by itself, and how much figures scatter. */
const landscapes = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  counts: fc.constantFrom([1], [1, 2], [1, 2, 4], [2, 4, 8, 16]),
  sizes: fc.constantFrom([8], [4, 8], [1, 8, 32]),
  delays: fc.constantFrom([0], [0, 2000]),
  loads: fc.constantFrom([8], [2, 8, 32]),
  /** How much the second instance, a larger batch, the delay and the first two together change the throughput. */
  effects: fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: -0.6, max: 0.6, noNaN: true }))),
  noise: fc.constantFrom(0.005, 0.03, 0.15),
  /** Share of what a default, which has settings of its own, does of what others do. */
  base: fc.constantFrom(undefined, 0.4, 0.95, 1.3),
  limit: fc.constantFrom(undefined, 15, 60),
  /** How many looks of 10 are of a point that was measured again, drifted, or set by the client. */
  odd: fc.constantFrom('confirmed', 'drifted', 'client', 'failed', undefined),
  believes: fc.boolean(),
});
type Landscape = typeof landscapes extends fc.Arbitrary<infer T> ? T : never;

function made(of: Landscape): { recorded: Run; goal: Goal } {
  const next = randomSource(of.seed);
  const scatter = (): number => (next() + next() + next() - 1.5) * 1.15 * of.noise;
  const oddly = (): Partial<Measurement> => {
    if (next() > 0.2) return {};
    if (of.odd === 'confirmed') return { confirmed: true, looks: 3 };
    if (of.odd === 'drifted') return { drifted: { by: 0.3 } };
    return of.odd === 'client' ? { bottleneck: { who: 'client', reasons: ['busy'] } } : {};
  };
  const look = (rate: number, load: number): Measurement => {
    const throughput = rate * (load / (load + 4)) * Math.exp(scatter());
    const values = {
      perf_throughput: throughput,
      perf_latency_p50: (900 * load) / throughput,
      perf_latency_p99: ((1500 * load) / throughput) * Math.exp(2 * scatter()),
      perf_executed_batch: Math.min(load, 4),
      gpu_used_memory: 1000 + rate,
    };
    const intervals = Object.fromEntries(
      Object.entries(values).map(([tag, value]) => [
        tag,
        [value * (1 - of.noise), value * (1 + of.noise)] as const,
      ]),
    );
    return measurement({}, load, { values, intervals, stable: of.noise < 0.1, ...oddly() });
  };
  const trialOf = (
    name: string,
    rate: number,
    settings?: Record<'count' | 'size' | 'delay', number>,
  ): Trial => {
    const { count = 1, size = 2, delay = 0 } = settings ?? {};
    const config = {
      name: 'm',
      max_batch_size: size,
      instance_group: [{ kind: 'KIND_GPU', count }],
      dynamic_batching: { max_queue_delay_microseconds: String(delay) },
    };
    const assignment = {
      max_batch_size: size,
      instance_group: config.instance_group,
      'dynamic_batching.max_queue_delay_microseconds': delay,
    };
    const points = of.odd === 'failed' && next() < 0.2 ? [] : of.loads.map((load) => look(rate, load));
    return trial(name, points, { config, assignment: settings ? assignment : {} });
  };
  const trials = of.counts.flatMap((count) =>
    of.sizes.flatMap((size) =>
      of.delays.map((delay) => {
        const [a, b, c, both] = of.effects as [number, number, number, number];
        const [more, larger] = [Math.log2(count), Math.log2(size / of.sizes[0]!)];
        const rate = 1000 * Math.exp(a * more + b * larger + (c * delay) / 2000 + both * more * larger);
        return { rate, settings: { count, size, delay } };
      }),
    ),
  );
  const all = [
    ...(of.base === undefined ? [] : [trialOf('m_config_default', 1000 * of.base)]),
    ...trials.map(({ rate, settings }, index) => trialOf(`m_config_${index}`, rate, settings)),
  ];
  const goal: Goal = {
    models: ['m'],
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: of.limit === undefined ? [] : [{ tag: 'perf_latency_p99', bound: 'max', value: of.limit }],
  };
  const recorded = run(...all);
  const named = all.filter(({ state }) => state === 'measured').at(-1);
  if (!of.believes || !named) return { recorded, goal };
  const point = inFlight('m', of.loads.at(-1)!);
  const value = 1000 + 500 * next();
  const belief: BeliefRecord = {
    goal: { objectives: goal.objectives, constraints: goal.constraints },
    variant: named.name,
    point,
    value,
    interval: [0.9 * value, 1.1 * value],
    keeps: 0.4 + 0.6 * next(),
    better: { chance: next() },
  };
  const search = {
    ...{ models: ['m'] as const, search: 'bayes', why: '', measurements: 3, importance: [], skipped: [] },
    ...{ remarks: [], points: { all: 99, seen: 9 }, configurations: { all: 9, seen: 9 }, belief },
  };
  return { recorded: { ...recorded, searches: [search] }, goal };
}

/** What stands under rows of two settings. */
const TOGETHER = 'what they do only together';

const holds = (check: (recorded: Run, ranking: Ranking) => void): void =>
  fc.assert(
    fc.property(landscapes, (of) => {
      const { recorded, goal } = made(of);
      check(recorded, rank(recorded, goal));
    }),
    { numRuns: 150 },
  );
const ruleOf = (recorded: Run, ranking: Ranking, rule: string) =>
  findingsOf(recorded, ranking).find((finding) => finding.rule === rule);

test('what decides is what stands first under what mattered', () => {
  holds((recorded, ranking) => {
    const finding = ruleOf(recorded, ranking, 'decisive-setting');
    if (!finding) return;
    const rows = whatMatteredView(ranking)!.effects!.rows;
    const most = Math.max(...rows.map(({ percent }) => percent));
    const first = rows.filter(({ percent }) => percent === most);
    expect(
      first.some(
        ({ percent, text }) =>
          finding.text.includes(`(${percent} % of the differences): ${text}`) ||
          // Where it depends on another setting, what the two do together is told instead.
          (finding.text.includes(`(${percent} % of the differences, and `) &&
            rows.some((row) => row.path === TOGETHER && finding.text.endsWith(row.text))),
      ),
      finding.text,
    ).toBe(true);
    expect(finding.text).not.toContain('no difference');
  });
});

test('the headline, the sentence, the large figures and the decision are of one configuration and one gain', () => {
  holds((_, ranking) => {
    const { decision, winner, leader } = ranking;
    const view = verdictView(ranking);
    const first = headline(ranking);
    expect(view.headlineName).toBe((winner ?? leader)?.trial.name ?? '');
    expect(view.headlineWhat === '').toBe(winner !== undefined || leader === undefined);
    expect(view.numbers.length > 0).toBe(winner !== undefined);
    expect(first === undefined).toBe(winner === undefined);
    if (!winner) return;
    expect(winner.best.verdict).not.toBe('missed');
    const start = decision.kind === 'deploy' ? 'Deploy ' : 'Keep the default';
    for (const text of [first!, view.headline]) expect(text.startsWith(start)).toBe(true);
    expect(verdict(ranking).includes(start)).toBe(true);
    if (decision.kind !== 'deploy' || decision.reason !== 'better') return;
    const told = toldGain(winner, ranking);
    expect(told).toMatchObject({ kind: 'gain', differs: true, gain: ranking.gain });
    expect(ranking.ties).not.toContain(ranking.default);
  });
});

test('what is tied is told apart nowhere, and a figure that is better than the leader is explained', () => {
  holds((recorded, ranking) => {
    const { ties, leader, entries, winner, goal, default: base } = ranking;
    if (!leader) return;
    expect(ties).not.toContain(leader);
    // One is compared with the default in every table: the leader, or where that is the default all others.
    const compared = leader === base ? entries.filter((entry) => entry !== base) : [leader];
    for (const entry of base ? compared : []) {
      const told = toldGain(entry, ranking);
      const other = entry === leader ? base! : entry;
      const isAlike = [entry, base!].every(
        ({
          best: {
            verdict: kept,
            measurement: { drifted },
          },
        }) => kept === leader.best.verdict && drifted === leader.best.measurement.drifted,
      );
      if (told.kind === 'gain' && isAlike) expect(told.differs).toBe(!ties.includes(other));
    }
    const edge = ruleOf(recorded, ranking, 'edge-of-range');
    if (edge && winner === leader)
      expect(ties.map(({ trial: { name } }) => name)).not.toContain(edge.evidence[0]!.variant);
    if (winner !== leader) return;
    const better = entries.filter(
      ({ best }) =>
        best.verdict === leader.best.verdict &&
        !best.measurement.drifted &&
        !isClientBound(best.measurement) &&
        score(best.measurement.whole, leader.best.measurement.whole, goal.objectives) > 0,
    );
    if (better.length > 0)
      expect(verdict(ranking)).toMatch(/Tied with|preferred to|measured (once )?is better/);
  });
});

test('findings do not advise for and against the same', () => {
  holds((recorded, ranking) => {
    const found = findingsOf(recorded, ranking);
    const has = (rule: string): boolean => found.some((finding) => finding.rule === rule);
    const textOf = (rule: string): string => found.find((finding) => finding.rule === rule)?.text ?? '';
    expect(has('saturated') && has('look-further')).toBe(false);
    expect(has('no-batcher') && has('unfilled-batches')).toBe(false);
    if (has('good-default')) expect(ranking.decision.kind).toBe('keep');
    const edge = textOf('edge-of-range');
    if (edge.includes('instance_group')) expect(has('idle-instances')).toBe(false);
    if (edge.includes('max_batch_size')) expect(has('idle-batch-size')).toBe(false);
    if (has('idle-instances')) expect(has('memory-left')).toBe(false);
    // Less is enough for the one and decidedly worse for the other.
    const variantsOf = (rule: string): string[] =>
      (found.find((finding) => finding.rule === rule)?.evidence ?? []).map(({ variant }) => variant);
    const [better, worse] = variantsOf('decisive-setting');
    for (const idle of ['idle-instances', 'idle-batch-size', 'queue-delay']) {
      if (has(idle) && textOf('decisive-setting').includes('all else alike'))
        expect(variantsOf(idle)).not.toEqual([worse, better]);
    }
  });
});

test('what there is to choose from has the winner as it was decided for, and keeps every limit', () => {
  holds((_, ranking) => {
    const { cards } = verdictView(ranking);
    const decided = cards.filter(({ isDecided }) => isDecided);
    expect(decided.map(({ name }) => name)).toEqual(
      cards.length > 0 && ranking.winner ? [ranking.winner.trial.name] : [],
    );
    for (const card of cards.filter(({ isDecided }) => isDecided))
      expect(card.gain.startsWith('-')).toBe(false);
  });
});
