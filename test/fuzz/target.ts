import type { Random } from '../support/random.ts';

/** Something of tma's that reads what others wrote, and inputs to try it with. */
export interface Target {
  /** An input: something real with changes, or nothing like it. */
  make(random: Random): Buffer;
  /**
   * What tma does with it; resolves or returns when it took it.
   * @throws an error that `isOurs` knows when it refused it. Anything else that is thrown is a bug.
   */
  run(input: Buffer): unknown;
  isOurs(error: unknown): boolean;
}

/** Makes a target. @param folder for files that it needs. */
export type MakeTarget = (folder: string) => Target | Promise<Target>;

/** Errors that tell the user what is wrong. */
export const isUserError = (error: unknown): boolean => named(error, 'UserError');

/** Errors that are data of a trial, or told to the user, wherever a server's answers are read. */
export const isServerError = (error: unknown): boolean =>
  named(error, 'UserError', 'TritonError', 'ServerFailure', 'LoadFailure');

const named = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);
