import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { environmentError } from '../../ground/errors.ts';
import { ask, EngineSilent, type Limits } from './patience.ts';

/** A folder of the engine's host and where a container sees it. */
interface Bind {
  readonly Source: string;
  readonly Destination: string;
}

/** The container that tma itself runs in. */
export interface OwnContainer {
  readonly id: string;
  /** A path here, as the engine's host sees it. @throws UserError when it is not mounted from there. */
  hostPath(path: string): string;
}

/** The container of this engine that tma runs in; undefined when it runs in none, or in another engine's. */
export async function ownContainer(docker: Docker, limits: Limits): Promise<OwnContainer | undefined> {
  const id = containerIdOf(readMountInfo());
  if (!id) return undefined;
  try {
    const { Mounts } = await ask('own container', limits, (abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal }),
    );
    return { id, hostPath: (path) => hostPath(path, Mounts) };
  } catch (error) {
    limits.signal?.throwIfAborted();
    if (error instanceof EngineSilent) throw error;
    return undefined;
  }
}

function readMountInfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/** The id in the path that a container's resolv.conf or hostname is mounted from (Docker's and Podman's layouts). */
export const containerIdOf = (mountInfo: string): string | undefined =>
  /\/(?:containers|overlay-containers)\/([0-9a-f]{64})\/(?:userdata\/)?(?:resolv\.conf|hostname|hosts)\b/.exec(
    mountInfo,
  )?.[1];

/** A path of this container as its engine's host has it; of mounts inside each other the innermost counts. */
export function hostPath(path: string, mounts: readonly Bind[]): string {
  const holding = mounts
    .filter(
      ({ Destination }) => path === Destination || path.startsWith(`${Destination.replace(/\/$/, '')}/`),
    )
    .sort((a, b) => b.Destination.length - a.Destination.length)[0];
  if (holding) return holding.Source + path.slice(holding.Destination.replace(/\/$/, '').length);
  throw environmentError(
    `tma runs in a container, and ${path} lies in it alone: the engine can't give it to another container`,
    `mount it from the host: docker run -v HOST_FOLDER:${path} ...`,
  );
}
