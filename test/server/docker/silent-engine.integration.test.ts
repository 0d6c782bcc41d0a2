import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerLauncher } from '../../../src/server/docker/docker.ts';
import { folder, launchRequest, launchSettings } from '../../support/experiment.ts';
import { type Call, fakeEngine } from '../../support/fake-engine.ts';

/** Real sockets, short limits; the tests' own limits are generous. */
const PATIENCE = { callS: 0.5, pullS: 0.5, detailS: 0.5 };
const LIMIT_MS = 30_000;
const never = new AbortController().signal;

afterEach(() => {
  vi.unstubAllEnvs();
});

function launcherOn(url: string, patience = PATIENCE): DockerLauncher {
  vi.stubEnv('DOCKER_HOST', url);
  return new DockerLauncher(launchSettings({ mode: 'docker', readyTimeoutS: 1 }), patience);
}
const need = (signal: AbortSignal) => ({
  model: 'm',
  container: launchRequest().container,
  onNote: () => {},
  signal,
});
const request = (signal: AbortSignal) => launchRequest({ logFile: join(folder(), 'log'), signal });

describe('an engine that accepts and never answers', () => {
  test.each<[Call, RegExp]>([
    ['info', /can't be used: engine unreachable: the engine did not answer within 0.5 s: info/],
    ['list', /did not answer within 0.5 s: containers/],
    ['image', /does not answer: engine unreachable: the engine did not answer within 0.5 s: image/],
    ['pull', /could not be pulled: .*nothing new about it for 0.5 s/],
  ])('%s: preparing ends, and says so', { timeout: LIMIT_MS }, async (call, message) => {
    await using engine = await fakeEngine([call], call !== 'pull');
    await expect(launcherOn(engine.url).prepare(need(never))).rejects.toThrow(message);
  });

  test.each<[Call, string]>([
    ['create', 'create'],
    ['attach', 'attach'],
    ['start', 'start'],
  ])(
    '%s: a launch ends as a failure of the engine, and what was made is removed',
    { timeout: LIMIT_MS },
    async (call, word) => {
      await using engine = await fakeEngine([call]);
      await expect(launcherOn(engine.url).launch(request(never))).rejects.toMatchObject({
        failure: {
          kind: 'engine unreachable',
          cause: expect.stringContaining(`did not answer within 0.5 s: ${word}`),
        },
      });
      expect(engine.calls).toContain('remove');
    },
  );

  test('nor when all is to be removed', { timeout: LIMIT_MS }, async () => {
    await using engine = await fakeEngine(['start', 'stop', 'remove']);
    await expect(launcherOn(engine.url).launch(request(never))).rejects.toThrow('did not answer');
  });

  test.each<Call>(['info', 'list', 'image', 'pull'])(
    '%s: a signal ends it at once',
    { timeout: LIMIT_MS },
    async (call) => {
      await using engine = await fakeEngine([call], call !== 'pull');
      const stop = new AbortController();
      const preparing = launcherOn(engine.url, { ...PATIENCE, callS: 600, pullS: 600 }).prepare(
        need(stop.signal),
      );
      setTimeout(() => stop.abort(new Error('stopped')), 200);
      await expect(preparing).rejects.toThrow('stopped');
    },
  );

  test.each<Call>(['create', 'attach', 'start'])(
    '%s: a signal ends it at once, too',
    { timeout: LIMIT_MS },
    async (call) => {
      await using engine = await fakeEngine([call]);
      const stop = new AbortController();
      const launching = launcherOn(engine.url, { ...PATIENCE, callS: 600 }).launch(request(stop.signal));
      setTimeout(() => stop.abort(new Error('stopped')), 200);
      await expect(launching).rejects.toThrow('stopped');
    },
  );
});
