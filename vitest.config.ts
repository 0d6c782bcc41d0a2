import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests of the command line that compare what was measured. */
const FIGURES = 'test/e2e/**/*.figures.test.ts';

/**
 * Files whose figures nobody compares, in one group: they wait most of their time, for servers to start and for requests,
 * so that more run at once than there are cores.
 */
const manyAtOnce = { maxWorkers: Math.min(8, 2 * availableParallelism()), sequence: { groupOrder: 2 } };

export default defineConfig({
  // The examples of the library, as a user writes them, on the sources.
  resolve: { alias: { 'triton-model-analyzer': resolve('src/index.ts') } },
  test: {
    // Colours would make the golden texts depend on the terminal.
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    globalSetup: 'test/support/temporary-folder.ts',
    // Vitest would leave a core to itself, which on two cores is half of them.
    maxWorkers: availableParallelism(),
    // One group after the other: what measures is not to be disturbed by what computes.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          setupFiles: 'test/support/unit-only.ts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts', 'test/e2e/**', 'test/docker/**', 'test/fuzz/**'],
          sequence: { groupOrder: 0 },
          // Seconds of work at most, on a machine that may be busy with other things.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          sequence: { groupOrder: 1 },
          // They mostly wait: files at once, and tests at once in those that allow it.
          maxWorkers: 3,
          maxConcurrency: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          // Each kind has a process of its own; more at once than there are cores only wait for each other.
          maxConcurrency: 2,
          testTimeout: 600_000,
          ...manyAtOnce,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [FIGURES],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          ...manyAtOnce,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-figures',
          include: [FIGURES],
          // Figures are compared with each other: more than two at once would measure their neighbours.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          // They look at all containers of the engine.
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
