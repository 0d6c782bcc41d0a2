import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Where it is written which files Node crashed in, and what else went wrong beside tests. */
export const CRASHES = 'test-crashes.json';

export interface Crashes {
  /** Paths of test files. */
  readonly files: readonly string[];
  /** Errors that are no crash of Node. */
  readonly otherErrors: number;
}

/** Signals by which a fault of Node itself ends a process: what is written in TypeScript can't bring them about. */
const CRASH =
  /exited unexpectedly with signal (?:SIGSEGV|SIGTRAP|SIGILL|SIGBUS) .*while running test file (\S+)/;

/** Tells scripts/test.ts of crashes of Node. Vitest wants a default export. */
export default class CrashedFiles implements Reporter {
  onTestRunEnd(_modules: readonly TestModule[], errors: readonly unknown[]): void {
    const crashes = errors.map((error) => CRASH.exec(textOf(error))?.[1]);
    const files = [...new Set(crashes.flatMap((file) => (file ? [relative('.', file)] : [])))];
    const otherErrors = crashes.filter((file) => file === undefined).length;
    writeFileSync(CRASHES, JSON.stringify({ files, otherErrors } satisfies Crashes));
  }
}

/** The messages of an error and of what caused it. */
function textOf(error: unknown): string {
  const { message = '', cause } = (error ?? {}) as { message?: string; cause?: unknown };
  return cause === undefined ? message : `${message}\n${textOf(cause)}`;
}
