import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Colours would make the golden texts depend on the terminal.
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    globalSetup: 'test/support/temporary-folder.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/docker/**', 'test/fuzz/**'],
          // Seconds of work at most, on a machine that may be busy with other things.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          // Each kind has a process of its own; more at once than there are cores only wait for each other.
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          // One server at a time: they share two cores.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          fileParallelism: false,
          // Beside the servers of the end-to-end tests they would measure each other.
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
