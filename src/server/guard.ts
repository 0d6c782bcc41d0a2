import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { EngineAddress } from './docker/engine.ts';
import type { Traces } from './traces.ts';

/** What the guard is told, one JSON line each. */
export type GuardOrder =
  | { readonly watch: Traces }
  /** Its mark. */
  | { readonly forget: string }
  | { readonly watchContainer: ContainerTrace }
  /** Its id. */
  | { readonly forgetContainer: string };

/** A container of ours, and the engine that has it. */
export interface ContainerTrace {
  readonly engine: EngineAddress;
  readonly id: string;
}

/**
 * A small process of its own that outlives tma: when tma dies, however it dies, the guard ends the programs and
 * containers it was told of, and removes what they leave. One guard serves a whole run.
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

  /**
   * Looks after what has this mark, in place of what it was told of that mark before. To be called before anything of
   * it is there, so that no moment is left in which tma may be killed without the guard knowing of it.
   */
  watch(traces: Traces): void {
    this.#tell({ watch: traces });
  }

  forget({ mark }: Pick<Traces, 'mark'>): void {
    this.#tell({ forget: mark });
  }

  watchContainer(trace: ContainerTrace): void {
    this.#tell({ watchContainer: trace });
  }

  forgetContainer(id: string): void {
    this.#tell({ forgetContainer: id });
  }

  close(): void {
    this.#child.stdin?.end();
  }

  #tell(order: GuardOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}
