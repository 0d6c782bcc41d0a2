import { existsSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type Docker from 'dockerode';
import { afterEach, describe, expect, test } from 'vitest';
import { ownerOf } from '../../src/ground/owner.ts';
import { locateEngine } from '../../src/server/docker/engine.ts';
import { journal, read, results, start, tma, tmaWithBrowser } from '../e2e/tma.ts';
import { folder } from '../support/experiment.ts';
import { containerOfTma, containers, dockerProject, engine, IMAGE, MODELS, noDocker } from './docker.ts';
import { registry } from './registry.ts';

const docker = engine();

describe.skipIf(noDocker !== undefined)('profiling in containers', () => {
  afterEach(async () => {
    expect(await containers(docker)).toEqual([]);
  });

  test('the text recognition example, whole', async () => {
    const out = folder();
    const { code, output } = await tmaWithBrowser(
      resolve('.'),
      ...['profile', '-f', 'examples/text-recognition/perf.yaml'],
      ...['--triton-launch-mode', 'docker', '--triton-docker-image', IMAGE],
      ...['--export-path', out, '--checkpoint-directory', join(out, 'checkpoints')],
      ...['--output-model-repository-path', join(out, 'variants'), '--skip-detailed-reports'],
    );
    const { trials, sessions, models } = JSON.parse(read(out, 'results/results.json'));
    // Which it is depends on how quiet the machine is.
    const [{ winner }] = models;
    if (winner) expect(output).toMatch(/^(Deploy|Keep) .* infer\/s.* at p99 /m);
    expect(code).toBe(winner ? 0 : 3);
    expect(sessions[0].environment).toMatchObject({ launcher: 'docker', server: IMAGE });
    expect(trials).toHaveLength(9);
    for (const trial of trials) {
      for (const { state, measurement } of trial.points) {
        expect(state).toBe('measured');
        expect(measurement.whole.values.cpu_used_ram).toBeGreaterThan(30);
        expect(measurement.whole.values.cpu_utilization).toBeGreaterThan(20);
        expect(measurement.whole.values.cpu_utilization).toBeLessThan(
          100 * sessions[0].environment.cores * 1.1,
        );
      }
    }
    expect(read(out, 'checkpoints/logs/text_recognition_config_0.log')).toContain('successfully loaded');
    expect(existsSync(join(out, 'reports/summaries/text_recognition/result_summary.pdf'))).toBe(true);
  });

  test('a container is bound to the loopback address, sees the models read-only, and has no privilege', async () => {
    const cwd = dockerProject(
      'slow_load',
      [
        'triton_server_environment: {SECRET_KEY: hunter2-hunter2}',
        'triton_docker_labels: {team: search}',
        'triton_docker_shm_size: 128m',
        `triton_docker_mounts: ["${MODELS}:/more:ro"]`,
        'triton_docker_args: {mem_limit: 2g, cap_drop: [NET_RAW], user: "0:0", name: bench, environment: {A: "1"}}',
        'gpus: []',
      ].join('\n'),
    );
    const running = start(cwd, 'profile', '-f', 'perf.yaml');
    const container = await containerOfTma(docker);
    const { HostConfig, Config, Name, Mounts } = await container.inspect();
    running.child.kill('SIGTERM');
    await running.ended;
    const bindings = Object.values(HostConfig.PortBindings as Record<string, { HostIp: string }[]>).flat();
    expect(bindings.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(HostConfig).toMatchObject({
      Privileged: false,
      CapAdd: null,
      CapDrop: ['NET_RAW'],
      Memory: 2 ** 31,
      ShmSize: 2 ** 27,
      NetworkMode: 'default',
    });
    expect(HostConfig.DeviceRequests ?? []).toEqual([]);
    expect(Mounts.map(({ Destination, RW }) => [Destination, RW]).sort()).toEqual(
      [
        [MODELS, false],
        ['/more', false],
      ].sort(),
    );
    expect(Config.Cmd[0]).toBe('tritonserver');
    expect(Config.Env).toEqual(expect.arrayContaining(['SECRET_KEY=hunter2-hunter2', 'A=1']));
    expect(Config.Labels).toMatchObject({ team: 'search', 'tma.variant': 'slow_load_config_default' });
    expect(Name).toMatch(/^\/bench-[0-9a-f]{8}-1-slow_load_config_default$/);
    expect(read(cwd, 'tma-out/checkpoints/journal.jsonl')).not.toContain('hunter2');
  });

  test('a container ends with the tma that was killed', async () => {
    const killed = start(dockerProject('slow_load', 'gpus: []'), 'profile', '-f', 'perf.yaml');
    const left = await containerOfTma(docker);
    killed.child.kill('SIGKILL');
    await killed.ended;
    for (let waited = 0; waited < 300 && (await isThere(left)); waited++)
      await new Promise((done) => setTimeout(done, 100));
    expect(await isThere(left)).toBe(false);
  });

  test('the next tma removes what was left all the same, and nothing else', async () => {
    const sleeping = (labels: Record<string, string>) =>
      docker.createContainer({ Image: IMAGE, Cmd: ['sleep', '60'], Labels: labels });
    const other = await sleeping({ 'tma.run': 'x' });
    const left = await sleeping({ 'tma.run': 'y', 'tma.owner': ownerOf().replace(/\d+$/, '1') });
    const next = dockerProject('failing', 'gpus: []');
    const { output } = await tma(next, 'profile', '-f', 'perf.yaml');
    expect(output).toContain('removed 1 container that an earlier tma left behind');
    expect(await isThere(left)).toBe(false);
    await other.remove();
  });

  test('while it runs, another tma leaves its container alone', async () => {
    const first = start(dockerProject('slow_load', 'gpus: []'), 'profile', '-f', 'perf.yaml');
    const container = await containerOfTma(docker);
    await tma(dockerProject('failing', 'gpus: []'), 'profile', '-f', 'perf.yaml');
    expect((await container.inspect()).State.Running).toBe(true);
    first.child.kill('SIGTERM');
    await first.ended;
  });

  test('in the network of the host nothing is published, and the server listens on the loopback address', async () => {
    const cwd = dockerProject('failing', 'gpus: []\ntriton_docker_args: {network: host}');
    const { output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expect(output).toContain('the tokenizer has no such word');
  });
});

const isThere = (container: Docker.Container): Promise<boolean> =>
  container.inspect().then(
    () => true,
    () => false,
  );

test.skipIf(noDocker !== undefined)(
  'tma in a container, the engine its socket: paths are those of the host, the network its own',
  async () => {
    const cwd = dockerProject('failing', 'gpus: []');
    const socket = locateEngine().url.slice('unix://'.length);
    const node = process.execPath;
    const command = ['/node', '/tma/dist/cli/main.js', 'profile', '-f', 'perf.yaml', '-m', '/repository'];
    const inside = await docker.createContainer({
      Image: IMAGE,
      Cmd: command,
      Env: ['DOCKER_HOST=unix:///engine.sock'],
      WorkingDir: '/project',
      HostConfig: {
        Init: true,
        Binds: [
          `${socket}:/engine.sock`,
          `${node}:/node:ro`,
          `${resolve('.')}:/tma:ro`,
          `${MODELS}:/repository:ro`,
          `${cwd}:/project`,
        ],
      },
    });
    await inside.start();
    await inside.wait();
    const log = (await inside.logs({ stdout: true, stderr: true })).toString();
    await inside.remove();
    expect(log).toContain('the tokenizer has no such word');
    expect(read(cwd, 'tma-out/checkpoints/logs/failing_config_default.log')).toContain('successfully loaded');
    expect(await containers(docker)).toEqual([]);
  },
);

describe.skipIf(noDocker !== undefined)('what goes wrong with containers', () => {
  test.each([
    [
      'an image that is not there',
      'failing',
      'triton_docker_image: localhost:1/no/such:1',
      5,
      /localhost:1\/no\/such:1 could not be pulled: image missing: /,
    ],
    ['a server that is killed', 'dying', '', 3, /server died: tritonserver was ended by SIGKILL under load/],
    [
      'models that are somewhere else',
      'failing',
      'HIDDEN',
      3,
      /repository not visible: model not found in any model repository/,
    ],
    [
      'too little shared memory',
      'failing',
      'triton_docker_shm_size: 64k',
      3,
      /out of shared memory: .*[\s\S]*triton_docker_shm_size: 2g/,
    ],
    ['a package that is missing', 'broken', '', 3, /Python import error: .*No module named 'no_such_module'/],
    [
      'a GPU that is not there',
      'failing',
      'gpus: 0',
      5,
      /no such device: could not select device driver "nvidia"/,
    ],
    [
      'a network that can not be reached',
      'failing',
      'triton_docker_args: {network: none}',
      2,
      /a server in the network "none" can't be reached/,
    ],
  ])('%s', async (_what, model, option, exit, message) => {
    const cwd = dockerProject(model);
    const hidden = `triton_docker_args: {volumes: ["${join(cwd, 'empty')}:${MODELS}:ro"]}`;
    const yaml = option === 'HIDDEN' ? hidden : option;
    const lines = read(cwd, 'perf.yaml')
      .split('\n')
      .filter(
        (line) => !(option.startsWith('triton_docker_image') && line.startsWith('triton_docker_image')),
      );
    writeFileSync(
      join(cwd, 'perf.yaml'),
      [...(yaml.startsWith('gpus') ? [] : ['gpus: []']), yaml, ...lines].join('\n'),
    );
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expect(output).toMatch(message);
    expect(code).toBe(exit);
    expect(await containers(docker)).toEqual([]);
  });

  test('no engine: where it was looked for', async () => {
    const cwd = dockerProject('failing');
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = `unix://${join(cwd, 'no.sock')}`;
    try {
      const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
      expect(output).toMatch(
        /the Docker engine at unix:\S+no\.sock \(by DOCKER_HOST\) can't be used: engine unreachable/,
      );
      expect(code).toBe(5);
    } finally {
      process.env['DOCKER_HOST'] = before;
    }
  });

  test('a port that is taken', async () => {
    const holder = createServer();
    await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
    const { port } = holder.address() as AddressInfo;
    const { code, output } = await tma(
      dockerProject('failing', `triton_http_endpoint: localhost:${port}`),
      ...['profile', '-f', 'perf.yaml'],
    );
    expect(output).toContain(`port ${port} is taken`);
    expect(code).toBe(5);
    holder.close();
  });

  test('out of memory: the larger variants are not tried', async () => {
    const group = (count: number): string => `[{kind: KIND_CPU, count: ${count}}]`;
    const cwd = dockerProject(
      `{hungry: {model_config_parameters: {instance_group: [${group(3)}, ${group(2)}, ${group(6)}]}}}`,
      'gpus: []\ntriton_docker_args: {mem_limit: 450m, memswap_limit: 450m}',
    );
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expect(output).toMatch(/hungry_config_0.*failed: out of memory: .* was killed while loading the model/);
    expect(output).toMatch(
      /skipped: larger than hungry_config_0, which ran out of memory \(1 point of hungry_config_2\)/,
    );
    expect(code).toBe(0);
    const { trials } = results(cwd);
    expect(trials.map(({ state }: { state: string }) => state)).toEqual([
      'measured',
      'failed',
      'failed',
      'skipped',
    ]);
    expect(trials[1].end).toMatchObject({
      kind: 'out of memory',
      advice: expect.stringContaining('mem_limit'),
    });
    // The trial's end is in, too; then how the search went.
    expect(
      journal(cwd)
        .slice(-2)
        .map(({ kind }) => kind),
    ).toEqual(['end', 'search']);
  });
});

describe.skipIf(noDocker !== undefined)('an image that has to be pulled', () => {
  const before = process.env['DOCKER_CONFIG'];
  afterEach(() => {
    if (before === undefined) delete process.env['DOCKER_CONFIG'];
    else process.env['DOCKER_CONFIG'] = before;
  });

  test('layer by layer, with the credentials of `docker login`, which show nowhere', async () => {
    const store = await registry('ann', 'a-long-password');
    const image = `${store.host}/team/tiny:1`;
    const login = folder();
    process.env['DOCKER_CONFIG'] = login;
    const cwd = dockerProject('failing', 'gpus: []');
    const option = ['--triton-docker-image', image];
    const refused = await tma(cwd, 'profile', '-f', 'perf.yaml', ...option);
    expect(refused.output).toMatch(
      /could not be pulled: image missing: .*(no basic auth credentials|who is there|unauthorized)/i,
    );
    expect(refused.output).toContain('docker login');

    const auth = Buffer.from('ann:a-long-password').toString('base64');
    writeFileSync(join(login, 'config.json'), JSON.stringify({ auths: { [store.host]: { auth } } }));
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', ...option);
    store.close();
    await docker.getImage(image).remove();
    expect(output).toMatch(/pulling \S+tiny:1: layer [0-9a-f]{12} done \(1 of 2/);
    expect(output).toMatch(/done \(2 of 2/);
    expect(output).toContain('the server does not start: image unfit:');
    expect(output).toContain("NVIDIA's");
    expect(code).toBe(5);
    for (const text of [output, read(cwd, 'tma-out/checkpoints/journal.jsonl')]) {
      expect(text).not.toContain('a-long-password');
      expect(text).not.toContain(auth);
    }
  });

  test('what the engine refuses of the arguments is told', async () => {
    const cwd = dockerProject('failing', 'gpus: []\ntriton_docker_args: {mem_limit: 1k}');
    const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
    expect(output).toMatch(/the server does not start: container refused: Minimum memory limit/i);
    expect(code).toBe(2);
  });
});
