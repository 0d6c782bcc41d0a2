import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { bayesSearch } from '../../src/search/bayes/bayes.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { isLarger, withFailureMemory } from '../../src/search/failure-memory.ts';
import type { Ask, Outcome } from '../../src/search/search.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { askAndTell, askOf, asksOf, measured, play, type Result } from '../support/slots.ts';

const group = (count: number, kind = 'KIND_GPU') => [{ kind, count }];
const parameter = (path: string, values: unknown[]) => ({ path, segments: path.split('.'), values });
const base: ModelConfig = { name: 'm', max_batch_size: 2, instance_group: group(1) as never };
const failed = (wantsRoom: boolean, cause = 'it is full'): Result => ({
  state: 'failed',
  kind: wantsRoom ? 'out of GPU memory' : 'config rejected',
  cause,
  wantsRoom,
});
const works: Result = measured(1);

const setUp = () => {
  const space = buildSpace(
    plan({
      concurrency: [1, 2],
      parameters: [
        parameter('max_batch_size', [2, 8]),
        parameter('instance_group', [group(2), group(4), group(4, 'KIND_CPU')]),
      ],
    }),
    base,
  );
  return { space, search: withFailureMemory(bruteSearch(space), space) };
};

describe('as every search', () => {
  searchContract('brute that remembers', (space) => withFailureMemory(bruteSearch(space), space));
  searchContract('bayes that remembers', (space) => withFailureMemory(bayesSearch(space), space), true);
});

