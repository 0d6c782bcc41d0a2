import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Check } from '../../src/setup/machine-check.ts';
import { folder } from '../support/experiment.ts';

/** `tma doctor` on a machine that has what lies in a folder, and nothing else. */
async function doctor(cwd: string, ...args: string[]) {
  return await doctorWith({}, cwd, ...args);
}

async function doctorWith(more: Record<string, string>, cwd: string, ...args: string[]) {
  const env = {
    ...more,
    PATH: join(cwd, 'bin'),
    TMA_CACHE: join(cwd, 'cache'),
    HOME: cwd,
    DOCKER_HOST: 'unix:///nowhere',
  };
  const main = join(process.cwd(), 'src/cli/main.ts');
  const { exitCode, stdout } = await execa(process.execPath, [main, 'doctor', '--json', ...args], {
    ...{ cwd, env, extendEnv: false, reject: false },
  });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { exitCode, states: Object.fromEntries(checks.map(({ name, state }) => [name, state])), checks };
}
const program = (cwd: string, name: string, text: string): void => {
  mkdirSync(join(cwd, 'bin'), { recursive: true });
  writeFileSync(join(cwd, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
};

test('nothing here: what is missing, with the fix, and exit code 5', async () => {
  const { exitCode, states, checks } = await doctor(folder());
  expect(exitCode).toBe(5);
  expect(states).toMatchObject({
    ...{ tritonserver: 'missing', engine: 'absent', GPU: 'absent', perf_analyzer: 'absent', ports: 'ok' },
  });
  expect(checks.find(({ name }) => name === 'tritonserver')?.fix).toContain('tma install triton');
});

test('a tritonserver that runs is enough, one whose libraries are missing is not', async () => {
  const cwd = folder();
  program(cwd, 'tritonserver', 'echo "Usage: tritonserver [options]"; exit 1');
  expect(await doctor(cwd)).toMatchObject({ exitCode: 0, states: { tritonserver: 'ok' } });
  program(cwd, 'tritonserver', 'echo "error while loading shared libraries: libdcgm.so.3" >&2; exit 127');
  const { exitCode, checks } = await doctor(cwd);
  expect(exitCode).toBe(5);
  expect(checks[0]?.text).toContain('does not run here: error while loading shared libraries: libdcgm.so.3');
});

test('what a perf.yaml asks for is needed: GPU, engine, perf_analyzer, a port', async () => {
  const cwd = folder();
  program(cwd, 'tritonserver', 'echo Usage:');
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as { port: number };
  const yaml = (...lines: string[]): string => {
    writeFileSync(
      join(cwd, 'perf.yaml'),
      ['model_repository: .', 'profile_models: m', ...lines, ''].join('\n'),
    );
    return join(cwd, 'perf.yaml');
  };
  const asked = yaml('gpus: [0]', 'load_generator: perf_analyzer', `triton_http_endpoint: localhost:${port}`);
  const { exitCode, states } = await doctor(cwd, '-f', asked);
  taken.close();
  expect(exitCode).toBe(5);
  expect(states).toMatchObject({
    ...{ tritonserver: 'ok', engine: 'absent', GPU: 'missing', perf_analyzer: 'missing', ports: 'missing' },
  });
  const library = await doctor(cwd, '-f', yaml('triton_launch_mode: c_api', `triton_install_path: ${cwd}`));
  expect(library).toMatchObject({ exitCode: 5, states: { 'Triton library': 'missing' } });
  const nowhere = ['triton_launch_mode: remote', 'triton_http_endpoint: 127.0.0.1:9'];
  expect(await doctor(cwd, '-f', yaml(...nowhere))).toMatchObject({
    exitCode: 5,
    states: { server: 'missing' },
  });
  const docker = await doctor(cwd, '-f', yaml('triton_launch_mode: docker'));
  expect(docker).toMatchObject({ exitCode: 5, states: { engine: 'missing' } });
});

test('GPUs are those that CUDA_VISIBLE_DEVICES leaves', async () => {
  const cwd = folder();
  program(cwd, 'tritonserver', 'echo Usage:');
  const rows = [0, 1].map((index) => `${index}, GPU-${index}, NVIDIA H100, 81559, 580.1, Disabled`);
  program(cwd, 'nvidia-smi', `echo '${rows.join('\n')}'`);
  const told = async (list: string | undefined): Promise<Partial<Check>> => {
    const { checks } = await doctorWith(list === undefined ? {} : { CUDA_VISIBLE_DEVICES: list }, cwd);
    return checks.find(({ name }) => name === 'GPU')!;
  };
  expect(await told(undefined)).toMatchObject({ state: 'ok', text: '2 x NVIDIA H100' });
  expect(await told('1')).toMatchObject({
    state: 'ok',
    text: '1 x NVIDIA H100, of 2 x NVIDIA H100 by CUDA_VISIBLE_DEVICES=1',
  });
  writeFileSync(join(cwd, 'perf.yaml'), 'model_repository: .\nprofile_models: m\ngpus: [1]\n');
  const { checks } = await doctorWith({ CUDA_VISIBLE_DEVICES: '1' }, cwd, '-f', join(cwd, 'perf.yaml'));
  expect(checks.find(({ name }) => name === 'GPU')).toMatchObject({
    state: 'missing',
    text: 'gpus: there is no GPU 1 among those that CUDA_VISIBLE_DEVICES=1 leaves',
  });
  const none = await told('7');
  expect(none.state).toBe('absent');
  expect(none.text).toContain('CUDA_VISIBLE_DEVICES=7 leaves none of 2 x NVIDIA H100');
});

test('a model whose backend the server has not', async () => {
  const cwd = folder();
  program(cwd, 'tritonserver', 'echo Usage:');
  mkdirSync(join(cwd, 'backends', 'python'), { recursive: true });
  for (const file of ['model.onnx', 'model.py']) {
    const version = join(cwd, 'models', file, '1');
    mkdirSync(version, { recursive: true });
    writeFileSync(join(version, file), '');
  }
  const asked = (models: string): string => {
    writeFileSync(join(cwd, 'perf.yaml'), `model_repository: models\nprofile_models: ${models}\n`);
    return join(cwd, 'perf.yaml');
  };
  expect((await doctor(cwd)).checks).toContainEqual({ name: 'backends', state: 'ok', text: 'python' });
  expect(await doctor(cwd, '-f', asked('model.py'))).toMatchObject({
    exitCode: 0,
    states: { backends: 'ok' },
  });
  const { exitCode, checks } = await doctor(cwd, '-f', asked('[model.onnx, model.py, gone]'));
  expect(exitCode).toBe(5);
  expect(checks.filter(({ name }) => name === 'backends')).toEqual([
    {
      name: 'backends',
      state: 'missing',
      text: 'model "model.onnx" needs Triton\'s onnxruntime backend, and this tritonserver has the python backend alone',
      fix: expect.stringContaining('--triton-launch-mode docker'),
    },
  ]);
});
