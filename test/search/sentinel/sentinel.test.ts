import { describe, expect, test } from 'vitest';
import { inFlight, levelOf } from '../../../src/record/load-point.ts';
import { bayesSearch } from '../../../src/search/bayes/bayes.ts';
import { bruteSearch } from '../../../src/search/brute.ts';
import { withFailureMemory } from '../../../src/search/failure-memory.ts';
import { quickSearch } from '../../../src/search/quick.ts';
import { type Ask, altered, isAsk, type Outcome, type Search } from '../../../src/search/search.ts';
import { searchedSpace, searchFor } from '../../../src/search/search-for.ts';
import type { SentinelSettings } from '../../../src/search/sentinel/lookout.ts';
import { type WatchedSearch, withSentinel } from '../../../src/search/sentinel/sentinel.ts';
import { buildSpace, type Candidate, type Space } from '../../../src/space/space.ts';
import { randomSource, standardNormal } from '../../../src/statistics/random-source.ts';
import { searchContract } from '../../contract/search.ts';
import { plan } from '../../support/experiment.ts';

/** A search whose outcomes are told with their times: a minute for each measurement. */
function timed(search: Search): Search {
  let atMs = 0;
  return altered(search, {
    tell(ask, outcome) {
      atMs += 60_000;
      const seconds = { start: outcome.started ? 20 : 0, look: 40 };
      search.tell(
        ask,
        outcome.state === 'measured' ? { ...outcome, atMs, seconds } : { ...outcome, seconds },
      );
    },
  });
}

const OFTEN: SentinelSettings = { minutes: 2, share: 0.5 };
const watched = (make: (space: Space) => Search) => (space: Space) =>
  timed(withSentinel(withFailureMemory(make(space), space), space, OFTEN));

describe('as every search', () => {
  searchContract('brute with a sentinel', watched(bruteSearch));
  searchContract('bayes with a sentinel', watched(bayesSearch), true);
  searchContract(
    'quick with a sentinel',
    watched((space) =>
      quickSearch({
        ...space,
        automatic: {
          instanceCounts: [1],
          batchSizes: [1, 2, 4],
          propose: (_count, size) =>
            space.candidates.find(({ models: [{ config }] }) => config['max_batch_size'] === size)!,
        },
      }),
    ),
  );
  searchContract(
    'optuna with a sentinel',
    watched((space) => {
      const own = { ...space, plan: { ...space.plan, search: { mode: 'optuna' as const, seed: 0 } } };
      return searchFor({ ...searchedSpace(own), candidates: space.candidates, pointsOf: space.pointsOf });
    }),
  );
});

const MINUTE = 60_000;
const BATCHES = Array.from({ length: 12 }, (_, index) => index + 1);
const LOADS = [1, 2, 4, 8, 16];
const spaceOf = (mode: 'brute' | 'bayes', maxMeasurements?: number, concurrency = LOADS): Space =>
  buildSpace(
    plan({
      search: { mode, seed: 0, ...(maxMeasurements !== undefined && { maxMeasurements }) },
      concurrency,
      parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: BATCHES }],
    }),
    { name: 'm', max_batch_size: 4 },
  );

