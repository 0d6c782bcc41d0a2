import { readFileSync, readlinkSync } from 'node:fs';
import type Docker from 'dockerode';

/** Labels that tell a container of tma's and whose it is. */
export const LABEL = {
  run: 'tma.run',
  variant: 'tma.variant',
  owner: 'tma.owner',
  container: 'tma.container',
};

/** This process, unmistakably: boot, process namespace, pid, start. */
export const ownerOf = (pid = process.pid): string =>
  [read('/proc/sys/kernel/random/boot_id').trim(), namespace(), pid, startOf(pid)].join(':');

/** Removes the containers of a tma that is gone; answers how many. Those of others are left alone. */
export async function removeLeftovers(docker: Docker): Promise<number> {
  const all = await docker.listContainers({ all: true, filters: { label: [LABEL.owner] } });
  const running = new Set(all.length > 0 ? (await docker.listContainers()).map(({ Id }) => Id) : []);
  const orphans = all.filter(({ Labels }) => isOrphan(Labels, running));
  await Promise.all(
    orphans.map(({ Id }) =>
      docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => {}),
    ),
  );
  return orphans.length;
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

/** undefined when this process can't know: another machine's, or another process namespace's. */
function ownerLives(owner: string): boolean | undefined {
  const [boot, itsNamespace, pid, start] = owner.split(':');
  const [ownBoot, ownNamespace] = ownerOf().split(':');
  if (boot !== ownBoot || itsNamespace !== ownNamespace) return undefined;
  return startOf(Number(pid)) === start;
}

/** When a process started, in the kernel's ticks since boot; empty when there is none. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
