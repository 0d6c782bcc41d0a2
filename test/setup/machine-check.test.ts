import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { environmentError } from '../../src/ground/errors.ts';
import { check, memoryCheck, sharedMemoryCheck, toldVersion } from '../../src/setup/machine-check.ts';
import { doctorText } from '../../src/terminal/doctor-text.ts';

const GB = 1e9;
const missing = (): never => {
  throw environmentError('no engine here', 'start one');
};

test('what is found is a tick; what a run would complain of is missing where it is needed, and absent elsewhere', async () => {
  expect(await check('engine', true, () => '27.0')).toEqual({ name: 'engine', state: 'ok', text: '27.0' });
  const lacks = { name: 'engine', text: 'no engine here', fix: 'start one' };
  expect(await check('engine', true, missing)).toEqual({ ...lacks, state: 'missing' });
  expect(await check('engine', false, missing)).toEqual({ ...lacks, state: 'absent' });
  const socket = Object.assign(new Error('connect EACCES /var/run/docker.sock'), { code: 'EACCES' });
  expect(
    await check('engine', true, () => {
      throw socket;
    }),
  ).toEqual({ name: 'engine', state: 'missing', text: socket.message });
  await expect(
    check('engine', false, () => {
      throw new TypeError('a bug');
    }),
  ).rejects.toThrow('a bug');
});

test('memory and /dev/shm that are little are told with what to do', () => {
  expect(memoryCheck(3 * GB, 8 * GB)).toMatchObject({ state: 'ok', text: '3.0 GB free of 8.0 GB' });
  expect(memoryCheck(0.2 * GB, 8 * GB)).toMatchObject({ state: 'absent', fix: expect.any(String) });
  expect(sharedMemoryCheck(GB)).toMatchObject({ state: 'ok' });
  expect(sharedMemoryCheck(GB / 100)).toMatchObject({
    state: 'absent',
    fix: expect.stringContaining('size=1g'),
  });
  expect(sharedMemoryCheck(undefined)).toMatchObject({
    state: 'absent',
    text: expect.stringContaining('none'),
  });
});

test('a tick or the fix, below each other at any width', async () => {
  const checks = [
    await check('ports', true, () => 'free ones are chosen'),
    await check('engine', true, missing),
    await check('GPU', false, missing),
  ];
  const lines = stripVTControlCharacters(doctorText(checks, 60)).split('\n');
  expect(lines).toEqual([
    '✓ ports          free ones are chosen',
    '✗ engine         no engine here',
    '                 start one',
    '- GPU            no engine here',
    '                 to have it: start one',
    '',
    'Missing: engine. What to do stands above.',
  ]);
});

test.each([
  ['0.0.0 (commit 3a49a23)', 'version not told (commit 3a49a23)'],
  ['2.59.1 (commit 3a49a23)', '2.59.1 (commit 3a49a23)'],
  ['0.0.0', 'version not told'],
  ['', 'version not told'],
])('a version %j is told as %j', (version, told) => {
  expect(toldVersion(version)).toBe(told);
});
