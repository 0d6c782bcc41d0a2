import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 10;

/** Prints which test files took longest, with what they did before their first test. Vitest wants a default export. */
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => ({
        path: relative('.', module.moduleId),
        seconds: module.diagnostic().duration / 1000,
      }))
      .sort((a, b) => b.seconds - a.seconds);
    console.log(`\n the ${SHOWN} files that took longest, in seconds`);
    for (const { path, seconds } of files.slice(0, SHOWN))
      console.log(`${seconds.toFixed(0).padStart(6)}  ${path}`);
  }
}
