import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ownerOf } from '../../../src/ground/owner.ts';
import { connect, engineError, locateEngine } from '../../../src/server/docker/engine.ts';
import { pullProgress } from '../../../src/server/docker/image.ts';
import { isOrphan, LABEL } from '../../../src/server/docker/leftovers.ts';
import { containerIdOf, hostPath } from '../../../src/server/docker/own-container.ts';
import { credentialsFor, registryOf } from '../../../src/server/docker/registry.ts';
import { folder } from '../../support/experiment.ts';

const locate = (env: NodeJS.ProcessEnv, home = folder(), sockets: string[] = []) =>
  locateEngine({ env, home, exists: (path) => sockets.includes(path) });

describe('which engine', () => {
  test('DOCKER_HOST, with its certificates', () => {
    expect(locate({ DOCKER_HOST: 'tcp://h:1' })).toMatchObject({ url: 'tcp://h:1', saidBy: 'DOCKER_HOST' });
    expect(locate({ DOCKER_HOST: 'tcp://h:1', DOCKER_CERT_PATH: '/c' }).certificates).toBe('/c');
    expect(locate({ DOCKER_HOST: 'tcp://h:1', DOCKER_TLS_VERIFY: '1' }, '/home/u').certificates).toBe(
      '/home/u/.docker',
    );
  });

  test('the current context, or the one asked for', () => {
    const home = folder();
    const hash = createHash('sha256').update('lab').digest('hex');
    const meta = join(home, '.docker', 'contexts', 'meta', hash);
    mkdirSync(meta, { recursive: true });
    writeFileSync(
      join(meta, 'meta.json'),
      JSON.stringify({ Name: 'lab', Endpoints: { docker: { Host: 'unix:///lab.sock' } } }),
    );
    writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: 'lab' }));
    expect(locate({}, home)).toMatchObject({ url: 'unix:///lab.sock', saidBy: 'context lab' });
    expect(locate({ DOCKER_CONTEXT: 'lab' }, home).url).toBe('unix:///lab.sock');
    expect(locate({ DOCKER_CONTEXT: 'default' }, home, ['/var/run/docker.sock']).url).toBe(
      'unix:///var/run/docker.sock',
    );
    expect(() => locate({ DOCKER_CONTEXT: 'nolab' }, home)).toThrow(
      'the Docker context "nolab" is not there',
    );
  });

  test("the first socket: Docker's, a rootless one, Podman's", () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/7' };
    expect(locate(env, '/h', ['/run/user/7/docker.sock']).url).toBe('unix:///run/user/7/docker.sock');
    expect(locate(env, '/h', ['/h/.docker/run/docker.sock']).url).toBe('unix:///h/.docker/run/docker.sock');
    expect(locate(env, '/h', ['/run/user/7/podman/podman.sock']).url).toBe(
      'unix:///run/user/7/podman/podman.sock',
    );
    expect(() => locate(env, '/h')).toThrow('no Docker engine found');
  });

  test('where it runs, and what can not be used', () => {
    expect(connect({ url: 'tcp://10.0.0.1:2375', saidBy: 'x' }).host).toBe('10.0.0.1');
    expect(connect({ url: 'tcp://localhost:2375', saidBy: 'x' }).host).toBeUndefined();
    expect(connect({ url: 'unix:///x', saidBy: 'x' }).host).toBeUndefined();
    expect(() => connect({ url: 'ssh://u@h', saidBy: 'DOCKER_HOST' })).toThrow('--triton-launch-mode remote');
  });

  test('what it refuses is told in its own words', () => {
    const refusal = Object.assign(new Error('(HTTP code 404) no such image - x'), {
      json: { message: 'No such image: x' },
    });
    expect(engineError('x could not be had', 'image', refusal).message).toMatch(
      /^x could not be had: image missing: No such image: x\n {2}check the name/,
    );
    const many = new AggregateError([new Error('connect ECONNREFUSED ::1:2375')]);
    expect(engineError('x', 'create', many).message).toContain('engine unreachable: connect ECONNREFUSED');
  });
});

