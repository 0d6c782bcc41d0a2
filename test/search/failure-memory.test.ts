import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/model-config/config.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { isLarger, withFailureMemory } from '../../src/search/failure-memory.ts';
import type { Outcome } from '../../src/search/search.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const group = (count: number, kind = 'KIND_GPU') => [{ kind, count }];
const parameter = (path: string, values: unknown[]) => ({ path, segments: path.split('.'), values });
const base: ModelConfig = { name: 'm', max_batch_size: 2, instance_group: group(1) as never };
const failed = (wantsRoom: boolean): Outcome => ({
  state: 'failed',
  kind: wantsRoom ? 'out of GPU memory' : 'config rejected',
  cause: 'it is full',
  wantsRoom,
});
const measured: Outcome = { state: 'measured', values: { perf_throughput: 1 } };

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

describe('what failures teach', () => {
  test('without the default nothing else is tried', () => {
    const { search } = setUp();
    search.tell(search.ask()!, failed(false));
    const givenUp = search.givenUp();
    expect(givenUp.map(({ candidate }) => candidate.name)).toHaveLength(6);
    expect(givenUp[0]?.reason).toBe('the default configuration failed: it is full');
    expect(search.ask()).toBeUndefined();
    expect(search.remaining()).toBe(0);
  });

  test('a default that works at one load and fails at another ends itself only', () => {
    const { search } = setUp();
    search.tell(search.ask()!, measured);
    search.tell(search.ask()!, failed(false));
    expect(search.givenUp()).toEqual([]);
    expect(search.ask()?.candidate.name).toBe('m_config_0');
  });

  test('running out of room rules out what is larger in every way, all else being equal', () => {
    const { search, space } = setUp();
    search.tell(search.ask()!, measured);
    search.tell(search.ask()!, measured);
    const ask = search.ask()!;
    expect(ask.candidate.assignment).toEqual({ max_batch_size: 2, instance_group: group(2) });
    search.tell(ask, failed(true));
    const givenUp = search.givenUp();
    expect(givenUp.map(({ candidate }) => candidate.assignment)).toEqual([
      { max_batch_size: 8, instance_group: group(2) },
      { max_batch_size: 2, instance_group: group(4) },
      { max_batch_size: 8, instance_group: group(4) },
    ]);
    expect(givenUp[0]).toMatchObject({ reason: 'larger than m_config_0, which ran out of GPU memory' });
    expect(givenUp[0]?.points).toHaveLength(2);
    expect(search.ask()?.candidate.assignment['instance_group']).toEqual(group(4, 'KIND_CPU'));
    expect(isLarger(space.candidates[1]!, space.candidates[1]!)).toBe(false);
  });

  test('another failure rules out nothing', () => {
    const { search } = setUp();
    search.tell(search.ask()!, measured);
    search.tell(search.ask()!, measured);
    search.tell(search.ask()!, failed(false));
    expect(search.givenUp()).toEqual([]);
  });

  test('what another lane works on is not asked for twice', () => {
    const { search, space } = setUp();
    const others = new Set([space.candidates[0]!, space.candidates[1]!]);
    expect(search.ask(others)?.candidate).toBe(space.candidates[2]);
    expect(search.ask(new Set(space.candidates))).toBeUndefined();
    expect(search.remaining()).toBe(14);
  });
});
