import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LoadResult } from '../../../src/load/load-generator.ts';
import { answerOk, serve } from '../../support/kserve.ts';

const STALL_MS = 200;
/** Windows until something stands still: behind the middle, as what comes before may be taken for warm-up. */
const BEFORE = 11;

type Told = Pick<LoadResult<number>, 'values' | 'beyond' | 'warnings'>;

/** A load of some seconds on a server that answers after some ms; in the middle of it something stands still. */
async function loadWith(stall: 'of the client' | 'of the server'): Promise<Told> {
  let heldUntil = 0;
  await using server = await serve((_request, _body, response) =>
    setTimeout(() => answerOk(response), Math.max(8, heldUntil - performance.now())),
  );
  const child = fork('test/support/load-child.ts', [String(server.endpoint.port)], { execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  let windows = 0;
  const standStill = async (): Promise<void> => {
    if (stall === 'of the server') heldUntil = performance.now() + STALL_MS;
    else {
      child.kill('SIGSTOP');
      await sleep(STALL_MS);
      child.kill('SIGCONT');
    }
  };
  child.on('message', (message: 'window' | Told) => {
    if (message !== 'window') resolve(message);
    else if (++windows === BEFORE) void standStill();
  });
  child.on('error', reject);
  child.on('exit', (code) => reject(new Error(`it ended with ${code}`)));
  try {
    return await promise;
  } finally {
    child.kill('SIGKILL');
  }
}

test("a client that is stopped for a moment: the window is left out, and the server's tail is as it was", async () => {
  const { values, beyond, warnings } = await loadWith('of the client');
  expect(warnings.join()).toMatch(
    /\d+ of \d+ windows (is|are) left out: the host stood still for (up to )?[12]\d\d ms in (it|them) \(the generator's own clock was late/,
  );
  expect(values['perf_latency_p99']).toBeLessThan(100);
  expect(beyond!['perf_latency_p99']).toMatchObject({ limit: 100, share: 0 });
}, 60_000);

test('a server that stands still for as long: that counts', async () => {
  const { beyond } = await loadWith('of the server');
  const { share, of } = beyond!['perf_latency_p99']!;
  expect(share).toBeGreaterThan(0);
  // Some thousand requests, of which a stall makes sixteen late at once.
  expect(of).toBeLessThan(2000);
}, 60_000);
