import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A /tmp and a /dev/shm of one's own, so that what lies there in the end was left by what was started in them. */
export interface PrivateFolders extends AsyncDisposable {
  /** How a command is to be started, so that it sees them. */
  command(cwd: string, command: string, ...args: string[]): { command: string; args: string[]; cwd: string };
  environment: Readonly<Record<string, string>>;
  /** What lies in them. */
  left(): string[];
}

const PLACE = '/tmp';
/** The old /tmp shows for a moment at /dev/shm, so that what is to be seen of it can be put into the new one. */
const MOUNT = `set -e
mount --bind /tmp /dev/shm
mount -t tmpfs tmpfs /tmp
for path in "$@"; do mkdir -p "/tmp/$path"; mount --bind "/dev/shm/$path" "/tmp/$path"; done
mount -t tmpfs tmpfs /dev/shm
echo ready
exec cat`;

/**
 * Real ones need root, who may mount; others get a TMPDIR, and nothing is known of /dev/shm.
 * @param folder of the run.
 * @param needed folders that are to be seen also where they lie below /tmp.
 */
export async function privateFolders(folder: string, needed: readonly string[]): Promise<PrivateFolders> {
  const kept = needed.filter((path) => path.startsWith(`${PLACE}/`)).map((path) => relative(PLACE, path));
  const holder = process.getuid?.() === 0 ? await mountNamespace(kept) : undefined;
  if (holder) {
    const root = `/proc/${holder.pid}/root`;
    return {
      command: (cwd, command, ...args) => ({
        command: 'nsenter',
        args: ['-t', String(holder.pid), '-m', 'sh', '-c', 'cd "$0" && exec "$@"', cwd, command, ...args],
        cwd: '/',
      }),
      environment: { TMPDIR: '/tmp' },
      left: () => [...below(root, 'tmp').filter((path) => !isAbove(path, kept)), ...below(root, 'dev/shm')],
      async [Symbol.asyncDispose]() {
        holder.stdin?.end();
      },
    };
  }
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  return {
    command: (cwd, command, ...args) => ({ command, args, cwd }),
    environment: { TMPDIR: temporary },
    left: () => below(folder, 'tmp'),
    async [Symbol.asyncDispose]() {},
  };
}

const below = (root: string, path: string): string[] =>
  readdirSync(join(root, path)).map((name) => join('/', path, name));

/** Whether a folder of /tmp is there for what was kept in it. */
const isAbove = (path: string, kept: readonly string[]): boolean =>
  kept.some((name) => `${PLACE}/${name}/`.startsWith(`${path}/`));

/** A process that holds the folders; undefined where even root may not mount, in most containers. */
async function mountNamespace(kept: readonly string[]): Promise<ChildProcess | undefined> {
  const holder = spawn('unshare', ['-m', 'sh', '-c', MOUNT, 'sh', ...kept], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const isReady = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('error', () => resolve(false));
    holder.once('exit', () => resolve(false));
  });
  return isReady ? holder : undefined;
}
