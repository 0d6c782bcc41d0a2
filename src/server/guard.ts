import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A small process of its own that outlives tma: when tma dies, however it dies, the guard kills the process
 * groups it was told of, and removes their shared memory. One guard serves a whole run.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = fileURLToPath(new URL(`./guard-main.${extension}`, import.meta.url));
    // Detached, so that a Ctrl-C in the terminal does not reach it; stdin closes when tma is gone.
    this.#child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#child.unref();
    // The pipe must not keep tma alive.
    if (this.#child.stdin && 'unref' in this.#child.stdin) (this.#child.stdin as Socket).unref();
  }

  /** @param sharedMemory beginning of the names in /dev/shm that belong to the group. */
  watch(processGroup: number, sharedMemory: string): void {
    this.#child.stdin?.write(`+${processGroup} ${sharedMemory}\n`);
  }

  forget(processGroup: number): void {
    this.#child.stdin?.write(`-${processGroup}\n`);
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
