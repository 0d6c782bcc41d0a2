import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchInterruption } from '../../src/cli/interruption.ts';
import type { Process } from '../../src/cli/process.ts';

const told = (...signals: string[]): boolean[] => {
  const process = new EventEmitter();
  using interruption = watchInterruption(process as unknown as Process, () => {});
  for (const signal of signals) process.emit(signal);
  return [interruption.finish, interruption.stop, interruption.abandon].map(({ aborted }) => aborted);
};

test('Ctrl-C: finish, stop, leave', () => {
  expect(told()).toEqual([false, false, false]);
  expect(told('SIGINT')).toEqual([true, false, false]);
  expect(told('SIGINT', 'SIGINT')).toEqual([true, true, false]);
  expect(told('SIGINT', 'SIGINT', 'SIGINT')).toEqual([true, true, true]);
});

test('kill stops, and a second one leaves', () => {
  expect(told('SIGTERM')).toEqual([true, true, false]);
  expect(told('SIGINT', 'SIGTERM')).toEqual([true, true, false]);
  expect(told('SIGTERM', 'SIGTERM')).toEqual([true, true, true]);
  expect(told('SIGTERM', 'SIGINT')).toEqual([true, true, true]);
});
