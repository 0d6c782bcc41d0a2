import { describe, expect, test } from 'vitest';
import { inheritedVariables } from '../../src/server/server-environment.ts';
import { launchRequest } from '../support/experiment.ts';

const SHELL = {
  HOME: '/home/me',
  PATH: '/usr/bin',
  TERM: 'xterm',
  OMP_NUM_THREADS: '4',
  LD_PRELOAD: '/lib/tcmalloc.so',
  CUDA_VISIBLE_DEVICES: '0',
  PYTHONPATH: '/lib/python',
  NVIDIA_TF32_OVERRIDE: '0',
  TF_VAR_region: 'eu',
  NVIDIA_API_KEY: 'secret',
  DELAY: '3',
};
const names = (changes: Parameters<typeof launchRequest>[0] = {}, reads: readonly string[] = []) =>
  Object.keys(inheritedVariables(launchRequest(changes), reads, SHELL));
const TELLING = [
  'OMP_NUM_THREADS',
  'LD_PRELOAD',
  'CUDA_VISIBLE_DEVICES',
  'PYTHONPATH',
  'NVIDIA_TF32_OVERRIDE',
];

describe('what a server inherits that changes what is measured', () => {
  test('is what is known to, and what its models read; nothing that differs between any two shells', () => {
    expect(names()).toEqual(TELLING);
    expect(names({}, ['DELAY', 'HOME', 'UNSET'])).toEqual(['HOME', ...TELLING, 'DELAY']);
    expect(inheritedVariables(launchRequest(), [], SHELL)).toMatchObject({ OMP_NUM_THREADS: '4' });
  });

  test.each([
    'OPENBLAS_NUM_THREADS',
    'MKL_NUM_THREADS',
    'KMP_AFFINITY',
    'LD_LIBRARY_PATH',
    'MALLOC_ARENA_MAX',
    'GLIBC_TUNABLES',
    'TORCH_NUM_THREADS',
    'TF_ENABLE_ONEDNN_OPTS',
    'XLA_FLAGS',
    'CUDNN_LOGINFO_DBG',
    'ORT_DISABLE_ALL',
    'PYTHONHOME',
  ])('%s is of it', (name) => {
    expect(inheritedVariables(launchRequest(), [], { [name]: '1' })).toEqual({ [name]: '1' });
  });

  test('is the same where a folder is repeated in a list', () => {
    const shell = {
      LD_LIBRARY_PATH: '/opt/lib:/usr/lib::/opt/lib:',
      PYTHONPATH: '/a:/b:/a',
      LD_PRELOAD: '/x:/x',
    };
    expect(inheritedVariables(launchRequest(), [], shell)).toEqual({
      LD_LIBRARY_PATH: '/opt/lib:/usr/lib:',
      PYTHONPATH: '/a:/b',
      LD_PRELOAD: '/x:/x',
    });
  });

  test('is not what the server gets in its place', () => {
    const given = {
      environment: { OMP_NUM_THREADS: '1', LD_PRELOAD: '' },
      gpus: { kind: 'ids', ids: ['1'] },
    } as const;
    expect(names(given)).toEqual(['PYTHONPATH', 'NVIDIA_TF32_OVERRIDE']);
  });
});