/** What is true of a point as long as the machine is as it was: an execution takes 1 ms, and 0.2 ms for each inference in it. */
const truth = ({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): number => {
  const batch = Math.min(levelOf(point), Number(candidate.models[0].config['max_batch_size']));
  return (1000 * batch) / (1 + 0.2 * batch);
};
const BEST = 12_000 / 3.4;

interface Told {
  readonly ask: Ask;
  readonly atMs: number;
  readonly throughput: number;
}

interface Ran {
  readonly search: WatchedSearch;
  readonly told: readonly Told[];
  readonly seconds: number;
  readonly looksS: number;
}

/** One slot on a machine that is so many times as fast as usual at each moment; 10 s a start, 20 s a measurement. */
function ran(
  space: Space,
  speed: (atMs: number) => number,
  {
    sd = 0.02,
    seed = 1,
    minutes = 5,
    share,
    others,
    idle,
    does = truth,
    ofDefault = 0,
    fails = () => false,
  }: {
    sd?: number;
    seed?: number;
    minutes?: number;
    share?: number;
    others?: (atMs: number, ask: Ask) => number;
    idle?: number;
    does?: typeof truth;
    /** How far the default scatters from look to look besides. */
    ofDefault?: number;
    fails?: (ask: Ask, atMs: number) => boolean;
  } = {},
  searches: Search = searchFor(searchedSpace(space)),
): Ran {
  const seen = searchedSpace(space);
  const search = withSentinel(withFailureMemory(searches, seen), seen, {
    minutes,
    ...(share !== undefined && { share }),
  });
  const random = randomSource(seed);
  const half = sd * Math.SQRT1_2;
  const told: Told[] = [];
  let [nowMs, looksS, ofStart] = [0, 0, 0];
  let on: Candidate | undefined;
  for (;;) {
    const ask = search.ask({ on, busy: new Set() });
    if (!isAsk(ask)) break;
    const started = on !== ask.candidate || ask.again === 'afresh';
    if (started) ofStart = half * standardNormal(random);
    const start = started ? 10 : 0;
    const atMs = nowMs + start * 1000;
    nowMs = atMs + 20_000;
    on = ask.candidate;
    const own = ask.candidate.isDefault ? ofDefault * standardNormal(random) : 0;
    const throughput = does(ask) * speed(atMs) * Math.exp(own + ofStart + half * standardNormal(random));
    const values = {
      perf_throughput: throughput,
      perf_latency_avg: (1000 * levelOf(ask.point)) / throughput,
    };
    if (fails(ask, atMs)) {
      search.tell(ask, { state: 'failed', started, kind: 'crashed', cause: 'it crashed', wantsRoom: false });
      on = undefined;
      continue;
    }
    if (ask.sentinel) looksS += start + 20;
    told.push({ ask, atMs, throughput });
    const outcome: Outcome = {
      ...{ state: 'measured', started, seconds: { start, look: 20 }, atMs, values },
      deviations: { perf_throughput: half, perf_latency_avg: half },
      ...(others && {
        witness: {
          held: false,
          othersShare: others(atMs, ask),
          ...(idle !== undefined && { idleShare: idle }),
        },
      }),
    };
    search.tell(ask, outcome);
  }
  return { search, told, seconds: nowMs / 1000, looksS };
}

const shiftsOf = ({ search }: Ran): string[] =>
  search.drift()?.shifts.map(({ by }) => `${Math.round(by * 100)} %`) ?? [];
const words = ({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): string =>
  `${candidate.name} ${levelOf(point)}`;
const always = () => 1;

describe('where the machine is the same', () => {
  test('a grid is visited point by point, with looks between that take less than 5 % of the time', () => {
    const { told, looksS, seconds, search } = ran(spaceOf('brute'), always);
    const plain = ran(spaceOf('brute'), always, { minutes: 0 });
    expect(told.filter(({ ask }) => !ask.sentinel).map(({ ask }) => words(ask))).toEqual(
      plain.told.map(({ ask }) => words(ask)),
    );
    const looks = told.filter(({ ask }) => ask.sentinel);
    expect(looks.length).toBeGreaterThanOrEqual(2);
    expect(new Set(looks.map(({ ask }) => words(ask)))).toEqual(new Set(['m_config_default 4']));
    expect(looksS / seconds).toBeLessThanOrEqual(0.05);
    expect(search.drift()).toMatchObject({ shifts: [], again: 0, looks: looks.length + 1 });
    expect(search.drift()!.drifted.size).toBe(0);
  });

  test('what looks measure the search learns, too', () => {
    const space = spaceOf('bayes');
    const heard: Ask[] = [];
    const search = altered(bruteSearch(space), {
      learn: (ask) => void heard.push(ask),
    });
    const { told } = ran(space, always, {}, search);
    expect(heard).toEqual(told.map(({ ask }) => ask).filter(({ sentinel }) => sentinel));
    expect(heard.length).toBeGreaterThanOrEqual(2);
  });

  test('a shift is cried in less than one of 50 runs at usual noise', () => {
    const runs = Array.from({ length: 100 }, (_, seed) =>
      ran(spaceOf('brute'), always, { sd: 0.05, seed: seed + 1 }),
    );
    expect(runs.filter((run) => shiftsOf(run).length > 0).length).toBeLessThanOrEqual(2);
    const shares = runs.map(({ looksS, seconds }) => looksS / seconds);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThanOrEqual(0.05);
  });

  test('a short run pays nothing, and one that is told no times, or not to look, neither', () => {
    const short = ran(spaceOf('brute', 5), always);
    expect(short.told.some(({ ask }) => ask.sentinel)).toBe(false);
    expect(short.search.drift()).toBeUndefined();
    expect(ran(spaceOf('brute'), always, { minutes: 0 }).search.drift()).toBeUndefined();
  });

  test('a budget of measurements holds, looks and what is measured again included', () => {
    for (const mode of ['brute', 'bayes'] as const) {
      for (const most of [25, 40]) {
        const half = (atMs: number): number => (atMs > 6 * MINUTE ? 0.6 : 1);
        const { told, search } = ran(spaceOf(mode, most), half);
        expect(told.length).toBeLessThanOrEqual(most);
        if (told.length === most) expect(search.account().ended).toBe('measurements');
      }
    }
  });
});

/** A search that is in doubt about one configuration all through, as about one whose p99 lies at its limit. */
const doubting = (space: Space, isOut = () => false): Search => {
  const point = inFlight('m', 16);
  const best = space.candidates.find(({ models: [{ config }] }) => config['max_batch_size'] === 12)!;
  const base = space.candidates.find(({ isDefault }) => isDefault)!;
  let asked = 0;
  return altered(bruteSearch(space), {
    ask: () => {
      asked++;
      if (asked === 1) return { candidate: base, point: space.pointsOf(base)[0]! };
      const candidate = isOut() ? space.candidates.find((other) => other !== best && other !== base)! : best;
      return asked > 60 ? 'done' : { candidate, point, again: 'afresh' };
    },
  });
};

describe('a default that scatters by 25 % from look to look, where others scatter by 5 %', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);
  const runs = (speed: (atMs: number) => number): Ran[] =>
    seeds.map((seed) => {
      const space = spaceOf('brute');
      const noise = { seed, sd: 0.05, ofDefault: 0.25, minutes: 2, share: 0.15 };
      return ran(space, speed, noise, doubting(space));
    });

  test('no change of the machine is told, and the steadier point is looked at instead', () => {
    const all = runs(always);
    expect(all.filter((run) => shiftsOf(run).length > 0)).toEqual([]);
    for (const { search, told } of all) {
      expect(search.drift()!.sentinel.candidate.isDefault).toBe(false);
      expect(search.drift()!.drifted.size).toBe(0);
      expect(told.length).toBeLessThan(60 + 15);
    }
  });

  test.each([
    [8, 30],
    [14, 28],
    [20, 34],
    [24, 35],
  ])('a step of 30 %% after %d minutes is found all the same, where it is, in %d of 40 runs', (at, least) => {
    const right = runs((atMs) => (atMs > at * MINUTE ? 0.7 : 1)).filter(({ search }) => {
      const [shift, ...more] = search.drift()?.shifts ?? [];
      if (!shift || more.length > 0 || Math.abs(shift.by + 0.3) > 0.1) return false;
      return Math.abs(shift.fromMs / MINUTE - at) <= 3 && Math.abs(shift.untilMs / MINUTE - at) <= 3;
    });
    expect(right.length).toBeGreaterThanOrEqual(least);
  });
});

