import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test("puppeteer's install script fetches no browser in this repository", () => {
  const nowhere = 'http://127.0.0.1:9';
  const printed = execFileSync(process.execPath, ['install.mjs'], {
    cwd: 'node_modules/puppeteer',
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      npm_config_loglevel: 'notice',
      PUPPETEER_CHROME_DOWNLOAD_BASE_URL: nowhere,
      PUPPETEER_CHROME_HEADLESS_SHELL_DOWNLOAD_BASE_URL: nowhere,
    },
  });
  expect(printed).toContain('Skipping downloading browsers');
});
