import { describe, expect, test } from 'vitest';
import { parametersOf } from '../../src/config/sweep.ts';
import { batchSizeOf, levelOf } from '../../src/record/load-point.ts';
import type { Ask, Search } from '../../src/search/search.ts';
import { buildSpace, type Candidate, type Space } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';
import { askAndTell, askOf, failed, measured, type Played, play, type Result } from '../support/slots.ts';

const label = ({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): string =>
  `${candidate.name} ${batchSizeOf(point)} ${levelOf(point)}`;

const works = ({ point }: Ask): Result =>
  measured(100 * levelOf(point), { perf_latency_p99: levelOf(point) });

/** What was asked for, without what is measured once more on purpose. */
const newOf = ({ told }: Played): string[] =>
  told.filter(({ ask }) => !ask.again).map(({ ask }) => label(ask));

/**
 * What every search promises, whatever it looks for. `play` holds it to what is promised of slots: no ask and no
 * configuration with two at once, nothing of a busy one, no waiting for nothing, an end for all.
 * @param limits the plan has a limit of the p99 latency, ms, that the larger loads break.
 */
export function searchContract(name: string, make: (space: Space) => Search, limits = false): void {
  const parameters = parametersOf({ max_batch_size: [1, 2, 4] }, () => undefined).parameters;
  const constraints = limits ? [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 5 }] : [];
  const spaceOf = (): Space =>
    buildSpace(plan({ parameters, constraints, concurrency: [1, 2, 4, 8] }), {
      name: 'm',
      max_batch_size: 9,
    });

  describe.each([
    [1, 1],
    [4, 1],
    [4, 2],
    [4, 3],
    [4, 4],
    [4, 5],
  ])(`${name} on %d slots, order %d`, (slots, seed) => {
    const go = (result: (ask: Ask) => Result = works, search = make(spaceOf())): Played =>
      play(search, result, { slots, seed });

    test('ends, and asks for no point twice', () => {
      const asked = newOf(go());
      expect(asked.length).toBeGreaterThan(0);
      expect(new Set(asked).size).toBe(asked.length);
    });

    test('asks the same again when told the same', () => {
      expect(go().told.map(({ ask }) => label(ask))).toEqual(go().told.map(({ ask }) => label(ask)));
    });

    test('gives work to more than one slot where there is more than one', () => {
      expect(go().together).toBeGreaterThanOrEqual(Math.min(slots, 2));
    });

    test('leaves a failed configuration and goes on with the others', () => {
      const asked = newOf(go((ask) => (ask.candidate.name === 'm_config_1' ? failed() : works(ask))));
      expect(asked.filter((text) => text.startsWith('m_config_1 '))).toHaveLength(1);
      expect(asked.some((text) => text.startsWith('m_config_2 '))).toBe(true);
    });

    test('leaves a configuration that went well, then broke', () => {
      const counts = new Map<Candidate, number>();
      const played = go((ask) => {
        const count = (counts.get(ask.candidate) ?? 0) + 1;
        counts.set(ask.candidate, count);
        return count === 2 ? failed() : works(ask);
      });
      for (const [, count] of counts) expect(count).toBeLessThanOrEqual(2);
      expect(new Set(newOf(played)).size).toBe(newOf(played).length);
      expect(counts.size).toBeGreaterThan(1);
    });

    test('goes on when the default failed', () => {
      const asked = newOf(go((ask) => (ask.candidate.isDefault ? failed() : works(ask))));
      expect(asked.filter((text) => text.startsWith('m_config_default '))).toHaveLength(1);
      expect(asked.length).toBeGreaterThan(2);
      expect(new Set(asked).size).toBe(asked.length);
    });

    test('goes on while nothing works, to the one that does', () => {
      // Each for a reason of its own: what fails alike over and over is another matter.
      const cause = ({ candidate }: Ask): string =>
        candidate.name.replace(/\d/g, (digit) => 'abcd'[Number(digit)]!);
      const asked = newOf(
        go((ask) => (ask.candidate.name === 'm_config_2' ? works(ask) : failed(false, cause(ask)))),
      );
      expect(asked.some((text) => text.startsWith('m_config_2 '))).toBe(true);
    });

    test('ends where nothing works at all', () => {
      expect(newOf(go(() => failed())).length).toBeLessThanOrEqual(4);
    });

    test('passes over what is illegal, for a reason that is told', () => {
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
      const names = new Set(go(works, make(illegal)).told.map(({ ask }) => ask.candidate.name));
      expect(names).toEqual(new Set(['m_config_default', 'm_config_2']));
    });

    test('asks for nothing more of what was dropped, also while it is being measured', () => {
      for (const after of [1, 2, 3, 5]) {
        const search = make(spaceOf());
        let dropped: Candidate | undefined;
        const onAsk = ({ candidate }: Ask): void => expect(candidate).not.toBe(dropped);
        let asks = 0;
        const dropsLatest = (ask: Ask): void => {
          onAsk(ask);
          if (++asks !== after) return;
          dropped = ask.candidate;
          // What is with a slot is told by it, and not given up.
          expect(
            search.drop(dropped).map((point) => label({ candidate: ask.candidate, point })),
          ).not.toContain(label(ask));
        };
        const { told } = play(search, works, { slots, seed, onAsk: dropsLatest });
        expect(told.length).toBeGreaterThan(1);
      }
    });

    test('asks again for what was withdrawn', () => {
      const search = make(spaceOf());
      const withdrawn: string[] = [];
      let turn = 0;
      const played = play(
        search,
        (ask) => {
          turn++;
          if (turn % 3 !== 0 || withdrawn.includes(label(ask))) return works(ask);
          withdrawn.push(label(ask));
          return { state: 'withdrawn' };
        },
        { slots, seed },
      );
      const taken = played.told.filter(({ outcome }) => outcome.state === 'measured');
      const again = withdrawn.filter((text) => taken.some(({ ask }) => label(ask) === text));
      // A search may have come to think otherwise of one or the other meanwhile.
      expect(again.length).toBeGreaterThanOrEqual(withdrawn.length / 2);
      const asked = taken.filter(({ ask }) => !ask.again).map(({ ask }) => label(ask));
      expect(new Set(asked).size).toBe(asked.length);
    });

    test('ends when little time is left, whenever that is', () => {
      for (const after of [0, 1, 3]) {
        const search = make(spaceOf());
        const before = (told: number): void => {
          if (told === after) search.wrapUp?.();
        };
        play(search, works, { slots, seed, before });
      }
    });
  });

  test(`${name} gives what is not told yet to no other slot, whatever the slot says of the others`, () => {
    const search = make(spaceOf());
    const first = askOf(search);
    const answer = search.ask({ busy: new Set() });
    if (answer !== 'wait' && answer !== 'done') expect(answer.candidate).not.toBe(first.candidate);
  });

  test(`${name} knows how much is left`, () => {
    const search = make(spaceOf());
    const before = search.remaining();
    askAndTell(search, measured(1, { perf_latency_p99: 1 }));
    expect(search.remaining()).toBeLessThan(before);
  });
}
