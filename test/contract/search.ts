import { expect, test } from 'vitest';
import { parametersOf } from '../../src/config/sweep.ts';
import { levelOf } from '../../src/record/load-point.ts';
import type { Ask, Search } from '../../src/search/search.ts';
import { buildSpace, type Space } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

/** What every search promises, whatever it looks for. */
export function searchContract(name: string, make: (space: Space) => Search): void {
  const parameters = parametersOf({ max_batch_size: [1, 2, 4] }, () => undefined).parameters;
  const space = (): Space =>
    buildSpace(plan({ parameters, concurrency: [1, 2, 4, 8] }), { name: 'm', max_batch_size: 9 });
  const label = ({ candidate, point }: Ask): string =>
    `${candidate.name} ${point.batchSize} ${point.concurrency}`;
  /** What was asked for, without what is measured once more on purpose. */
  const play = (search: Search, fail: (ask: Ask) => boolean = () => false): string[] => {
    const asked: string[] = [];
    let asks = 0;
    for (let ask = search.ask(); ask; ask = search.ask()) {
      if (!ask.again) asked.push(label(ask));
      expect(++asks).toBeLessThan(1000);
      const values = {
        perf_throughput: 100 * levelOf(ask.point),
        perf_latency_p99: levelOf(ask.point),
      };
      search.tell(
        ask,
        fail(ask)
          ? { state: 'failed', kind: 'other', cause: 'it broke', wantsRoom: false }
          : { state: 'measured', values },
      );
    }
    return asked;
  };

  test(`${name} ends, and asks for no point twice`, () => {
    const asked = play(make(space()));
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test(`${name} asks the same again when told the same`, () => {
    expect(play(make(space()))).toEqual(play(make(space())));
  });

  test(`${name} repeats an ask that was not answered`, () => {
    const search = make(space());
    expect(label(search.ask()!)).toBe(label(search.ask()!));
  });

  test(`${name} leaves a failed configuration and goes on with the others`, () => {
    const asked = play(make(space()), (ask) => ask.candidate.name === 'm_config_1');
    expect(asked.filter((text) => text.startsWith('m_config_1 '))).toHaveLength(1);
    expect(asked.some((text) => text.startsWith('m_config_2 '))).toBe(true);
  });

  test(`${name} passes over what is illegal, for a reason that is told`, () => {
    const preferring = parametersOf(
      { max_batch_size: [1, 2, 4], dynamic_batching: { preferred_batch_size: [[4]] } },
      () => undefined,
    ).parameters;
    const illegal = buildSpace(plan({ parameters: preferring, concurrency: [1, 2, 4, 8] }), {
      name: 'm',
      max_batch_size: 9,
    });
    expect(illegal.skipped.map(({ candidate, reason }) => `${candidate.name}: ${reason}`)).toEqual([
      'm_config_0: preferred_batch_size 4 exceeds max_batch_size 1',
      'm_config_1: preferred_batch_size 4 exceeds max_batch_size 2',
    ]);
    const asked = new Set(play(make(illegal)).map((text) => text.split(' ')[0]));
    expect(asked).toEqual(new Set(['m_config_default', 'm_config_2']));
  });

  test(`${name} goes on when the default failed`, () => {
    const asked = play(make(space()), ({ candidate }) => candidate.isDefault);
    expect(asked.filter((text) => text.startsWith('m_config_default '))).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(2);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test(`${name} goes on while nothing works, to the one that does`, () => {
    const names = new Set<string>();
    play(make(space()), ({ candidate }) => {
      names.add(candidate.name);
      return candidate.name !== 'm_config_2';
    });
    expect(names).toContain('m_config_2');
  });

  test(`${name} leaves a configuration that went well, then broke`, () => {
    const counts = new Map<string, number>();
    const asked = play(make(space()), ({ candidate }) => {
      const count = (counts.get(candidate.name) ?? 0) + 1;
      counts.set(candidate.name, count);
      return count === 2;
    });
    for (const [, count] of counts) expect(count).toBeLessThanOrEqual(2);
    expect(new Set(asked).size).toBe(asked.length);
    expect(counts.size).toBeGreaterThan(1);
  });

  test(`${name} knows how much is left`, () => {
    const search = make(space());
    const before = search.remaining();
    search.tell(search.ask()!, { state: 'measured', values: { perf_throughput: 1 } });
    expect(search.remaining()).toBeLessThan(before);
  });
}
