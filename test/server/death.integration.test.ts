import { expect, test } from 'vitest';
import { howItEnded } from '../../src/server/death.ts';
import type { Server } from '../../src/server/launcher.ts';

const server = (isLive: boolean, changes: Partial<Server> = {}): Server =>
  ({
    triton: { isLive: async () => isLive },
    ended: new Promise(() => {}),
    ...changes,
  }) as Server;
const timed = async (asked: Server): Promise<{ how: string | undefined; seconds: number }> => {
  const begun = performance.now();
  const how = await howItEnded(asked);
  return { how, seconds: (performance.now() - begun) / 1000 };
};

test('one that lives, one that has ended, and one whose end is told a second later', async () => {
  expect((await timed(server(true))).how).toBeUndefined();
  expect(await howItEnded(server(false, { ended: Promise.resolve('killed') }))).toBe('killed');
  const late = new Promise<string>((tell) => setTimeout(() => tell('it crashed'), 1000));
  expect(await howItEnded(server(false, { ended: late }))).toBe('it crashed');
});

test('one that runs elsewhere is not waited for: nobody would tell of its end', async () => {
  const { how, seconds } = await timed(server(false, { endsUnseen: true }));
  expect(how).toBe('the server does not answer any more');
  expect(seconds).toBeLessThan(4);
});
