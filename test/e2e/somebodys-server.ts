import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installedTriton } from '../../src/install/cache.ts';
import { Guard } from '../../src/server/guard.ts';
import { choosePorts } from '../../src/server/ports.ts';
import { watchEnvironments } from '../../src/server/python-environments.ts';
import { clearAway, MARK, newMark } from '../../src/server/traces.ts';
import { HttpTriton } from '../../src/server/triton-http.ts';
import { folder } from '../support/experiment.ts';

export const MODELS = resolve('test/fixtures/models');

const READY_MS = 60_000;

/**
 * A tritonserver that somebody else runs.
 * @throws Error with the end of its log when it ends or is not ready in time; `mustLive` throws the same when it has ended since.
 */
export async function somebodysServer(repository: string, ...flags: string[]) {
  const ports = await choosePorts({});
  const mark = newMark();
  const sharedMemory = `tma_${process.pid}_${ports.http}_${mark}_`;
  const environments = watchEnvironments();
  const logFile = join(folder(), 'server.log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    installedTriton(),
    [
      `--model-repository=${repository}`,
      `--http-port=${ports.http}`,
      `--grpc-port=${ports.grpc}`,
      `--metrics-port=${ports.metrics}`,
      '--exit-timeout-secs=0',
      `--backend-config=python,shm-region-prefix-name=${sharedMemory}`,
      ...flags,
    ],
    { stdio: ['ignore', log, log], detached: true, env: { ...process.env, [MARK]: mark } },
  );
  closeSync(log);
  const mustLive = (): void => {
    const { exitCode, signalCode } = child;
    if (exitCode === null && signalCode === null) return;
    const end = readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n');
    throw new Error(`the server of the test ended by itself: ${signalCode ?? `exit ${exitCode}`}\n${end}`);
  };
  // Tests that are killed leave no server either.
  const traces = { group: child.pid!, mark, sharedMemory, environments };
  const guard = new Guard();
  guard.watch(traces);
  const triton = new HttpTriton({ host: '127.0.0.1', port: ports.http });
  const deadline = performance.now() + READY_MS;
  while (!(await triton.isReady())) {
    mustLive();
    if (performance.now() > deadline) throw new Error(readFileSync(logFile, 'utf8'));
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    triton,
    pid: child.pid!,
    mustLive,
    remote: {
      http: { host: '127.0.0.1', port: ports.http },
      grpc: { host: '127.0.0.1', port: ports.grpc },
      metrics: { host: '127.0.0.1', port: ports.metrics },
      reload: true,
    },
    options: [
      ...['--triton-launch-mode', 'remote'],
      ...['--triton-http-endpoint', `localhost:${ports.http}`],
      ...['--triton-metrics-url', `http://localhost:${ports.metrics}/metrics`],
    ],
    /** Reached by gRPC alone. */
    grpcOptions: [
      ...['--triton-launch-mode', 'remote'],
      ...['--triton-grpc-endpoint', `localhost:${ports.grpc}`],
      ...['--triton-metrics-url', `http://localhost:${ports.metrics}/metrics`],
    ],
    async stop() {
      triton.close();
      try {
        process.kill(-child.pid!, 'SIGTERM');
      } catch {
        // It is gone already.
      }
      await clearAway(traces);
      guard.close();
    },
  };
}
