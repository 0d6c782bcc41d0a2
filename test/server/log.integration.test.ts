import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog, readTail } from '../../src/server/log.ts';
import { folder } from '../support/experiment.ts';

test('a pipe that nobody reads is said, and not waited for', () => {
  const pipe = join(folder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(readTail(pipe, 10)).toEqual([]);
  expect(() => openLog(pipe)).toThrow('it is a pipe that nobody reads');
});
