import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LoadFailure } from '../../src/load/load-generator.ts';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import { openTrial } from '../../src/trial/trial.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';
import { trialSpec } from '../support/spec.ts';

const NEVER = new AbortController().signal;
const point = (concurrency: number) => inFlight('m', concurrency);

test('a load that fails costs its point, and the next is measured', async () => {
  const good = fakeGenerator();
  const generator = {
    ...good,
    run: async (job: Parameters<typeof good.run>[0]) => {
      if (levelOf(job.point) === 1) throw new LoadFailure('no answers', 'HTTP 500');
      return await good.run(job);
    },
  } as typeof good;
  const trial = await openTrial(
    trialSpec(),
    { launcher: new FakeLauncher(), generator, monitor: undefined },
    () => {},
    NEVER,
  );
  // It takes a moment, in which a server that died would be seen.
  expect(await trial.measure({ point: point(1) })).toMatchObject({ state: 'failed', cause: 'no answers' });
  expect(await trial.measure({ point: point(2) })).toMatchObject({ state: 'measured' });
  expect(trial.failure).toBeUndefined();
  await trial.close();
});

test('whoever is told of a load that takes long, and throws, leaves no server running', async () => {
  class Slow extends FakeLauncher {
    override async launch(...request: Parameters<FakeLauncher['launch']>) {
      const server = await super.launch(...request);
      const { load } = server.triton;
      server.triton.load = async (...args) => {
        await sleep(1300);
        await load(...args);
      };
      return server;
    }
  }
  const launcher = new Slow();
  const trial = await openTrial(
    trialSpec(),
    { launcher, generator: fakeGenerator(), monitor: undefined },
    ({ kind }) => {
      if (kind === 'loading') throw new Error('no ear for that');
    },
    NEVER,
  );
  expect(trial.failure).toMatchObject({ kind: 'bug of tma', cause: expect.stringContaining('no ear') });
  await trial.close();
  expect(launcher.running).toBe(0);
});
