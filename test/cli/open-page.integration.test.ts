import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openFirst } from '../../src/cli/open-page.ts';
import type { Process } from '../../src/cli/process.ts';
import { folder } from '../support/experiment.ts';

async function opened(files: readonly string[], browser: string): Promise<string> {
  let error = '';
  const stderr = { write: (text: string) => (error += text) };
  await openFirst(files, { env: { BROWSER: browser }, stderr } as unknown as Process);
  return error;
}

test('the first page is opened by $BROWSER, with its address', async () => {
  const cwd = folder();
  const browser = join(cwd, 'browser');
  writeFileSync(browser, `#!/bin/sh\necho "$1" > '${cwd}/seen'\n`, { mode: 0o755 });
  expect(await opened(['/x/metrics.csv', '/x/a page.html', '/x/b.html'], browser)).toBe('');
  await vi.waitUntil(() => existsSync(join(cwd, 'seen')));
  expect(readFileSync(join(cwd, 'seen'), 'utf8').trim()).toBe(pathToFileURL('/x/a page.html').href);
});

test('a browser that stays open is not waited for; what can not be opened is said', async () => {
  const cwd = folder();
  const browser = join(cwd, 'browser');
  writeFileSync(browser, '#!/bin/sh\nexec sleep 3\n', { mode: 0o755 });
  expect(await opened(['/x/a.html'], browser)).toBe('');
  writeFileSync(browser, '#!/bin/sh\nexit 4\n', { mode: 0o755 });
  expect(await opened(['/x/a.html'], browser)).toContain('file:///x/a.html was not opened: ');
  expect(await opened(['/x/a.html'], join(cwd, 'gone'))).toContain('there is no ');
  expect(await opened(['/x/metrics.csv'], browser)).toBe('--open: no HTML page was written\n');
});
