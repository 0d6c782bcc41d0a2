import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Docker from 'dockerode';
import { connect, locateEngine } from '../../src/server/docker/engine.ts';
import { folder } from '../support/experiment.ts';

/** Why there is no Docker engine to test on; undefined when there is one. */
export const noDocker = process.env['TMA_NO_DOCKER'] ?? whyNone();
if (noDocker) console.warn(`skipped: everything on a Docker engine, because ${noDocker}`);

function whyNone(): string | undefined {
  try {
    locateEngine();
    return undefined;
  } catch {
    return 'there is none here: `npm run test:docker` starts one';
  }
}

export const IMAGE = 'tma/tritonserver:24.10';
export const MODELS = resolve('test/fixtures/models');

export const engine = (): Docker => (noDocker ? new Docker() : connect(locateEngine()).docker);

/** A new folder with a perf.yaml for containers; windows are short, what they measure does not matter. */
export function dockerProject(models: string, more = ''): string {
  const cwd = folder();
  writeFileSync(
    join(cwd, 'perf.yaml'),
    [
      `model_repository: ${MODELS}`,
      'triton_launch_mode: docker',
      `triton_docker_image: ${IMAGE}`,
      'perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}',
      'concurrency: 1',
      'run_config_search_disable: true',
      more,
      `profile_models: ${models}`,
      '',
    ].join('\n'),
  );
  mkdirSync(join(cwd, 'empty'));
  return cwd;
}

/** Containers of tma's on the engine, running or not. */
export const containers = (docker: Docker) =>
  docker.listContainers({ all: true, filters: { label: ['tma.owner'] } });

/** The first container of tma's that appears. */
export async function containerOfTma(docker: Docker, seconds = 30): Promise<Docker.Container> {
  for (let waited = 0; waited < seconds * 10; waited++) {
    const [first] = await docker.listContainers({ filters: { label: ['tma.owner'] } });
    if (first) return docker.getContainer(first.Id);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('no container of tma came up');
}
