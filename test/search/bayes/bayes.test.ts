import { describe, expect, test } from 'vitest';
import { landscapeOf } from '../../../bench/search/landscape.ts';
import { byLook } from '../../../bench/search/noise.ts';
import { randomLandscape } from '../../../bench/search/random-landscape.ts';
import { replay } from '../../../bench/search/replay.ts';
import { PATIENCES, type Patience } from '../../../src/config/search-settings.ts';
import { levelOf } from '../../../src/record/load-point.ts';
import { bayesSearch } from '../../../src/search/bayes/bayes.ts';
import { budgetFor, ownBudget } from '../../../src/search/bayes/budget.ts';
import { type Ask, isAsk, type Outcome } from '../../../src/search/search.ts';
import { buildSpace } from '../../../src/space/space.ts';
import { searchContract } from '../../contract/search.ts';
import { plan } from '../../support/experiment.ts';
import { askAndTell, askOf, asksOf, failed, measured, play, type Result } from '../../support/slots.ts';

describe('as every search', () => {
  searchContract('bayes', (space) => bayesSearch(space));
  searchContract('bayes under a limit', (space) => bayesSearch(space), true);
});

const objectives = [{ tag: 'perf_throughput', weight: 1 }];
const limit = (value: number) => [{ tag: 'perf_latency_p99', bound: 'max' as const, value }];
const noise = byLook(0.02, 0.08);

