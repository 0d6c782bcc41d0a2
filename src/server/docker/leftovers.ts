import type Docker from 'dockerode';
import { ownerLives } from '../../ground/owner.ts';
import { ask, type Limits } from './patience.ts';

/** Labels that tell a container of tma's and whose it is. */
export const LABEL = {
  run: 'tma.run',
  variant: 'tma.variant',
  owner: 'tma.owner',
  container: 'tma.container',
};

/** Removes the containers of a tma that is gone; answers how many. Those of others are left alone. */
export async function removeLeftovers(docker: Docker, limits: Limits): Promise<number> {
  const list = (options: Docker.ContainerListOptions): Promise<Docker.ContainerInfo[]> =>
    ask('containers', limits, (abortSignal) => docker.listContainers({ ...options, abortSignal }));
  const all = await list({ all: true, filters: { label: [LABEL.owner] } });
  const running = new Set(all.length > 0 ? (await list({})).map(({ Id }) => Id) : []);
  const orphans = all.filter(({ Labels }) => isOrphan(Labels ?? {}, running));
  const removed = await Promise.allSettled(
    orphans.map(({ Id }) =>
      ask('remove', limits, (abortSignal) =>
        docker.getContainer(Id).remove({ force: true, v: true, abortSignal }),
      ),
    ),
  );
  limits.signal?.throwIfAborted();
  return removed.filter(({ status }) => status === 'fulfilled').length;
}

/** Whether the tma that a container belongs to can be seen to be gone. */
export function isOrphan(
  labels: Readonly<Record<string, string>>,
  running: ReadonlySet<string>,
  alive: (owner: string) => boolean | undefined = ownerLives,
): boolean {
  const container = labels[LABEL.container];
  if (container) return !running.has(container);
  return alive(labels[LABEL.owner] ?? '') === false;
}