describe('what failures teach', () => {
  test('a default that fails ends nothing by itself', () => {
    const { search, space } = setUp();
    askAndTell(search, failed(false));
    expect(search.givenUp()).toEqual([]);
    const left = space.candidates.slice(1).flatMap(space.pointsOf);
    expect(search.remaining()).toBe(left.length);
    expect(asksOf(search, () => works)).toHaveLength(left.length);
    expect(search.account().why).toBe('');
  });

  test('a default that runs out of room rules out larger ones and leaves smaller ones', () => {
    const large = { ...base, max_batch_size: 4, instance_group: group(8) as never };
    const space = buildSpace(
      plan({
        parameters: [
          parameter(
            'instance_group',
            [1, 2, 16].map((count) => group(count)),
          ),
        ],
      }),
      large,
    );
    const search = withFailureMemory(bruteSearch(space), space);
    askAndTell(search, failed(true));
    expect(search.givenUp()).toMatchObject([
      { candidate: { models: [{ assignment: { instance_group: group(16) } }] } },
    ]);
    expect(askAndTell(search, failed(true)).candidate.models[0].assignment).toEqual({
      instance_group: group(1),
    });
    play(search, () => failed(true));
    expect(search.account().why).toBe('nothing that was tried works');
  });

  test('what concerns every configuration ends the search, for that reason', () => {
    const { search } = setUp();
    askAndTell(search, {
      state: 'failed',
      kind: 'model control off',
      cause: 'no',
      wantsRoom: false,
      concernsAll: true,
    });
    expect(search.ask({ busy: new Set() })).toBe('done');
    expect(search.remaining()).toBe(0);
    const reason = 'every configuration would meet what m_config_default failed of: model control off';
    expect(search.givenUp().map((item) => item.reason)).toEqual(Array(6).fill(reason));
    expect(search.account().why).toBe(reason);
  });

  test('where nothing works, what has nothing new is not tried; another kind of instances is', () => {
    const gpu7 = [{ kind: 'KIND_GPU', gpus: [7] }];
    const space = buildSpace(
      plan({
        parameters: [
          parameter('max_batch_size', [1, 2, 4, 8, 16]),
          parameter('instance_group', [gpu7, group(1, 'KIND_CPU'), group(2, 'KIND_CPU')]),
        ],
      }),
      { ...base, instance_group: gpu7 as never },
    );
    const search = withFailureMemory(bruteSearch(space), space);
    const isCpu = ({ candidate }: Ask): boolean =>
      JSON.stringify(candidate.models[0].config).includes('KIND_CPU');
    const asks = asksOf(search, (ask) => (isCpu(ask) ? works : failed(false)));
    const failing = asks.filter((ask) => !isCpu(ask));
    expect(failing.map(({ candidate }) => candidate.name)).toEqual([
      'm_config_default',
      'm_config_0',
      'm_config_1',
    ]);
    expect(asks.filter(isCpu)).toHaveLength(10);
    const reason =
      'nothing works, and m_config_default, m_config_0 and m_config_1 failed alike: config rejected';
    expect(search.givenUp().map((item) => item.reason)).toEqual(Array(3).fill(reason));
    expect(search.account().why).toBe('');
  });

  test('of many that all fail for one reason few are tried, and the reason is told', () => {
    const space = buildSpace(
      plan({
        parameters: [
          parameter('max_batch_size', [1, 2, 4, 8]),
          parameter(
            'instance_group',
            [1, 2, 3, 4, 5].map((count) => group(count)),
          ),
          parameter(
            'dynamic_batching',
            [0, 100, 200].map((max_queue_delay_microseconds) => ({ max_queue_delay_microseconds })),
          ),
        ],
      }),
      base,
    );
    const search = withFailureMemory(bruteSearch(space), space);
    let asked = 0;
    play(search, () => failed(false, `no model.py (port ${9000 + ++asked})`));
    expect(asked).toBeLessThan(9);
    expect(search.account().why).toMatch(
      /^nothing works, and m_config_default, .* failed alike: config rejected$/,
    );
  });

  test('once something works nothing is concluded from failures that are alike', () => {
    const { search } = setUp();
    askAndTell(search, works);
    askAndTell(search, works);
    expect(asksOf(search, () => failed(false))).toHaveLength(6);
  });

  test('a default that works at one load and fails at another ends itself only', () => {
    const { search } = setUp();
    askAndTell(search, works);
    askAndTell(search, failed(false));
    expect(search.givenUp()).toEqual([]);
    expect(askOf(search).candidate.name).toBe('m_config_0');
  });

  test('running out of room rules out what is larger in every way, all else being equal', () => {
    const { search, space } = setUp();
    askAndTell(search, works);
    askAndTell(search, works);
    const ask = askAndTell(search, failed(true));
    expect(ask.candidate.models[0].assignment).toEqual({ max_batch_size: 2, instance_group: group(2) });
    const givenUp = search.givenUp();
    expect(givenUp.map(({ candidate }) => candidate.models[0].assignment)).toEqual([
      { max_batch_size: 8, instance_group: group(2) },
      { max_batch_size: 2, instance_group: group(4) },
      { max_batch_size: 8, instance_group: group(4) },
    ]);
    expect(givenUp[0]).toMatchObject({ reason: 'larger than m_config_0, which ran out of GPU memory' });
    expect(givenUp[0]?.points).toHaveLength(2);
    expect(askOf(search).candidate.models[0].assignment['instance_group']).toEqual(group(4, 'KIND_CPU'));
    expect(isLarger(space.candidates[1]!, space.candidates[1]!)).toBe(false);
  });

  test('another failure rules out nothing', () => {
    const { search } = setUp();
    askAndTell(search, works);
    askAndTell(search, works);
    askAndTell(search, failed(false));
    expect(search.givenUp()).toEqual([]);
  });

  test('what another slot works on is not asked for twice', () => {
    const { search, space } = setUp();
    const [first, second, third] = space.candidates;
    expect(askOf(search, { busy: new Set([first!, second!]) }).candidate).toBe(third);
    expect(search.ask({ busy: new Set(space.candidates) })).toBe('wait');
    expect(search.remaining()).toBe(14);
  });

  test('a failure in one slot rules out what is larger while another measures that; the outcome is taken all the same', () => {
    const { search, space } = setUp();
    for (let point = 0; point < 2; point++) askAndTell(search, works);
    const [, small, large] = space.candidates;
    const one = askOf(search);
    const other = askOf(search, { busy: new Set([one.candidate]) });
    expect([one.candidate, other.candidate]).toEqual([small, large]);
    search.tell(one, { ...failed(true), started: true } as Outcome);
    const givenUp = search.givenUp();
    expect(givenUp.map(({ candidate, points }) => [candidate.name, points.length])).toContainEqual([
      large!.name,
      1,
    ]);
    search.tell(other, { ...works, started: true } as Outcome);
    const rest = asksOf(search, () => works).map(({ candidate }) => candidate);
    expect(rest).not.toContain(large);
    expect(rest.length).toBeGreaterThan(0);
  });
});
