import type { Container } from 'dockerode';
import type { Ports } from '../arguments.ts';

/** Whether the engine told of a process killed for lack of memory. */
export interface MemoryWatch {
  killed(): boolean;
  close(): void;
}

/** A container that was started, and what is kept open for it. */
export interface StartedContainer {
  readonly container: Container;
  /** Resolves when all of its output is in the log. */
  readonly output: Promise<void>;
  readonly oom: MemoryWatch;
  /** Where the engine has put its ports; 0 for one that is not published. */
  readonly published: Ports;
  /** Its main process, as the engine's machine counts it. */
  readonly pid: number;
  /** Where in the log its own lines begin, bytes. */
  readonly begin: number;
  /** To be called once it is removed. */
  forget(): void;
}
