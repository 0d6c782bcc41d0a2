import { beforeEach, expect, test } from 'vitest';
import type { LoadJob } from '../../../src/load/load-generator.ts';
import type { Crew } from '../../../src/load/native/crew.ts';
import type { CutMessage } from '../../../src/load/native/protocol.ts';
import { Watch } from '../../../src/load/native/watch.ts';
import type { Failures } from '../../../src/record/request-failures.ts';
import { Histogram, histogramData } from '../../../src/statistics/histogram.ts';
import { load } from '../../support/experiment.ts';

const cut = (failures: Failures): CutMessage =>
  ({
    kind: 'cut',
    startMs: 0,
    endMs: 1,
    latency: histogramData(new Histogram()),
    failures,
    client: { elapsedMs: 1, busyMs: 0, cpuMs: 0, gcMs: 0 },
  }) as unknown as CutMessage;

let begun = 0;
beforeEach(() => {
  begun = performance.now();
});

/** A crew that had 12 good answers and, from a moment later on, failures alone. */
const crewWith = (failed: number, failures: Failures): Crew => ({
  completed: () => 12,
  failed: () => (performance.now() - begun < 50 ? 0 : failed),
  exhausted: () => false,
  cut: async () => [cut(failures)],
  kill: async () => {},
  [Symbol.asyncDispose]: async () => {},
});
const watchOf = (crew: Crew, requestTimeoutMs = 3000): Watch =>
  new Watch(
    crew,
    {
      settings: load({ requestTimeoutMs }),
      signal: new AbortController().signal,
    } as unknown as LoadJob<unknown>,
    { kind: 'closed', slots: 2 },
  );
const FAILED: Failures = { 'HTTP 500': { count: 15, message: 'CUDA error: device-side assert' } };
const WINDOW = { milliseconds: 200, requests: 2, limitMs: 15_000 };

test('failures in a row that an earlier cut has handed over are told as what they are', async () => {
  const watch = watchOf(crewWith(15, {}));
  watch.note(FAILED);
  await expect(watch.wait(WINDOW)).rejects.toThrow(
    /^15 of 15 requests failed.*: CUDA error: device-side assert$/,
  );
});

test('failures of this cut go before them', async () => {
  const own: Failures = { 'HTTP 503': { count: 11, message: 'unavailable' } };
  const watch = watchOf(crewWith(15, own));
  watch.note(FAILED);
  await expect(watch.wait(WINDOW)).rejects.toThrow(/^11 of 11 requests failed.*: unavailable$/);
});

test('silence is told as silence, whatever failed before', async () => {
  const watch = watchOf(crewWith(0, {}), 100);
  watch.note(FAILED);
  await expect(watch.wait(WINDOW)).rejects.toThrow(
    /^no request was answered within 0\.\d s, after 12 good answers$/,
  );
});