describe('on a simulated server', () => {
  const rows = randomLandscape(3);
  const free = landscapeOf(rows, { objectives, constraints: [] });

  test.each([1, 4, 8])(
    'finds what is nearly the best of 451 points with a tenth of them, on %d slots',
    (slots) => {
      for (const seed of [1, 2, 3]) {
        const found = replay(free, bayesSearch(free.space), noise, seed, slots);
        expect(found.ratio).toBeGreaterThan(0.9);
        expect(found.measurements).toBeLessThanOrEqual(60);
      }
    },
  );

  test.each([1, 2, 4, 8])('ends by itself when what is left is not worth its time, on %d slots', (slots) => {
    const found = replay(free, bayesSearch(free.space), noise, 1, slots);
    expect(found.why).toBe('what is still to be gained is not worth its time');
  });

  test('the more patient it is the more it measures', () => {
    const total = (patience: Patience): number =>
      [1, 2, 3]
        .map((seed) => replay(free, bayesSearch(free.space, { ...ownBudget(), patience }), noise, seed))
        .reduce((sum, { measurements }) => sum + measurements, 0);
    const [quick, normal, thorough] = PATIENCES.map(total) as [number, number, number];
    expect(quick).toBeLessThan(normal);
    expect(normal).toBeLessThan(thorough);
  });

  test('says that its budget of measurements is used only when it is', () => {
    const found = replay(free, bayesSearch(free.space, budgetFor(9)), noise, 1);
    expect(found.why).toBe('its budget of 9 measurements is used');
    expect(found.measurements).toBe(9);
    // The last is kept for what it names, on a server of its own.
    const last = found.trace.at(-1)!;
    expect(last).toMatchObject({ again: 'afresh', candidate: { name: found.winner!.variant } });
  });

  test('what ends it where the user set no budget is not called his', () => {
    const search = bayesSearch(free.space, { ...budgetFor(9), because: '9 measurements did not decide it' });
    expect(replay(free, search, noise, 1).why).toBe('9 measurements did not decide it');
  });

  test('a budget that is just enough did not end it', () => {
    const { measurements } = replay(free, bayesSearch(free.space), noise, 1);
    const search = bayesSearch(free.space, budgetFor(measurements));
    const found = replay(free, search, noise, 1);
    expect(found.measurements).toBe(measurements);
    expect(found.why).toBe('what is still to be gained is not worth its time');
    expect(search.account()).not.toHaveProperty('ended');
  });

  test('says that its budget of configurations is used, and takes up no more', () => {
    const budget = { measurements: 35, variants: 2 };
    for (const slots of [1, 4, 8]) {
      const found = replay(free, bayesSearch(free.space, budget), noise, 1, slots);
      expect(found.why).toBe('its budget of 2 configurations is used');
      expect(new Set(found.trace.map(({ candidate }) => candidate)).size).toBe(2);
    }
  });

  test('what others measure now is not looked at again: slots are on configurations that are apart', () => {
    const search = bayesSearch(free.space);
    const result = ({ candidate, point }: Ask): Result => {
      const values = free.truth(candidate, point);
      return values ? { state: 'measured', values } : failed(true);
    };
    for (let count = 0; count < 6; count++) {
      const ask = askOf(search);
      search.tell(ask, { ...result(ask), started: true } as Outcome);
    }
    const asks = [1, 2, 3, 4].map(() => askOf(search));
    expect(new Set(asks.map(({ candidate }) => candidate)).size).toBe(4);
  });

  test('many slots begin with as many configurations, inside the space and with few and many in flight', () => {
    const search = bayesSearch(free.space);
    const asks = [1, 2, 3, 4, 5, 6, 7, 8].map(() => askOf(search));
    expect(new Set(asks.map(({ candidate }) => candidate)).size).toBe(8);
    const levels = asks.map(({ point }) => levelOf(point));
    expect(Math.min(...levels)).toBeGreaterThan(1);
    expect(Math.max(...levels)).toBeLessThan(1024);
    expect(new Set(levels).size).toBeGreaterThan(1);
  });

  test('what fails first does not lead the others to the least load', () => {
    const search = bayesSearch(free.space);
    const asks = [1, 2, 3, 4, 5, 6].map(() => askOf(search));
    search.tell(asks[2]!, { ...failed(true), started: true } as Outcome);
    expect(levelOf(askOf(search).point)).toBeGreaterThan(1);
  });

  test('no more than a third of the budget is begun before anything is known', () => {
    const search = bayesSearch(free.space, budgetFor(15));
    const asks = [1, 2, 3, 4, 5].map(() => askOf(search));
    expect(search.ask({ busy: new Set(asks.map(({ candidate }) => candidate)) })).toBe('wait');
  });

  test('while nothing keeps the limits, not all slots make sure of the least load', () => {
    const limited = landscapeOf(rows, { objectives, constraints: limit(40) });
    const search = bayesSearch(limited.space);
    const tell = (ask: Ask): void => {
      const values = limited.truth(ask.candidate, ask.point);
      search.tell(ask, {
        ...(values ? measured(values['perf_throughput']!, values) : failed(true)),
        started: true,
      } as Outcome);
    };
    for (const ask of [1, 2, 3, 4, 5, 6, 7, 8].map(() => askOf(search))) tell(ask);
    expect(search.best()).toBeUndefined();
    const answers = [1, 2, 3, 4].map(() => search.ask({ busy: new Set() }));
    const sure = answers.filter((answer) => isAsk(answer) && levelOf(answer.point) === 1);
    expect(sure.length).toBeLessThan(3);
  });

  test.each([
    [4, 0.75],
    [8, 0.65],
  ])('keeps most of %d slots at work until it lets them go', (slots, share) => {
    const busy = [1, 2, 3].map((seed) => replay(free, bayesSearch(free.space), noise, seed, slots).busy);
    expect(busy.reduce((sum, value) => sum + value, 0) / 3).toBeGreaterThan(share);
  });

  test('what it is told without having asked is no measurement in vain', () => {
    const search = bayesSearch(free.space, { measurements: 50, vain: 3 });
    const best = askAndTell(search, measured(1000));
    for (let look = 0; look < 5; look++)
      search.learn!(best, { state: 'measured', values: { perf_throughput: 1 }, started: true });
    for (let vain = 0; vain < 3; vain++) askAndTell(search, measured(1));
    expect(search.ask({ busy: new Set() })).toBe('done');
    expect(search.account().why).toBe('3 measurements in a row were not better than the best before');
  });

  test('keeps a limit', () => {
    const limited = landscapeOf(rows, { objectives, constraints: limit(1000) });
    for (const seed of [1, 2, 3]) {
      const found = replay(limited, bayesSearch(limited.space), noise, seed);
      expect(found.missed).toBeLessThan(0.05);
      expect(found.ratio).toBeGreaterThan(0.8);
    }
  });

  test('names what holds before what is worth many times more and breaks the limit', () => {
    const space = buildSpace(
      plan({
        search: { mode: 'bayes', seed: 0 },
        objectives,
        constraints: limit(100),
        concurrency: [1],
        parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: [1, 2, 3, 4, 5, 6, 8] }],
      }),
      { name: 'm', max_batch_size: 4 },
    );
    const search = bayesSearch(space);
    const sizeOf = ({ candidate }: Pick<Ask, 'candidate'>): number =>
      Number(candidate.models[0].config['max_batch_size']);
    const told = asksOf(search, (ask) =>
      measured(10 * 6 ** sizeOf(ask), { perf_latency_p99: sizeOf(ask) > 4 ? 102 : 60 }),
    );
    expect(told.some((ask) => sizeOf(ask) > 4)).toBe(true);
    expect(sizeOf(search.best!()!)).toBe(4);
  });

  test('goes on while nothing keeps the limits, to where only the least load does', () => {
    const lone = randomLandscape(305, { batching: false });
    const least = Math.min(...lone.flatMap(({ values }) => values['perf_latency_p99'] ?? []));
    const limited = landscapeOf(lone, { objectives, constraints: limit(1.3 * least) });
    for (const seed of [1, 2, 3]) {
      const found = replay(limited, bayesSearch(limited.space), noise, seed);
      expect(found.winner?.level).toBe(1);
      expect(found.ratio).toBeGreaterThan(0.95);
    }
  });

  test('begins inside the space, where a configuration most likely fits', () => {
    const { trace } = replay(free, bayesSearch(free.space), noise, 1);
    const first = [...new Set(trace.slice(0, 5).map(({ candidate }) => candidate))];
    expect(
      first.map(({ models: [{ assignment }] }) => Object.values(assignment).slice(0, 2).join(' ')),
    ).toEqual([expect.stringMatching(/^default/), '2:GPU 2', '3:GPU 8', '4:GPU 16']);
  });

  test('names nothing where nothing keeps the limits', () => {
    const impossible = landscapeOf(rows, { objectives, constraints: limit(0.001) });
    const search = bayesSearch(impossible.space);
    const { winner, trace } = replay(impossible, search, noise, 1);
    expect(winner).toBeUndefined();
    expect(trace.filter(({ again }) => again === 'afresh')).toEqual([]);
  });

  test.each([undefined, 0.6])('the winner was measured on two servers at least (limit %s)', (share) => {
    const value = (share ?? 0) * free.optimum!.values['perf_latency_p99']!;
    const landscape = landscapeOf(rows, { objectives, constraints: share === undefined ? [] : limit(value) });
    const { trace, winner } = replay(landscape, bayesSearch(landscape.space), noise, 4);
    const own = trace.filter(
      ({ candidate, point }) => candidate.name === winner?.variant && levelOf(point) === winner.level,
    );
    // A look on the server that runs counts, where that was started anew for another load.
    expect(own.length).toBeGreaterThan(1);
  });

  test('when little time is left only the best is measured again', () => {
    const search = bayesSearch(free.space);
    const result = ({ candidate, point }: Ask): Result => {
      const values = free.truth(candidate, point);
      return values ? { state: 'measured', values } : failed(true);
    };
    const before = (told: number): void => {
      if (told === 4) search.wrapUp!();
    };
    const { told } = play(search, result, { before });
    const rest = told.slice(4).map(({ ask }) => ask);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.filter(({ again }) => !again)).toEqual([]);
    expect(search.best()).toBeDefined();
    expect(search.account().why).toBe('little of its time was left');
  });

  test('the same answers lead to the same questions', () => {
    const asks = (): string[] =>
      replay(free, bayesSearch(free.space), noise, 5).trace.map(
        ({ candidate, point }) => `${candidate.name} ${levelOf(point)}`,
      );
    expect(asks()).toEqual(asks());
  });
});

describe('beside another slot', () => {
  const space = buildSpace(
    plan({
      automatic: undefined,
      concurrency: [1, 2, 4, 8],
      parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: [1, 2, 4, 8, 16, 32] }],
    }),
    { name: 'm', max_batch_size: 3 },
  );

  test('a configuration that is being measured elsewhere is not asked for', () => {
    const search = bayesSearch(space);
    const first = askOf(search);
    const second = askOf(search, { busy: new Set([first.candidate]) });
    expect(second.candidate).not.toBe(first.candidate);
    // What is not told yet is with somebody, whatever the slot says of the others.
    expect([first.candidate, second.candidate]).not.toContain(askOf(search).candidate);
  });

  test('what is dropped is not asked for, and its points are answered', () => {
    const search = bayesSearch(space);
    const { candidate } = askAndTell(search, measured(10));
    expect(search.drop(candidate)).toHaveLength(3);
    const asked = asksOf(search, () => measured(10));
    expect(asked.some((ask) => ask.candidate === candidate)).toBe(false);
  });
});
