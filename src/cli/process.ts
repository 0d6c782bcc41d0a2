import { relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { Mode } from '../index.ts';

/** The part of `process` that commands use, so that tests can give their own. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  cwd(): string;
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  /** Ends at once. */
  exit(code: number): void;
}

/** `-q`, `-v`, and the mode that stands before the command. */
export interface Flags {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly mode: Mode;
}

/** What the exit code says; documented in the README. */
export const EXIT = {
  done: 0,
  /** A bug of ours. */
  bug: 1,
  /** A mistake in perf.yaml, on the command line, or something missing on the machine. */
  mistake: 2,
  /** Nothing could be measured, or what was measured does not suffice to decide. */
  nothing: 3,
  /** No configuration meets the constraints, or that is not known (with --fail-on-unmet-constraints). */
  unmet: 4,
  /** Ended by Ctrl-C; what was measured is kept. */
  interrupted: 130,
} as const;

/** A path as the user would write it here: relative when it is below the working directory. */
export function shortPath(process: Process, path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}
