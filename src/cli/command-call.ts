import type { Command } from 'commander';
import type { Mode } from '../index.ts';
import type { Flags, Process } from './process.ts';

/** What a command is called with. */
export interface Call {
  readonly process: Process;
  /** What stands before the command. */
  mode(): Mode;
  /** tma with all its commands, the options of each loaded, to be looked at. */
  everything(): Promise<Command>;
  /** Says with which code tma is to exit. */
  end(code: number): void;
}

/** `-q` and `-v` of a command, and the mode that stands before it. */
export const flagsOf = (call: Call, options: Readonly<Record<string, unknown>>): Flags => ({
  quiet: options['quiet'] === true,
  verbose: options['verbose'] === true,
  mode: call.mode(),
});
