import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { nothingLeft, project, type Running, start, startWith, tma } from './tma.ts';

/** A program that never ends by itself. */
function sleeper(cwd: string, name: string): string {
  const path = join(cwd, name);
  writeFileSync(path, '#!/bin/sh\necho waiting >&2\nexec sleep 600\n');
  chmodSync(path, 0o755);
  return path;
}

/** Where a model was profiled that works, and one that fails. */
let measured: string;

beforeAll(async () => {
  measured = project('[no_config, failing]');
  // The one that fails leaves the spec of its trial.
  expect((await tma(measured, 'profile', '-f', 'perf.yaml')).code).toBe(3);
});

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends with 130', (signal) => {
  /** What each waits for never comes. */
  async function interrupted(running: Running): Promise<void> {
    await new Promise((done) => setTimeout(done, 2000));
    running.child.kill(signal);
    const { code, output } = await running.ended;
    expect(code, output).toBe(130);
    expect(output).not.toContain('bug');
    expect(await nothingLeft()).toEqual([]);
  }

  test('install, while a program that it started runs', async () => {
    const cwd = folder();
    await interrupted(start(cwd, 'install', 'triton', '--python', sleeper(cwd, 'python3')));
  });

  test.each(['plan', 'profile'])('%s, while the GPUs are asked for', async (command) => {
    const cwd = project('no_config');
    sleeper(cwd, 'nvidia-smi');
    const environment = { PATH: `${cwd}:${process.env['PATH']}` };
    await interrupted(startWith(environment, cwd, command, '-f', 'perf.yaml'));
  });

  test('report, while the browser starts', async () => {
    const environment = { PUPPETEER_EXECUTABLE_PATH: sleeper(folder(), 'chromium') };
    await interrupted(startWith(environment, measured, 'report', '-o', 'pdf'));
  });

  test('load, on a server that does not answer', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    try {
      await interrupted(start(folder(), 'load', '-m', 'm', '-u', `localhost:${port}`));
    } finally {
      silent.close();
    }
  });
});

describe('what is missing where tma runs', () => {
  test.each<[what: string, args: string[], environment?: Record<string, string>]>([
    ['no tritonserver', ['profile', '-f', 'perf.yaml', '--triton-server-path', '/nowhere/tritonserver']],
    [
      'no Docker engine',
      ['profile', '-f', 'perf.yaml', '--triton-launch-mode', 'docker', '--triton-docker-image', 'x'],
      { DOCKER_HOST: 'unix:///nowhere.sock' },
    ],
    ['no such GPU', ['profile', '-f', 'perf.yaml', '--gpus', '97']],
    ['no Python', ['install', 'triton', '--python', '/nowhere/python3']],
    ['no permission for the cache', ['install', 'perf-analyzer'], { TMA_CACHE: '/sys/tma' }],
    ['no npm', ['install', 'chromium'], { TMA_CACHE: 'cache', PATH: '/nowhere' }],
  ])('%s', async (_what, args, environment = {}) => {
    const { code, output } = await startWith(environment, project('add_sub'), ...args).ended;
    expect(code, output).toBe(5);
    expect(output).not.toContain('    at ');
    expect(await nothingLeft()).toEqual([]);
  });

  test('a trial whose tritonserver is gone, or does not start', async () => {
    const file = join(measured, 'checkpoints/trials/failing_config_default.json');
    const spec = JSON.parse(readFileSync(file, 'utf8'));
    const other = (path: string): string => {
      spec.settings.launch.path = path;
      writeFileSync(join(measured, 'other.json'), JSON.stringify(spec));
      return join(measured, 'other.json');
    };
    const gone = await tma(measured, 'trial', '--spec', other('/nowhere/tritonserver'));
    expect(gone.code, gone.output).toBe(5);
    expect(gone.stdout).toContain('"kind":"mistake"');
    expect(gone.stdout).toContain('"fault":"environment"');
    const dead = await tma(measured, 'trial', '--spec', other('/bin/false'));
    expect(dead.code, dead.output).toBe(5);
  });
});

test('what the user wrote comes before what is missing, also among several models', async () => {
  const cwd = project('[nobody, add_sub]', 'load_generator: perf_analyzer\nperf_analyzer_path: /nowhere');
  expect((await tma(cwd, 'profile', '-f', 'perf.yaml')).code).toBe(2);
});

test('requirements that are not there', async () => {
  expect((await tma(folder(), 'install', 'triton', '-r', 'nowhere.txt')).code).toBe(2);
});
