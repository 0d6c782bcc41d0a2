import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A /tmp and a /dev/shm of one's own, so that what lies there in the end was left by what was started in them. */
export interface PrivateFolders extends AsyncDisposable {
  /** How a command is to be started, so that it sees them. */
  command(cwd: string, command: string, ...args: string[]): { command: string; args: string[]; cwd: string };
  environment: Readonly<Record<string, string>>;
  /** What lies in them. */
  left(): string[];
}

const MOUNT = 'mount -t tmpfs tmpfs /tmp && mount -t tmpfs tmpfs /dev/shm && echo ready && exec cat';

/**
 * Real ones need root, who may mount; others get a TMPDIR, and nothing is known of /dev/shm.
 * @param folder of the run; it must not lie below /tmp.
 */
export async function privateFolders(folder: string): Promise<PrivateFolders> {
  const holder = process.getuid?.() === 0 ? await mountNamespace() : undefined;
  if (holder) {
    const root = `/proc/${holder.pid}/root`;
    return {
      command: (cwd, command, ...args) => ({
        command: 'nsenter',
        args: ['-t', String(holder.pid), '-m', 'sh', '-c', 'cd "$0" && exec "$@"', cwd, command, ...args],
        cwd: '/',
      }),
      environment: { TMPDIR: '/tmp' },
      left: () => [...below(root, 'tmp'), ...below(root, 'dev/shm')],
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

/** A process that holds the folders; undefined where even root may not mount, in most containers. */
async function mountNamespace(): Promise<ChildProcess | undefined> {
  const holder = spawn('unshare', ['-m', 'sh', '-c', MOUNT], { stdio: ['pipe', 'pipe', 'ignore'] });
  const isReady = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('error', () => resolve(false));
    holder.once('exit', () => resolve(false));
  });
  return isReady ? holder : undefined;
}
