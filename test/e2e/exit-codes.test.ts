import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { folder } from '../support/experiment.ts';
import { nothingLeft, project, type Running, start, startWith, tma } from './tma.ts';

/** A program that never ends by itself; it leaves a file when it was started. */
const sleeper = (cwd: string, name: string): string => program(cwd, name, ': > "$0.started"; exec sleep 600');
const started = (path: string) => vi.waitFor(() => statSync(`${path}.started`), 20_000);

function program(cwd: string, name: string, script: string): string {
  const path = join(cwd, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
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
  async function interrupted(running: Running, waits: Promise<unknown>): Promise<void> {
    await waits;
    running.child.kill(signal);
    const { code, output } = await running.ended;
    expect(code, output).toBe(130);
    expect(output).not.toContain('bug');
    expect(await nothingLeft()).toEqual([]);
  }

  test('install, while a program that it started runs', async () => {
    const cwd = folder();
    const python = sleeper(cwd, 'python3');
    await interrupted(start(cwd, 'install', 'triton', '--python', python), started(python));
  });

  // The first Ctrl-C lets `profile` finish what it is at.
  test.each(signal === 'SIGINT' ? ['plan'] : ['plan', 'profile'])('%s, at its beginning', async (command) => {
    const cwd = project('no_config');
    const tool = sleeper(cwd, 'nvidia-smi');
    const environment = { PATH: `${cwd}:${process.env['PATH']}` };
    await interrupted(startWith(environment, cwd, command, '-f', 'perf.yaml'), started(tool));
  });

  test('report, while the browser starts', async () => {
    const browser = sleeper(folder(), 'chromium');
    const environment = { PUPPETEER_EXECUTABLE_PATH: browser };
    await interrupted(startWith(environment, measured, 'report', '-o', 'pdf'), started(browser));
  });

  test('load, on a server that does not answer', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    try {
      await interrupted(
        start(folder(), 'load', '-m', 'm', '-u', `localhost:${port}`),
        once(silent, 'connection'),
      );
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
    ['no Python', ['install', 'triton', '--python', '/nowhere/python3']],
    ['no permission for the cache', ['install', 'perf-analyzer'], { TMA_CACHE: '/sys/tma' }],
    ['no npm', ['install', 'chromium'], { TMA_CACHE: 'cache', PATH: '/nowhere' }],
  ])('%s', async (_what, args, environment = {}) => {
    const { code, output } = await startWith(environment, project('add_sub'), ...args).ended;
    expect(code, output).toBe(5);
    expect(output).not.toContain('    at ');
    expect(await nothingLeft()).toEqual([]);
  });

  test('a GPU that is not there', async () => {
    const cwd = project('add_sub');
    program(cwd, 'nvidia-smi', 'echo "0, GPU-0, NVIDIA A10, 24000, 550.54, [N/A]"');
    const environment = { PATH: `${cwd}:${process.env['PATH']}` };
    for (const command of ['plan', 'profile']) {
      const args = [command, '-f', 'perf.yaml', '--gpus', '97'];
      const { code, output } = await startWith(environment, cwd, ...args).ended;
      expect(code, output).toBe(5);
      expect(output).toContain('this machine has no GPU 97');
    }
  });

  test('a trial whose tritonserver is gone, or does not start', async () => {
    const file = join(measured, 'tma-out/checkpoints/trials/failing_config_default.json');
    const spec = JSON.parse(readFileSync(file, 'utf8'));
    const other = (path: string): string => {
      spec.settings.launch.serverPath = path;
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
