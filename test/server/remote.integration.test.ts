import { expect, test } from 'vitest';
import type { LaunchSettings } from '../../src/config/experiment.ts';
import { UserError } from '../../src/ground/errors.ts';
import { ServerFailure } from '../../src/server/launcher.ts';
import { askForLoaded, loadModel } from '../../src/server/load-model.ts';
import { attach, RemoteLauncher } from '../../src/server/remote.ts';
import { gpusAt, runsOnGpu } from '../../src/server/remote-gpus.ts';
import { whenSilent } from '../../src/server/silence.ts';
import { HttpTriton } from '../../src/server/triton-http.ts';
import { unloadModel } from '../../src/server/unload-model.ts';
import { launchRequest, launchSettings } from '../support/experiment.ts';
import { type FakeTriton, fakeTriton, type MisbehaviourName } from '../support/fake-triton.ts';

const signal = new AbortController().signal;
const settingsOf = ({ endpoint }: FakeTriton): LaunchSettings =>
  launchSettings({
    mode: 'remote',
    remote: { http: endpoint, grpc: undefined, metrics: endpoint, reload: true },
    readyTimeoutS: 1,
  });
const need = { model: 'm', container: launchRequest().container, onNote: () => {}, signal };

/** A launcher that has loaded the model `m`, which was ready before. */
async function launcherWithLoad(fake: FakeTriton) {
  const launcher = new RemoteLauncher(settingsOf(fake));
  await launcher.prepare(need);
  const server = await launcher.launch(launchRequest());
  await loadModel(server, 'm', { name: 'm' }, { timeoutS: 5, signal });
  await server.stop();
  return launcher;
}

test('what was ready is loaded again when tma leaves', async () => {
  await using fake = await fakeTriton();
  const launcher = await launcherWithLoad(fake);
  await launcher.close();
  expect(fake.asked.load).toBe(2);
});

test('putting back ends with the next signal, and names what was not put back', async () => {
  await using fake = await fakeTriton();
  const launcher = await launcherWithLoad(fake);
  fake.break('load', 'says nothing');
  const abort = new AbortController();
  const notes: string[] = [];
  setTimeout(() => abort.abort(), 100);
  await launcher.close({ signal: abort.signal, onNote: (text) => notes.push(text) });
  expect(notes.join()).toMatch(
    /^not loaded again on http:\/\/127\.0\.0\.1:\d+, where it was ready before: m \(stopped\)$/,
  );
});

test('a server that refuses to load again what was ready is told of', async () => {
  await using fake = await fakeTriton();
  const launcher = await launcherWithLoad(fake);
  fake.break('load', 'fails with an object');
  const notes: string[] = [];
  await launcher.close({ onNote: (text) => notes.push(text) });
  expect(notes.join()).toContain('m ({"a":[1]})');
});

test.for(['says nothing', 'switches protocols', 'answers a page', 'tells of nothing'] as MisbehaviourName[])(
  'what answers there is not Triton and %s: a mistake of the user, with the address',
  { timeout: 60_000 },
  async (how) => {
    await using fake = await fakeTriton();
    fake.break('server', how);
    const abort = new AbortController();
    const preparing = new RemoteLauncher(settingsOf(fake)).prepare({ ...need, signal: abort.signal });
    if (how === 'says nothing') {
      setTimeout(() => abort.abort(new Error('stopped')), 100);
      await expect(preparing).rejects.toThrow('stopped');
    } else {
      await expect(preparing).rejects.toThrow(UserError);
      await expect(preparing).rejects.toThrow(/what answers at http:\/\/127\.0\.0\.1:\d+ can't be used/);
    }
  },
);

test('neither an index nor a metrics page is needed to begin', { timeout: 60_000 }, async () => {
  await using fake = await fakeTriton();
  fake.break('index', 'closes');
  fake.break('metrics', 'answers a page');
  const { path } = await new RemoteLauncher(settingsOf(fake)).prepare(need);
  expect(path).toMatch(/^http:/);
});

test('a model whose configuration or metadata are lies does not load: a failure, not an exception', async () => {
  await using fake = await fakeTriton();
  const server = await attach(settingsOf(fake).remote, { readyTimeoutS: 1, signal });
  expect((await askForLoaded(server, 'm', signal)).metadata.inputs).toHaveLength(1);
  fake.break('metadata', 'has shapes of its own');
  await expect(askForLoaded(server, 'm', signal)).rejects.toThrow(ServerFailure);
  fake.break('config', 'has types of its own');
  await expect(askForLoaded(server, 'm', signal)).rejects.toThrow("the server's configuration of m is none");
  fake.break('index', 'answers a list of anything');
  await expect(server.hasModel('m')).rejects.toThrow(ServerFailure);
  await server.stop();
});

test('GPUs: the metrics page shows them, else the instances of the model tell', async () => {
  await using fake = await fakeTriton();
  const at = () =>
    gpusAt({ triton: new HttpTriton(fake.endpoint), metrics: fake.endpoint, model: 'm', signal });
  expect(await at()).toBe(true);
  fake.break('metrics', 'answers nothing');
  expect(await at()).toBe(false);
  fake.break('config', 'fails with an object');
  expect(await at()).toBeUndefined();
  expect(runsOnGpu({ instance_group: [{ kind: 'KIND_CPU' }, { kind: 'KIND_GPU' }] })).toBe(true);
  expect(runsOnGpu({ instance_group: [{ count: 2 }] })).toBeUndefined();
  expect(runsOnGpu({})).toBeUndefined();
});

test('a server that answers nobody while it loads is given up, one that is only slow is not', async () => {
  await using fake = await fakeTriton();
  const server = { triton: new HttpTriton(fake.endpoint), metrics: fake.endpoint };
  const asking = { silentMs: 300, answerMs: 80, pauseMs: 10 };
  const abort = new AbortController();
  let silent: string | undefined;
  void whenSilent(server, abort.signal, asking).then((reason) => {
    silent = reason;
  });
  // Its only thread is busy with loading; the metrics page still answers.
  fake.break('live', 'says nothing');
  await new Promise((done) => setTimeout(done, 1000));
  expect(silent).toBeUndefined();
  abort.abort();
  fake.break('metrics', 'says nothing');
  expect(await whenSilent(server, signal, asking)).toBe('the server does not answer any more');
});

test('unloading waits for nobody for ever', async () => {
  await using fake = await fakeTriton();
  const triton = new HttpTriton(fake.endpoint);
  await unloadModel({ triton }, 'm', signal);
  expect(fake.asked).toMatchObject({ unload: 1, index: 1 });
  fake.break('unload', 'drips blanks');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await unloadModel({ triton }, 'm', abort.signal);
});
