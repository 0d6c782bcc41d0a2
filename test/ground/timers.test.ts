import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { timerMs, untilAborted, within } from '../../src/ground/timers.ts';

test('a delay that is too long for a timer is a long one, not one of a millisecond', () => {
  expect(timerMs(2_147_484 * 1000)).toBe(2 ** 31 - 1);
  expect(timerMs(Number.POSITIVE_INFINITY)).toBe(2 ** 31 - 1);
  expect(timerMs(5)).toBe(5);
});

test('what is there in time, and no timer that is left behind', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  expect(await within(60_000, Promise.resolve('x'))).toBe('x');
  await expect(within(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
  expect(await within(0, new Promise(() => {}))).toBeUndefined();
});

describe('untilAborted', () => {
  async function* nothing(): AsyncGenerator<string> {
    await new Promise(() => {});
    yield 'never';
  }
  const collect = async (items: AsyncIterable<string>): Promise<string[]> => {
    const found: string[] = [];
    for await (const item of items) found.push(item);
    return found;
  };

  test('items that wait for ever are left with what aborted the waiting', async () => {
    const stop = new AbortController();
    const found = collect(untilAborted(nothing(), stop.signal));
    stop.abort(new Error('stopped'));
    await expect(found).rejects.toThrow('stopped');
    await expect(collect(untilAborted(nothing(), stop.signal))).rejects.toThrow('stopped');
  });

  test('is begun at once: what comes before the first is asked for is there', async () => {
    const input = new PassThrough();
    // A reader that loses what comes before it is begun.
    const items = untilAborted(createInterface({ input }), new AbortController().signal);
    input.end('one\ntwo\n');
    await new Promise((done) => setImmediate(done));
    expect(await collect(items)).toEqual(['one', 'two']);
  });

  test('whoever asks no more lets the items know', async () => {
    let over = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'x';
      } finally {
        over = true;
      }
    }
    for await (const _ of untilAborted(endless(), new AbortController().signal)) break;
    expect(over).toBe(true);
  });
});