describe('where the steadier sentinel fails', () => {
  /** It does so from this minute on; the search goes on with another configuration then. */
  const failing = (from: number, speed: (atMs: number) => number): Ran => {
    let isOut = false;
    const space = spaceOf('brute');
    const fails = ({ candidate }: Ask, atMs: number): boolean => {
      const isFailure = candidate.models[0].config['max_batch_size'] === 12 && atMs > from * MINUTE;
      isOut ||= isFailure;
      return isFailure;
    };
    const search = doubting(space, () => isOut);
    const noise = { seed: 3, sd: 0.05, ofDefault: 0.25, minutes: 2, share: 0.15 };
    return ran(space, speed, { ...noise, fails }, search);
  };

  test('looks go on at the first one', () => {
    const { told, search } = failing(20, always);
    const looks = told.filter(({ ask }) => ask.sentinel);
    // What the search itself measures again and again is the sentinel by then, and needs no looks of its own.
    expect(looks.filter(({ atMs }) => atMs > 15 * MINUTE && atMs < 20 * MINUTE)).toEqual([]);
    expect(looks.at(-1)!.ask.candidate.isDefault).toBe(true);
    expect(looks.at(-1)!.atMs).toBeGreaterThan(25 * MINUTE);
    expect(search.drift()!.sentinel.candidate.isDefault).toBe(true);
  });

  test('a change that it showed stays told', () => {
    const run = failing(26, (atMs) => (atMs > 14 * MINUTE ? 0.7 : 1));
    expect(shiftsOf(run)).toHaveLength(1);
    expect(run.search.drift()!.shifts[0]!.by).toBeCloseTo(-0.3, 1);
    expect(run.search.drift()!.sentinel.candidate.isDefault).toBe(false);
  });
});

