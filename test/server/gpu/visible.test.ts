import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../../src/server/gpu/list.ts';
import { visibleGpus } from '../../../src/server/gpu/visible.ts';

const gpu = (index: number, uuid: string, mig: string[] = [], name = 'H100'): Gpu => ({
  ...{ index, uuid, name, memoryMB: 80_000, driver: '580' },
  mig: mig.map((part) => ({ uuid: part, profile: part === 'MIG-a' ? '1g.10gb' : '3g.40gb' })),
});
const ALL = [
  gpu(0, 'GPU-5e4ec714-0'),
  gpu(1, 'GPU-967d376f-1'),
  gpu(2, 'GPU-967d0000-2', ['MIG-a', 'MIG-b']),
];
const visible = (list: string | undefined, gpus = ALL, order?: string) =>
  visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: list, CUDA_DEVICE_ORDER: order });
const seen = (list: string | undefined) => visible(list).gpus.map(({ gpu, id }) => `${gpu.index} ${id}`);

describe('what CUDA_VISIBLE_DEVICES leaves', () => {
  test('is all where it is not set; one that is divided keeps its number, as CUDA takes its first part then', () => {
    expect(seen(undefined)).toEqual(['0 GPU-5e4ec714-0', '1 GPU-967d376f-1', '2 2']);
    expect(visible(undefined).isLimited).toBe(false);
    expect(visible('0,1,2')).toMatchObject({ isLimited: false, gpus: [{}, {}, {}] });
  });

  test.each([
    ['1', ['1 GPU-967d376f-1']],
    ['1,0', ['1 GPU-967d376f-1', '0 GPU-5e4ec714-0']],
    ['1,0,2', ['1 GPU-967d376f-1', '0 GPU-5e4ec714-0', '2 2']],
    [' 0 , 1 ', ['0 GPU-5e4ec714-0', '1 GPU-967d376f-1']],
    ['GPU-5e', ['0 GPU-5e4ec714-0']],
    ['GPU-967d376f-1,GPU-5e4ec714-0', ['1 GPU-967d376f-1', '0 GPU-5e4ec714-0']],
    ['MIG-b', ['2 MIG-b']],
    ['MIG-a,MIG-b', ['2 MIG-a', '2 MIG-b']],
    ['MIG-GPU-967d0000-2/1/0', ['2 MIG-GPU-967d0000-2/1/0']],
  ])('%s', (list, expected) => {
    expect(seen(list)).toEqual(expected);
    expect(visible(list)).toMatchObject({ isLimited: true });
    expect(visible(list).note).toBeUndefined();
  });

  test('is nothing behind the first that is no GPU, or might be several, and a note says so', () => {
    expect(seen('0,7,1')).toEqual(['0 GPU-5e4ec714-0']);
    expect(visible('0,7,1').note).toBe(
      'CUDA_VISIBLE_DEVICES=0,7,1: "7" is no GPU of this machine, and CUDA reads no further: 1 of 3 GPUs is left',
    );
    expect(seen('GPU-967d,GPU-5e')).toEqual([]);
    // Numbers and UUIDs do not mix.
    expect(seen('1,GPU-5e')).toEqual(['1 GPU-967d376f-1']);
    for (const nothing of ['NoDevFiles', 'MIG-z', 'GPU-', 'all']) {
      expect(visible(nothing)).toMatchObject({ gpus: [], isLimited: true });
      expect(visible(nothing).note).toContain('0 of 3 GPUs are left');
    }
  });

  test('is nothing where one stands there twice', () => {
    expect(visible('0,1,0').gpus).toEqual([]);
    expect(visible('0,1,0').note).toContain('"0" stands there twice');
  });

  test.each(['', '-1', '-1,0'])('is nothing where that is meant: %j', (list) => {
    expect(visible(list)).toEqual({ gpus: [], isLimited: true });
  });

  test('of one GPU that is divided can be a part', () => {
    const one = [gpu(0, 'GPU-a', ['MIG-a', 'MIG-b'])];
    expect(visible('MIG-b', one)).toMatchObject({
      isLimited: true,
      gpus: [{ id: 'MIG-b', gpu: { name: 'H100 MIG 3g.40gb', uuid: 'GPU-a' } }],
    });
  });

  test('is not known by numbers where GPUs of several kinds are not counted by the bus', () => {
    const mixed = [gpu(0, 'GPU-a', [], 'T1000'), gpu(1, 'GPU-b', [], 'A6000')];
    expect(visible('0', mixed)).toMatchObject({ isLimited: false, gpus: [{}, {}] });
    expect(visible('0', mixed).note).toContain('Set CUDA_DEVICE_ORDER=PCI_BUS_ID');
    expect(visible('0', mixed, 'PCI_BUS_ID').gpus.map(({ id }) => id)).toEqual(['GPU-a']);
    expect(visible('GPU-b', mixed).gpus.map(({ id }) => id)).toEqual(['GPU-b']);
  });
});
