import { describe, expect, test } from 'vitest';
import type { GpuChoice } from '../../src/config/experiment.ts';
import { parseCores } from '../../src/executor/cores.ts';
import { planLanes } from '../../src/executor/lanes.ts';
import type { Gpu } from '../../src/server/gpu/list.ts';
import { launchSettings } from '../support/experiment.ts';

const gpu = (index: number, name = 'H100'): Gpu => ({
  index,
  uuid: `GPU-${index}`,
  name,
  memoryMB: 80_000,
  driver: '580',
  mig: index === 9 ? [{ uuid: 'MIG-x', profile: '1g.10gb' }] : [],
});
const cores = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const lanes = (parallel: number | 'auto', gpus: Gpu[], count = 8) =>
  planLanes(launchSettings({ parallel }), { gpus, cores: cores(count), cuda: {} });

describe('the lanes of a run', () => {
  test('one has the whole machine', () => {
    expect(lanes(1, [gpu(0), gpu(1)])).toMatchObject([
      { gpus: { kind: 'all' }, devices: [gpu(0), gpu(1)], cpus: undefined },
    ]);
  });

  test('several have a GPU each and a share of the cores, one core left to the load', () => {
    expect(lanes(2, [gpu(0), gpu(1)])).toMatchObject([
      { gpus: { kind: 'ids', ids: ['GPU-0'] }, devices: [gpu(0)], cpus: '0,1,2' },
      { gpus: { kind: 'ids', ids: ['GPU-1'] }, devices: [gpu(1)], cpus: '4,5,6' },
    ]);
  });

  test('auto: as many as there are GPUs of the commonest kind', () => {
    expect(
      lanes('auto', [gpu(0, 'T4'), gpu(1), gpu(2), gpu(3, 'T4'), gpu(4)]).map(({ gpus }) => gpus),
    ).toEqual([
      { kind: 'ids', ids: ['GPU-1'] },
      { kind: 'ids', ids: ['GPU-2'] },
      { kind: 'ids', ids: ['GPU-4'] },
    ]);
    expect(lanes('auto', [])).toHaveLength(1);
  });

  test('only the GPUs that were chosen', () => {
    const chosen = (ids: string[]) =>
      planLanes(launchSettings({ gpus: { kind: 'ids', ids } }), {
        gpus: [gpu(0), gpu(9)],
        cores: cores(2),
        cuda: {},
      });
    expect(chosen(['9'])[0]?.devices).toEqual([gpu(9)]);
    expect(chosen(['MIG-x'])[0]?.devices).toMatchObject([{ uuid: 'GPU-9', name: 'H100 MIG 1g.10gb' }]);
    expect(() => chosen(['GPU-7'])).toThrow('this machine has no GPU GPU-7');
  });

  describe('where CUDA_VISIBLE_DEVICES is set', () => {
    const ALL = [gpu(0), gpu(1), gpu(2), gpu(3)];
    const limited = (list: string, gpus: GpuChoice, parallel: number | 'auto' = 1, all = ALL) =>
      planLanes(launchSettings({ gpus, parallel }), {
        ...{ gpus: all, cores: cores(8) },
        cuda: { CUDA_VISIBLE_DEVICES: list },
      });
    const ids = (...list: string[]) => ({ kind: 'ids', ids: list }) as const;

    test('all are those that it leaves, in its order', () => {
      expect(limited('3,1', { kind: 'all' })).toMatchObject([
        { gpus: ids('GPU-3', 'GPU-1'), devices: [gpu(3), gpu(1)], cpus: undefined },
      ]);
      expect(limited('', { kind: 'all' })).toMatchObject([{ gpus: ids(), devices: [] }]);
      expect(limited('-1', { kind: 'all' })).toMatchObject([{ gpus: ids(), devices: [] }]);
    });

    test('that names all in their order changes nothing', () => {
      expect(limited('0,1,2,3', { kind: 'all' })).toMatchObject([{ gpus: { kind: 'all' }, devices: ALL }]);
      expect(limited('1,0,2,3', { kind: 'all' })[0]!.gpus).toEqual(ids('GPU-1', 'GPU-0', 'GPU-2', 'GPU-3'));
    });

    test('a count and numbers are of these, as CUDA counts', () => {
      expect(limited('2,3', { kind: 'count', count: 1 })).toMatchObject([{ gpus: ids('GPU-2') }]);
      expect(limited('2,3', ids('1'))).toMatchObject([{ gpus: ids('GPU-3'), devices: [gpu(3)] }]);
      expect(limited('2,3', ids('GPU-2'))).toMatchObject([{ gpus: ids('GPU-2'), devices: [gpu(2)] }]);
    });

    test('the lanes of several variants share these alone', () => {
      expect(limited('1,3', { kind: 'all' }, 'auto').map(({ gpus }) => gpus)).toEqual([
        ids('GPU-1'),
        ids('GPU-3'),
      ]);
      expect(() => limited('1,3', { kind: 'all' }, 4)).toThrow('need 4 GPUs of one kind, there are 2');
    });

    test('parts of one GPU are of a kind by their size', () => {
      const divided = {
        ...gpu(0),
        mig: ['1g.10gb', '3g.40gb', '1g.10gb'].map((profile, index) => ({ uuid: `MIG-${index}`, profile })),
      };
      const auto = limited('MIG-0,MIG-1,MIG-2', { kind: 'all' }, 'auto', [divided]);
      expect(auto.map(({ gpus }) => gpus)).toEqual([ids('MIG-0'), ids('MIG-2')]);
    });

    test('what the driver does not tell is counted in the list itself', () => {
      expect(limited('2,3', { kind: 'count', count: 1 }, 1, [])).toMatchObject([{ gpus: ids('2') }]);
      expect(limited('2,3', ids('1'), 1, [])).toMatchObject([{ gpus: ids('3'), devices: undefined }]);
      expect(limited('2,3', { kind: 'all' }, 1, [])).toMatchObject([{ gpus: { kind: 'all' } }]);
      expect(() => limited('2,3', ids('2'), 1, [])).toThrow('no GPU 2 among those');
    });

    test('one that it hides is a mistake', () => {
      const hidden = (list: string, id: string) => () => limited(list, ids(id));
      expect(hidden('2,3', '2')).toThrow(
        /no GPU 2 among those that CUDA_VISIBLE_DEVICES=2,3 leaves.*0 \(H100, GPU-2\), 1 \(H100, GPU-3\)/s,
      );
      expect(hidden('2,3', 'GPU-0')).toThrow('no GPU GPU-0 among those');
      expect(hidden('7', '0')).toThrow(/leaves.*it leaves none of this machine: unset it/s);
    });
  });

  test('more than there is', () => {
    expect(() => lanes(3, [gpu(0), gpu(1)])).toThrow('need 3 GPUs of one kind, there are 2');
    expect(() => lanes(3, [], 2)).toThrow('need 3 CPU cores, there are 2');
    expect(lanes(2, [], 2).map(({ cpus }) => cpus)).toEqual(['0', '1']);
  });

  test('core lists as the kernel writes them', () => {
    expect(parseCores('0-2,5')).toEqual([0, 1, 2, 5]);
  });
});
