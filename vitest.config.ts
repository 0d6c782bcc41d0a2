import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Colours would make the golden texts depend on the terminal.
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // One server at a time: they share two cores.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
