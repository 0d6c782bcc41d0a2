import { describe, expect, test } from 'vitest';
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
  mig: index === 9 ? ['MIG-x'] : [],
});
const cores = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const lanes = (parallel: number | 'auto', gpus: Gpu[], count = 8) =>
  planLanes(launchSettings({ parallel }), gpus, cores(count));

describe('the lanes of a run', () => {
  test('one has the whole machine', () => {
    expect(lanes(1, [gpu(0), gpu(1)])).toEqual([
      { gpus: { kind: 'all' }, devices: [gpu(0), gpu(1)], cpus: undefined },
    ]);
  });

  test('several have a GPU each and a share of the cores, one core left to the load', () => {
    expect(lanes(2, [gpu(0), gpu(1)])).toEqual([
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
      planLanes(launchSettings({ gpus: { kind: 'ids', ids } }), [gpu(0), gpu(9)], cores(2));
    expect(chosen(['9'])[0]?.devices).toEqual([gpu(9)]);
    expect(chosen(['MIG-x'])[0]?.devices).toEqual([gpu(9)]);
    expect(() => chosen(['GPU-7'])).toThrow('this machine has no GPU GPU-7');
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
