import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { somebodysServer } from './somebodys-server.ts';
import { expectThrough, journal, tma } from './tma.ts';

const QUICK = ['--time-limit', '0.3', '--skip-summary-reports', '-s', 'w/ck', '-e', 'w'] as const;
const OUTPUT = ['--output-model-repository-path', 'w/out'] as const;

/** A folder with the input of a case. */
function caseFolder(name: string): string {
  const cwd = folder();
  cpSync(resolve('test/fixtures/cases', name), cwd, { recursive: true });
  return cwd;
}

test('names with + : @ are measured by HTTP and by gRPC', async () => {
  const cwd = caseFolder('model-name-in-url');
  for (const protocol of ['http', 'grpc']) {
    const { code, output } = await tma(
      cwd,
      ...['profile', '-f', 'perf.yaml', '--client-protocol', protocol, '--server-reuse'],
      ...QUICK,
      ...OUTPUT,
    );
    expect(output).not.toContain('failed');
    expectThrough({ code, output });
  }
});

test('names that no URL can hold: by gRPC they are measured, by HTTP that is the reason', async () => {
  const cwd = caseFolder('model-name-in-url');
  cpSync(join(cwd, 'repo', 'a+b'), join(cwd, 'repo', '100%'), { recursive: true });
  const profile = async (protocol: string) =>
    await tma(
      cwd,
      ...['profile', '--model-repository', 'repo', '--profile-models', '100%', '-c', '1'],
      ...['--run-config-search-disable', '--client-protocol', protocol],
      ...QUICK,
      ...OUTPUT,
    );
  const grpc = await profile('grpc');
  expect(grpc.output).not.toContain('failed');
  expectThrough(grpc);
  const http = await profile('http');
  expect(http.output).toContain(`Triton's HTTP cannot carry the model name "100%"`);
  expect(http.output).toContain('write client_protocol: grpc');
  expect(http.code).toBe(2);
});

test('a remote server without GPUs gets instances on the CPU', async () => {
  const cwd = caseFolder('remote-without-gpu');
  const server = await somebodysServer(
    join(cwd, 'repo'),
    '--model-control-mode=explicit',
    '--load-model=plain',
  );
  try {
    const { code, output } = await tma(
      cwd,
      ...['profile', ...server.options, '--profile-models', 'plain', '-c', '1'],
      ...['--run-config-search-max-instance-count', '2', '--run-config-search-max-model-batch-size', '2'],
      ...QUICK,
      ...OUTPUT,
    );
    expect(output).not.toContain('KIND_GPU');
    expectThrough({ code, output });
    const measured = journal(cwd, 'w/ck/journal.jsonl').filter(
      ({ kind, record }) => kind === 'point' && record.state === 'measured',
    );
    expect(measured.length).toBeGreaterThan(1);
    const ends = journal(cwd, 'w/ck/journal.jsonl').filter(({ kind }) => kind === 'end');
    for (const { end } of ends)
      expect(end.effective.instance_group.map(({ kind }: { kind: string }) => kind)).toEqual(['KIND_CPU']);
  } finally {
    await server.stop();
  }
});
