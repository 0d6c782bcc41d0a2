import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { watchInterruption } from '../../src/cli/interruption.ts';
import type { Process } from '../../src/cli/process.ts';

class FakeProcess extends EventEmitter {
  readonly codes: number[] = [];
  exit(code: number): void {
    this.codes.push(code);
  }
}

function watch() {
  const process = new FakeProcess();
  const said: string[] = [];
  const interruption = watchInterruption(process as unknown as Process, () => said.push('finishing'));
  const send = (...signals: string[]): void => {
    for (const signal of signals) process.emit(signal);
  };
  const told = (): boolean[] =>
    [interruption.finish, interruption.stop, interruption.abandon].map(({ aborted }) => aborted);
  return { process, interruption, said, send, told };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('signals', () => {
  test.each([
    [[], [false, false, false]],
    [['SIGINT'], [true, false, false]],
    [
      ['SIGINT', 'SIGINT'],
      [true, true, false],
    ],
    [
      ['SIGINT', 'SIGINT', 'SIGINT'],
      [true, true, true],
    ],
    [['SIGTERM'], [true, true, false]],
    [
      ['SIGINT', 'SIGTERM'],
      [true, true, false],
    ],
    [
      ['SIGTERM', 'SIGTERM'],
      [true, true, true],
    ],
    [
      ['SIGTERM', 'SIGINT'],
      [true, true, true],
    ],
    [['SIGHUP'], [true, true, false]],
    [
      ['SIGHUP', 'SIGTERM'],
      [true, true, true],
    ],
  ])('%j: finish, stop, leave: %j', (signals, expected) => {
    vi.useFakeTimers();
    const { send, told } = watch();
    send(...signals);
    expect(told()).toEqual(expected);
  });

  test('who asks to leave is out in a moment, whatever hangs, and at once when he asks again', () => {
    vi.useFakeTimers();
    const { process, send } = watch();
    send('SIGINT', 'SIGINT', 'SIGINT');
    expect(process.codes).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(process.codes).toEqual([130]);
    const impatient = watch();
    impatient.send('SIGTERM', 'SIGTERM', 'SIGTERM');
    expect(impatient.process.codes).toEqual([130]);
  });

  test('the first Ctrl-C says what the next one does, once', () => {
    const { send, said } = watch();
    send('SIGINT', 'SIGINT');
    expect(said).toEqual(['finishing']);
  });

  test('while there is nothing to finish the first Ctrl-C stops', () => {
    const { interruption, send, told, said } = watch();
    interruption.nothingToFinish();
    send('SIGINT');
    expect(told()).toEqual([true, true, false]);
    expect(said).toEqual([]);
  });

  test('afterwards nobody listens', () => {
    const { interruption, process } = watch();
    interruption[Symbol.dispose]();
    expect(process.eventNames()).toEqual([]);
  });
});