describe('a leader that is measured again and again in the end', () => {
  test('is no better sentinel than one that showed a step', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const space = spaceOf('brute');
      const brute = bruteSearch(space);
      const best = space.candidates.find(({ models: [{ config }] }) => config['max_batch_size'] === 12)!;
      let confirmed = 0;
      const search = altered(brute, {
        ask: (at) => {
          const answer = brute.ask(at);
          if (answer !== 'done') return answer;
          return ++confirmed > 8 ? 'done' : { candidate: best, point: inFlight('m', 16), again: 'afresh' };
        },
      });
      const run = ran(space, (atMs) => (atMs > 12 * MINUTE ? 0.7 : 1), { seed }, search);
      expect(shiftsOf(run), String(seed)).toHaveLength(1);
      expect(run.search.drift()!.sentinel.candidate.isDefault).toBe(true);
    }
  });
});

describe('where it is not', () => {
  const step = (by: number) => (atMs: number) => (atMs > 12 * MINUTE ? by : 1);

  test('a step that stays: what matters is measured again in the new state, all of before is marked', () => {
    const run = ran(spaceOf('brute'), step(0.7));
    expect(shiftsOf(run)).toHaveLength(1);
    const { shifts, drifted, again } = run.search.drift()!;
    expect(shifts[0]!.by).toBeCloseTo(-0.3, 1);
    expect(shifts[0]!.fromMs).toBeLessThanOrEqual(12 * MINUTE);
    expect(shifts[0]!.untilMs).toBeGreaterThan(12 * MINUTE);
    expect(again).toBeGreaterThan(0);
    for (const { ask, atMs } of run.told) {
      if (atMs <= 12 * MINUTE) expect(drifted.get(ask)).toBeGreaterThan(0.2);
      if (atMs > shifts[0]!.untilMs) expect(drifted.has(ask)).toBe(false);
    }
    // The best of what is not marked is as good as the best there is.
    const clean = run.told.filter(({ ask }) => !drifted.has(ask));
    const best = clean.reduce((a, b) => (b.throughput > a.throughput ? b : a));
    expect(truth(best.ask)).toBeGreaterThan(0.97 * BEST);
    expect(clean.some(({ ask }) => ask.candidate.isDefault)).toBe(true);
  });

  test('a step up likewise: no figure of the slow machine is held against one of the fast one', () => {
    const run = ran(spaceOf('brute'), step(1.4));
    const { drifted } = run.search.drift()!;
    const clean = run.told.filter(({ ask }) => !drifted.has(ask));
    const best = clean.reduce((a, b) => (b.throughput > a.throughput ? b : a));
    expect(truth(best.ask)).toBeGreaterThan(0.97 * BEST);
    expect(clean.every(({ atMs }) => atMs > 12 * MINUTE)).toBe(true);
  });

  test('a hog that goes away: what was measured beside it is marked, and measured again where it matters', () => {
    const hog = (atMs: number): number => (atMs > 9 * MINUTE && atMs < 17 * MINUTE ? 0.6 : 1);
    const run = ran(spaceOf('brute'), hog);
    const { drifted, shifts } = run.search.drift()!;
    expect(shifts.map(({ by }) => Math.sign(by))).toEqual([-1, 1]);
    for (const { ask, atMs } of run.told) {
      if (atMs > 9 * MINUTE && atMs < 17 * MINUTE) expect(drifted.has(ask)).toBe(true);
    }
    const clean = run.told.filter(({ ask }) => !drifted.has(ask));
    const best = clean.reduce((a, b) => (b.throughput > a.throughput ? b : a));
    expect(truth(best.ask)).toBeGreaterThan(0.97 * BEST);
    // Most was measured on the machine as it is again.
    expect(clean.length).toBeGreaterThan(run.told.length / 3);
  });

  describe('a small run of configurations that do as well with 4 requests in flight as with more', () => {
    const small = buildSpace(
      plan({
        search: { mode: 'brute', seed: 0 },
        concurrency: [1, 4, 8],
        parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: BATCHES.slice(0, 8) }],
      }),
      { name: 'm', max_batch_size: 4 },
    );
    const points = 27;
    const does = ({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): number => {
      const size = Number(candidate.models[0].config['max_batch_size']);
      const of = candidate.isDefault ? 0.8 : 1 + 0.05 * ((size * 5) % 13);
      return 100 * of * (levelOf(point) === 1 ? 0.7 : levelOf(point) === 4 ? 1 : 0.99);
    };
    const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
    const runs = (by: number): Ran[] =>
      seeds.map((seed) =>
        ran(small, (atMs) => (atMs > 6.3 * MINUTE ? by : 1), {
          ...{ does, seed, sd: 0.03, minutes: 2, share: 0.1 },
        }),
      );
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;

    // All loads of each rival measured again would be 7.8 and 6.6 points, and no better in the end.
    test.each([
      [1.27, 5],
      [0.75, 5],
    ])('one that comes to be %f times as fast measures %d points again at most', (by, most) => {
      const all = runs(by);
      expect(mean(all.map(({ search }) => search.drift()!.again))).toBeLessThanOrEqual(most);
      expect(mean(all.map(({ told }) => told.length))).toBeLessThanOrEqual(points + 9);
      const worths = all.map(({ told, search }) => {
        const { drifted } = search.drift()!;
        const clean = told.filter(({ ask }) => !drifted.has(ask));
        return does(clean.reduce((a, b) => (b.throughput > a.throughput ? b : a)).ask) / 160;
      });
      expect(mean(worths)).toBeGreaterThan(0.98);
    });
  });

  describe('a program that takes the CPU for a while', () => {
    const isThere = (atMs: number): boolean => atMs > 9 * MINUTE && atMs < 17 * MINUTE;
    const others = (atMs: number): number => (isThere(atMs) ? 0.7 : 0.05);
    /** The sentinel, the default, is held up little. */
    const told = (run: Ran) => run.told.filter(({ atMs }) => isThere(atMs));

    test('what was measured beside it is marked, though the sentinel hardly feels it', () => {
      const run = ran(spaceOf('brute'), (atMs) => (isThere(atMs) ? 0.97 : 1), { others });
      const { drifted, shifts, again, complete } = run.search.drift()!;
      expect(shifts.length).toBeGreaterThan(0);
      for (const { ask } of told(run)) expect(drifted.has(ask)).toBe(true);
      expect(again).toBeGreaterThan(0);
      expect(complete).toBe(true);
      const clean = run.told.filter(({ ask }) => !drifted.has(ask));
      const best = clean.reduce((a, b) => (b.throughput > a.throughput ? b : a));
      expect(truth(best.ask)).toBeGreaterThan(0.97 * BEST);
    });

    test('where it comes and goes between two looks, too', () => {
      const one = (atMs: number): boolean => atMs > 9 * MINUTE && atMs < 9.4 * MINUTE;
      const run = ran(spaceOf('brute'), (atMs) => (one(atMs) ? 0.6 : 1), {
        others: (atMs) => (one(atMs) ? 0.7 : 0.05),
      });
      const { drifted, shifts } = run.search.drift()!;
      expect(shifts).toEqual([]);
      const beside = run.told.filter(({ atMs }) => one(atMs));
      expect(beside.length).toBeGreaterThan(0);
      expect([...drifted.keys()]).toEqual(beside.map(({ ask }) => ask));
      expect([...drifted.values()]).toEqual(beside.map(() => 0));
    });

    test('one that stays is what the verdict is about', () => {
      const run = ran(spaceOf('brute'), (atMs) => (atMs > 15 * MINUTE ? 0.8 : 1), {
        others: (atMs) => (atMs > 15 * MINUTE ? 0.5 : 0.05),
      });
      const { drifted, complete } = run.search.drift()!;
      expect(complete).toBe(true);
      expect(run.told.filter(({ ask }) => !drifted.has(ask)).every(({ atMs }) => atMs > 15 * MINUTE)).toBe(
        true,
      );
    });

    test('one that takes whatever the server leaves makes no machine another', () => {
      const rest = (_: number, { candidate }: Ask): number => (candidate.isDefault ? 0.45 : 0.1);
      const full = ran(spaceOf('brute'), always, { others: rest, idle: 0.01 });
      expect(full.search.drift()).toMatchObject({ shifts: [], again: 0 });
      expect(full.search.drift()!.drifted.size).toBe(0);
    });

    test('shares that differ little change nothing', () => {
      const little = ran(spaceOf('brute'), always, { others: (atMs) => (isThere(atMs) ? 0.25 : 0.05) });
      expect(little.search.drift()).toMatchObject({ shifts: [], again: 0 });
    });
  });

  test('steps of 30, 15 and 10 %, and a ramp, in how many of 25 runs of an hour', () => {
    const long = [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24];
    const found = (speed: (atMs: number) => number, sd: number): number =>
      Array.from({ length: 25 }, (_, seed) =>
        ran(spaceOf('brute', undefined, long), speed, { sd, seed: seed + 1 }),
      ).filter((run) => shiftsOf(run).length > 0).length;
    const stepAt = (by: number) => (atMs: number) => (atMs > 26 * MINUTE ? by : 1);
    const ramp = (atMs: number): number => 1 - (0.3 * Math.min(atMs, 52 * MINUTE)) / (52 * MINUTE);
    expect(found(stepAt(0.7), 0.05)).toBeGreaterThanOrEqual(25);
    expect(found(ramp, 0.02)).toBeGreaterThanOrEqual(23);
    expect(found(ramp, 0.05)).toBeGreaterThanOrEqual(12);
    expect(found(stepAt(0.85), 0.02)).toBe(25);
    // Five looks in the hour are few for 15 % at usual noise, and for 10 %.
    expect(found(stepAt(0.85), 0.05)).toBeGreaterThanOrEqual(4);
    expect(found(stepAt(0.9), 0.02)).toBeGreaterThanOrEqual(3);
  });

  test("tma's own search goes on in the new state, and names what is good there", () => {
    for (const by of [0.7, 1.4]) {
      const run = ran(spaceOf('bayes'), (atMs) => (atMs > 100_000 ? by : 1), { minutes: 1, share: 0.5 });
      const belief = run.search.belief?.();
      const { drifted } = run.search.drift()!;
      expect(drifted.size).toBeGreaterThan(0);
      expect(truth(belief!)).toBeGreaterThan(0.95 * BEST);
      expect(belief!.value! / by).toBeGreaterThan(0.9 * truth(belief!));
      expect(belief!.value! / by).toBeLessThan(1.1 * truth(belief!));
    }
  });

  test('the same outcomes lead to the same asks', () => {
    const hog = (atMs: number): number => (atMs > 9 * MINUTE && atMs < 17 * MINUTE ? 0.6 : 1);
    const asks = (): string[] => ran(spaceOf('bayes'), hog, { minutes: 3 }).told.map(({ ask }) => words(ask));
    expect(asks()).toEqual(asks());
  });
});
