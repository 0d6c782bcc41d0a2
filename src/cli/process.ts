import { relative } from 'node:path';
import type { Readable } from 'node:stream';
import { faultOf, type Problem, UserError } from '../ground/errors.ts';
import { diskFault } from '../ground/paths.ts';
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

/** What the exit code says; documented in docs/exit-codes.md. */
export const EXIT = {
  done: 0,
  /** A bug of ours. */
  bug: 1,
  /** A mistake in what the user wrote or names: perf.yaml, the command line, a model, a file that can't be read. */
  input: 2,
  /** Nothing could be measured, or what was measured does not suffice to decide. */
  nothing: 3,
  /** No configuration meets the constraints, or that is not known (with --fail-on-unmet-constraints). */
  unmet: 4,
  /** Something is missing where tma runs: a server, an engine, a GPU, a port, a permission, room on a disk. */
  environment: 5,
  /** Worse than what it was compared with. */
  regression: 6,
  /** Ended by Ctrl-C, `kill` or a terminal that was closed; what was measured is kept. */
  interrupted: 130,
} as const;

/** The exit code for mistakes; what the user wrote comes first. */
export const codeForFault = (problems: readonly Problem[]): number => EXIT[faultOf(problems)];

/** The exit code for anything that was thrown. */
export function codeForError(error: unknown): number {
  if (error instanceof UserError) return codeForFault(error.problems);
  // No room, or too many open files, can meet whatever tma is at.
  return diskFault(error, 'read') === 'environment' ? EXIT.environment : EXIT.bug;
}

/** A path as the user would write it here: relative when it is below the working directory. */
export function shortPath(process: Process, path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}
