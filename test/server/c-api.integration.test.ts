import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CApiLauncher, locateInstallation } from '../../src/server/c-api.ts';
import { folder, launchRequest, launchSettings } from '../support/experiment.ts';

/** A folder that looks like Triton's. */
function installation(): string {
  const path = folder();
  mkdirSync(join(path, 'lib'));
  writeFileSync(join(path, 'lib', 'libtritonserver.so'), 'a library');
  writeFileSync(join(path, 'TRITON_VERSION'), '2.99.0\n');
  return path;
}

function repository(...models: string[]): string {
  const path = folder();
  for (const model of models) {
    mkdirSync(join(path, model, '1'), { recursive: true });
    writeFileSync(join(path, model, 'config.pbtxt'), 'the own one');
  }
  return path;
}

test('the installation asked for, else the usual ones; what is missing is named', () => {
  const [one, other] = [installation(), installation()];
  expect(locateInstallation(one, [other])).toBe(one);
  expect(locateInstallation(undefined, ['/nowhere', other])).toBe(other);
  expect(() => locateInstallation('/nowhere', [other])).toThrow('there is none at /nowhere');
  expect(() => locateInstallation(folder(), [other])).toThrow('with lib/libtritonserver.so');
  expect(() => locateInstallation(undefined, ['/a', '/b'])).toThrow('none at /a or /b');
  expect(() => locateInstallation(undefined, ['/a'])).toThrow('tma install triton');
});

test('a variant gets a repository of its own, under the name of the model', async () => {
  const source = repository('m', 'other');
  const launcher = new CApiLauncher(launchSettings({ mode: 'c_api', installPath: installation() }));
  const server = await launcher.launch(launchRequest({ modelRepository: source }));
  await server.triton.load('m', {
    name: 'm',
    backend: 'python',
    max_batch_size: 4,
    input: [{ name: 'IN', data_type: 'TYPE_STRING', dims: ['-1', '2'] }],
    output: [{ name: 'OUT', data_type: 'TYPE_FP32', dims: ['2'] }],
  });
  const served = server.inProcess!.modelRepository;
  expect(readFileSync(join(served, 'm', 'config.pbtxt'), 'utf8')).toContain('max_batch_size: 4');
  expect(readlinkSync(join(served, 'm', '1'))).toBe(join(source, 'm', '1'));
  expect(existsSync(join(served, 'other'))).toBe(false);
  expect(await server.triton.metadata('m')).toEqual({
    name: 'm',
    platform: 'python',
    inputs: [{ name: 'IN', datatype: 'BYTES', shape: [-1, -1, 2] }],
    outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1, 2] }],
  });
  expect(await server.triton.server()).toMatchObject({ version: '2.99.0' });
  await expect(server.triton.config('other')).rejects.toThrow('unknown model "other"');
  await server.stop();
  expect(existsSync(served)).toBe(false);
  expect(existsSync(join(source, 'm', '1'))).toBe(true);
});

test('an ensemble has the models it is composed of beside it', async () => {
  const source = repository('whole', 'first', 'second', 'stranger');
  const launcher = new CApiLauncher(launchSettings({ mode: 'c_api', installPath: installation() }));
  await using server = await launcher.launch(launchRequest({ modelRepository: source }));
  await server.triton.load('whole', {
    name: 'whole',
    platform: 'ensemble',
    ensemble_scheduling: {
      step: [{ model_name: 'first' }, { model_name: 'second' }, { model_name: 'first' }],
    },
  });
  const served = server.inProcess!.modelRepository;
  expect(readFileSync(join(served, 'first', 'config.pbtxt'), 'utf8')).toBe('the own one');
  expect(existsSync(join(served, 'second'))).toBe(true);
  expect(existsSync(join(served, 'stranger'))).toBe(false);
});

test('whoever loads it tells that it can not be', async () => {
  const launcher = new CApiLauncher(launchSettings({ mode: 'c_api', installPath: installation() }));
  await using server = await launcher.launch(launchRequest({ modelRepository: repository('m') }));
  expect(await server.triton.isLive()).toBe(true);
  server.inProcess!.onDead('no backend');
  expect(await server.ended).toBe('no backend');
  expect(await server.triton.isLive()).toBe(false);
});

test('another library is another server', async () => {
  const path = installation();
  const settings = launchSettings({ mode: 'c_api', installPath: path });
  const before = await new CApiLauncher(settings).prepare();
  writeFileSync(join(path, 'lib', 'libtritonserver.so'), 'a newer library');
  const after = await new CApiLauncher(settings).prepare();
  expect(before.path).toBe(path);
  expect(after.hash).not.toBe(before.hash);
});
