import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { peakMemoryMB } from '../../src/server/peak-memory.ts';

test('the peaks of all processes, and nothing of what is gone or does not tell', () => {
  const root = mkdtempSync(join(tmpdir(), 'peak-'));
  for (const [pid, lines] of [
    [7, 'Name:\ttritonserver\nVmPeak:\t 9000000 kB\nVmHWM:\t  200000 kB\nVmRSS:\t  100000 kB\n'],
    [8, 'Name:\tpython\nVmHWM:\t   50000 kB\n'],
    [9, 'Name:\tkthread\n'],
  ] as const) {
    mkdirSync(join(root, String(pid)));
    writeFileSync(join(root, String(pid), 'status'), lines);
  }
  expect(peakMemoryMB([7, 8, 9, 10], root)).toBeCloseTo(256, 6);
  expect(peakMemoryMB([9, 10], root)).toBeUndefined();
  expect(peakMemoryMB([], root)).toBeUndefined();
});
