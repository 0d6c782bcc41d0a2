import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Launcher, LaunchRequest, Server } from '../../src/server/launcher.ts';
import { watchLife } from '../../src/server/life.ts';
import { loadModel } from '../../src/server/load-model.ts';
import { processState } from '../../src/server/processes.ts';
import { unloadModel } from '../../src/server/unload-model.ts';
import { folder, launchRequest } from '../support/experiment.ts';
import { until } from '../support/until.ts';

const MODELS = resolve('test/fixtures/models');
const signal = new AbortController().signal;
const patience = { timeoutS: 60, signal };

/** A process of a server by the name that the kernel has for it. */
async function processOf(server: Server, name: string): Promise<number> {
  const processes = (await server.processes()) ?? [];
  const found = processes.find((pid) => processState(pid)?.name === name);
  if (found === undefined) throw new Error(`the server has no process "${name}"`);
  return found;
}

const kill = (pid: number, by: NodeJS.Signals): void => {
  process.kill(pid, by);
};

/**
 * What every launcher keeps to, on a real server.
 * @param owned whether the launcher's servers are its own to stop.
 */
export function launcherContract(name: string, make: () => Promise<Launcher>, owned: boolean): void {
  describe(`launcher: ${name}`, () => {
    let launcher: Launcher | undefined;
    const logs = folder();
    const launch = async (changes: Partial<LaunchRequest> = {}) => {
      launcher ??= await make();
      const request = launchRequest({
        modelRepository: MODELS,
        logFile: join(logs, 'server.log'),
        ...changes,
      });
      return await launcher.launch({ ...request, gpus: { kind: 'ids', ids: [] } });
    };
    afterAll(async () => {
      await launcher?.close();
    });

    test('says what runs, the same each time', async () => {
      launcher ??= await make();
      const need = { model: 'add_sub', container: launchRequest().container, onNote: () => {}, signal };
      const [once, twice] = [await launcher.prepare(need), await launcher.prepare(need)];
      expect(once.hash).toMatch(/^[0-9a-f]{16}$/);
      expect([twice.path, twice.hash]).toEqual([once.path, once.hash]);
      expect(await twice.packages?.()).toBe(await once.packages?.());
    });

    test('a server is ready, has no model, and loads one', async () => {
      const server = await launch();
      expect((await server.triton.server()).version).toBe('2.51.0');
      expect(await server.hasModel('add_sub')).toBe(true);
      await loadModel(server, 'add_sub', undefined, patience);
      expect((await server.triton.metadata('add_sub')).inputs).toHaveLength(2);
      expect(server.controlled).toBe(true);
      if (server.shared) await unloadModel(server, 'add_sub', signal);
      await server.stop();
    });

    test('the next launch starts without that model', async () => {
      const server = await launch();
      await expect(server.triton.metadata('add_sub')).rejects.toThrow();
      await server.stop();
    });

    test('a model that does not load says why, and the server lives', async () => {
      const server = await launch();
      await expect(loadModel(server, 'broken', undefined, patience)).rejects.toMatchObject({
        failure: { kind: 'Python import error' },
      });
      expect(await server.triton.isLive()).toBe(true);
      await server.stop();
    });

    test('stopping twice is harmless', async () => {
      const server = await launch();
      await server.stop();
      await server.stop();
    });

    const onOwn = owned ? test : () => {};
    onOwn('its own server: a log, memory, an end that is told', async () => {
      const server = await launch();
      expect(server.logTail(5).join('\n')).toMatch(/Started (HTTPService|GRPCInferenceService|Metrics)/);
      const resources = await server.resources();
      // Pages that another tritonserver on the machine has, too, are not its own.
      expect(resources?.usedMB).toBeGreaterThan(1);
      expect(resources?.cpuS).toBeGreaterThan(0);
      expect(await server.killedForMemory()).toBe(false);
      const { http } = server;
      await server.stop();
      expect(await server.ended).toMatch(/tritonserver (exited with code|was ended by)/);
      await expect(fetch(`http://${http!.host}:${http!.port}/v2`)).rejects.toThrow();
    });

    onOwn('well, then broken: a model loses its process, then the server its life', async () => {
      await using server = await launch();
      await loadModel(server, 'add_sub', undefined, patience);
      using life = await watchLife(server);
      expect(life.over.aborted).toBe(false);
      kill(await processOf(server, 'triton_python_b'), 'SIGKILL');
      await until(() => life.over.aborted);
      expect(life.lost).toMatch(/process of a Python model .* has ended/);
      kill(await processOf(server, 'tritonserver'), 'SIGKILL');
      expect(await server.ended).toMatch(/tritonserver was ended by SIGKILL/);
      expect(await server.killedForMemory()).toBe(false);
      await expect(loadModel(server, 'add_sub', undefined, patience)).rejects.toMatchObject({
        failure: { kind: 'server died' },
      });
    });

    onOwn('one that is stopped (SIGSTOP) can be ended, and the next launch is well', async () => {
      const server = await launch();
      await loadModel(server, 'add_sub', undefined, patience);
      const pid = await processOf(server, 'tritonserver');
      kill(pid, 'SIGSTOP');
      const begun = performance.now();
      await server.stop();
      expect(performance.now() - begun).toBeLessThan(60_000);
      await until(() => processState(pid) === undefined);
      await using next = await launch();
      expect(await next.triton.isLive()).toBe(true);
    });

    test('an abort ends a launch', async () => {
      const abort = new AbortController();
      abort.abort(new Error('enough'));
      await expect(launch({ signal: abort.signal })).rejects.toThrow();
    });
  });
}
