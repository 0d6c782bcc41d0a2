import { expect, test } from 'vitest';
import type { Gpu } from '../../../src/server/gpu/list.ts';
import { visibleGpus } from '../../../src/server/gpu/visible.ts';

const gpu = (index: number, uuid: string, mig: string[] = []): Gpu => ({
  ...{ index, uuid, mig },
  ...{ name: 'H100', memoryMB: 80_000, driver: '580' },
});
const ALL = [
  gpu(0, 'GPU-5e4ec714-0'),
  gpu(1, 'GPU-967d376f-1'),
  gpu(2, 'GPU-967d0000-2', ['MIG-a', 'MIG-b']),
];
const seen = (list: string | undefined) => visibleGpus(ALL, list).map(({ gpu, id }) => `${gpu.index} ${id}`);

test('without the variable all are left; one that is divided keeps its number, as CUDA takes its first part then', () => {
  expect(seen(undefined)).toEqual(['0 GPU-5e4ec714-0', '1 GPU-967d376f-1', '2 2']);
});

test.each([
  ['1', ['1 GPU-967d376f-1']],
  ['1,0', ['1 GPU-967d376f-1', '0 GPU-5e4ec714-0']],
  [' 0 , 1 ', ['0 GPU-5e4ec714-0', '1 GPU-967d376f-1']],
  ['GPU-5e', ['0 GPU-5e4ec714-0']],
  ['GPU-967d376f-1,0', ['1 GPU-967d376f-1', '0 GPU-5e4ec714-0']],
  ['MIG-b', ['2 MIG-b']],
  ['MIG-a,MIG-b', ['2 MIG-a', '2 MIG-b']],
  ['MIG-GPU-967d0000-2/1/0', ['2 MIG-GPU-967d0000-2/1/0']],
  ['0,0', ['0 GPU-5e4ec714-0']],
])('%s', (list, expected) => {
  expect(seen(list)).toEqual(expected);
});

test('what follows the first that is no GPU, or might be several, is not read', () => {
  expect(seen('0,7,1')).toEqual(['0 GPU-5e4ec714-0']);
  expect(seen('GPU-967d,0')).toEqual([]);
  for (const nothing of ['', '-1', 'NoDevFiles', 'MIG-z', 'GPU-', 'all']) expect(seen(nothing)).toEqual([]);
});
