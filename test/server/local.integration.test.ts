import { chmodSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serverArguments } from '../../src/server/arguments.ts';
import { LocalLauncher } from '../../src/server/local.ts';
import { locateTritonServer } from '../../src/server/locate.ts';
import { choosePorts } from '../../src/server/ports.ts';
import { resourcesOfGroup } from '../../src/server/process-group.ts';
import { folder, launchRequest, launchSettings } from '../support/experiment.ts';
import { newMark } from '../support/own-processes.ts';

const script = (text: string): string => {
  const path = join(folder(), 'tritonserver');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};
const request = () => launchRequest({ logFile: join(folder(), 'server.log') });
const settings = (serverPath: string) => launchSettings({ serverPath, readyTimeoutS: 2, loadTimeoutS: 5 });

test('the server asked for, else the one on PATH, else the installed one', () => {
  const path = script('exit 0');
  const home = folder();
  expect(locateTritonServer(path)).toBe(path);
  expect(locateTritonServer(undefined, { PATH: join(path, '..') })).toBe(path);
  expect(() => locateTritonServer('/nowhere/tritonserver')).toThrow(
    'no executable tritonserver at /nowhere/tritonserver',
  );
  expect(() => locateTritonServer(undefined, { PATH: '', TMA_CACHE: home })).toThrow('tma install triton');
});

test("tma's flags are bound to the loopback address, and the user's win", () => {
  const place = { address: '127.0.0.1', ports: { http: 1, grpc: 2, metrics: 3 }, sharedMemory: 'tma_1_1_' };
  const list = serverArguments(
    { ...request(), flags: { log_verbose: '1', 'exit-timeout-secs': '9', 'strict-model-config': '' } },
    place,
  );
  expect(list).toEqual(
    expect.arrayContaining([
      '--http-address=127.0.0.1',
      '--http-port=1',
      '--log-verbose=1',
      '--exit-timeout-secs=9',
      '--strict-model-config',
    ]),
  );
  expect(list.filter((flag) => flag.startsWith('--exit-timeout-secs'))).toHaveLength(1);
  expect(list.join()).not.toContain('auto-complete');
});

test('a binary that exits at once is a failure with the end of its log', async () => {
  const launcher = new LocalLauncher(
    settings(script('echo "E1123 04:02:22.92 43 main.cc:535] \\"no such device\\"" >&2; exit 3')),
  );
  await expect(launcher.launch(request())).rejects.toThrow(
    'tritonserver exited with code 3 before it was ready: no such device',
  );
  await launcher.close();
});

test('one that never gets ready is ended, with everything it started', async () => {
  const mark = newMark();
  const launcher = new LocalLauncher(settings(script('sleep 3000 & sleep 3000')));
  const environment = { ...mark.environment };
  const refused = expect(launcher.launch({ ...request(), environment })).rejects.toThrow(
    'was not ready after 2 s',
  );
  await expect.poll(() => mark.processes().length, { interval: 20, timeout: 10_000 }).toBe(3);
  await refused;
  await launcher.close();
  expect(mark.processes()).toEqual([]);
});

test('ports: free ones differ, a taken one is said', async () => {
  const ports = await Promise.all([choosePorts({}), choosePorts({})]);
  expect(new Set(ports.flatMap((item) => Object.values(item))).size).toBe(6);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  await expect(choosePorts({ http: port })).rejects.toThrow(`port ${port} is taken`);
  holder.close();
});

test('the memory and the CPU time of a group of processes', () => {
  const [, , group] = ownStat();
  const memory = resourcesOfGroup(group!);
  expect(memory?.usedMB).toBeGreaterThan(5);
  expect(memory?.availableMB).toBeGreaterThan(10);
  expect(memory?.cpuS).toBeGreaterThan(0.01);
  expect(resourcesOfGroup(2 ** 30)).toBeUndefined();
});

function ownStat(): number[] {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}
