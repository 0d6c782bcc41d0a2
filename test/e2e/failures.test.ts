import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectThrough, nothingLeft, project, read, results, start, tma, tmaInto } from './tma.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: a read-only export path and a full disk, because mounting needs root');

test.each([
  ['failing', /requests failed: the tokenizer has no such word/],
  ['dying', /tritonserver was ended by SIGKILL under load/],
  ['broken', /No module named 'no_such_module'/],
])('a model that is %s is a result with its cause', async (model, cause) => {
  const cwd = project(model);
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(output).toMatch(cause);
  expect(output).toContain(`Nothing could be measured for ${model}`);
  expect(code).toBe(3);
  expect(results(cwd).trials[0].state).toBe('failed');
  expect(read(cwd, `tma-out/reports/summaries/${model}/result_summary.html`)).toContain('Failed and skipped');
  expect(await nothingLeft()).toEqual([]);
});

test('a load that takes longer than it may is ended and said', async () => {
  const cwd = project('slow_load');
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--model-load-timeout', '3');
  expect(output).toContain('the model was not loaded after 3 s (--model-load-timeout)');
  expect(code).toBe(3);
  expect(await nothingLeft()).toEqual([]);
});

test('a server that can not start ends the run with the end of its log', async () => {
  const cwd = project('add_sub', 'triton_server_flags: {no-such-flag: 1}');
  writeFileSync(
    join(cwd, 'perf.yaml'),
    read(cwd, 'perf.yaml').replace(
      'stability-percentage: 100',
      'stability-percentage: 100, shape: ["INPUT0:4", "INPUT1:4"]',
    ),
  );
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(output).toContain('the server does not start: flag rejected: tritonserver exited with code');
  expect(output).toContain("unrecognized option '--no-such-flag=1'");
  expect(code).toBe(2);
});

test('a server that can not start for any model is told once', async () => {
  const cwd = project('[no_config, dying]', 'triton_server_flags: {no-such-flag: 1}');
  writeFileSync(join(cwd, 'perf.yaml'), read(cwd, 'perf.yaml').replace('no_config', 'failing'));
  const { code, output, stdout } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--json');
  expect(code).toBe(2);
  expect(stdout.match(/"kind":"mistake"/g)).toHaveLength(1);
  const told = output.split('\n').filter((line) => line.startsWith('the server does not start'));
  expect(told).toHaveLength(1);
});

test.each([
  ['profile --json', ['profile', '-f', 'perf.yaml', '--json']],
  ['profile', ['profile', '-f', 'perf.yaml']],
  ['plan', ['plan', '-f', 'perf.yaml', '--json']],
  ['trial', ['trial', '--spec', 'no-such-file.json']],
])('a full disk behind the standard output of %s is said, and nothing stays running', async (_name, args) => {
  const { code, output } = await tmaInto('/dev/full', project('no_config'), ...args);
  expect(output).toContain('cannot write to the standard output: ENOSPC');
  expect(output).not.toContain('    at ');
  expect(code).toBe(5);
  expect(await nothingLeft()).toEqual([]);
});

test('a port that is taken is said, with the way out', async () => {
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
  const { port } = holder.address() as AddressInfo;
  const cwd = project('failing', `triton_http_endpoint: localhost:${port}`);
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(output).toContain(`port ${port} is taken`);
  expect(output).toContain('--triton-http-endpoint');
  expect(code).toBe(5);
  holder.close();
});

test.skipIf(!isRoot)('an export path that is read-only is said before anything starts', async () => {
  const cwd = project('failing', 'export_path: out');
  mkdirSync(join(cwd, 'out'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', join(cwd, 'out')]);
  try {
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expect(output).toMatch(/cannot write .*out\/.*read-only file system/);
    expect(output).toContain('--export-path');
    expect(code).toBe(5);
    expect(existsSync(join(cwd, 'tma-out', 'checkpoints'))).toBe(false);
  } finally {
    execFileSync('umount', [join(cwd, 'out')]);
  }
});

test.skipIf(!isRoot)(
  'a disk that fills up while measuring: told, nothing lost, and the run goes on from there',
  async () => {
    const shapes =
      'perf_analyzer_flags: {measurement-interval: 50, stability-percentage: 100, shape: ["INPUT0:4", "INPUT1:4"]}';
    const cwd = project(
      `{add_sub: {${shapes}, parameters: {concurrency: {start: 1, stop: 14}}}}`,
      'checkpoint_directory: disk',
    );
    const disk = join(cwd, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', disk]);
    try {
      const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
      expect(output).toContain('ENOSPC: no space left on device');
      expect(output).toMatch(/is kept in \S+/);
      expect(code).toBe(5);
      expect(await nothingLeft()).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=4m', disk]);
      const again = start(cwd, 'profile', '-f', 'perf.yaml');
      expectThrough(await again.ended);
      const measured = results(cwd).trials[0].points.filter(
        (point: { state: string }) => point.state === 'measured',
      );
      expect(measured).toHaveLength(14);
    } finally {
      execFileSync('umount', [disk]);
    }
  },
);