describe('registry credentials', () => {
  const config = (content: object): string => {
    const path = folder();
    writeFileSync(join(path, 'config.json'), JSON.stringify(content));
    return path;
  };
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('the registry of an image', () => {
    expect(registryOf('nvcr.io/nvidia/tritonserver:24.10-py3')).toBe('nvcr.io');
    expect(registryOf('localhost/x')).toBe('localhost');
    expect(registryOf('tma/tritonserver')).toBe('https://index.docker.io/v1/');
    expect(registryOf('busybox')).toBe('https://index.docker.io/v1/');
  });

  test('as `docker login` writes them, a colon in the password included', async () => {
    const auth = Buffer.from('$oauthtoken:a:b').toString('base64');
    expect(await credentialsFor('nvcr.io/x', config({ auths: { 'nvcr.io': { auth } } }))).toEqual({
      username: '$oauthtoken',
      password: 'a:b',
      serveraddress: 'nvcr.io',
    });
    expect(await credentialsFor('other.io/x', config({ auths: { 'nvcr.io': { auth } } }))).toBeUndefined();
    expect(await credentialsFor('nvcr.io/x', folder())).toBeUndefined();
  });
});

test('a pull is told layer by layer', () => {
  const lines: string[] = [];
  const report = pullProgress('x:1', (line) => lines.push(line));
  report({ status: 'Pulling from x', id: '1' });
  report({ status: 'Pulling fs layer', id: 'aaa' });
  report({ status: 'Already exists', id: 'bbb' });
  report({ status: 'Downloading', id: 'aaa', progressDetail: { current: 5e8, total: 2e9 } });
  report({ status: 'Download complete', id: 'aaa' });
  report({ status: 'Pull complete', id: 'aaa' });
  report({ status: 'Status: Downloaded newer image' });
  expect(lines).toEqual([
    'pulling x:1: layer bbb done (1 of 2)',
    'pulling x:1: layer aaa done (2 of 2, 2.0 GB of 2.0 GB)',
  ]);
});

describe('whose container', () => {
  const ours = { [LABEL.owner]: ownerOf() };
  test('a living owner, a dead one, one that can not be known', () => {
    expect(isOrphan(ours, new Set())).toBe(false);
    const [boot, space] = ownerOf().split('.');
    expect(isOrphan({ [LABEL.owner]: `${boot}.${space}.${process.pid}.1` }, new Set())).toBe(true);
    expect(isOrphan({ [LABEL.owner]: `${boot}.${space}.999999999.1` }, new Set())).toBe(true);
    expect(isOrphan({ [LABEL.owner]: `another-boot.${space}.1.1` }, new Set())).toBe(false);
  });

  test("tma's own container decides where it ran in one", () => {
    const labels = { ...ours, [LABEL.container]: 'c1' };
    expect(isOrphan(labels, new Set(['c1']))).toBe(false);
    expect(isOrphan(labels, new Set(['c2']))).toBe(true);
  });
});

describe('tma in a container', () => {
  test('which one', () => {
    const id = 'ab12'.repeat(16);
    const line = `512 500 254:1 /var/lib/docker/containers/${id}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw`;
    expect(containerIdOf(line)).toBe(id);
    expect(containerIdOf('22 1 254:1 / / rw - ext4 /dev/vda rw')).toBeUndefined();
  });

  test('paths as the host sees them', () => {
    const mounts = [
      { Source: '/home/u/models', Destination: '/models' },
      { Source: '/data', Destination: '/models/large' },
    ];
    expect(hostPath('/models/m', mounts)).toBe('/home/u/models/m');
    expect(hostPath('/models/large/x', mounts)).toBe('/data/x');
    expect(() => hostPath('/modelsother', mounts)).toThrow('lies in it alone');
    expect(() => hostPath('/tmp/x', mounts)).toThrow('docker run -v HOST_FOLDER:/tmp/x');
  });
});
