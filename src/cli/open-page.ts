import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { codeOf } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import type { Process } from './process.ts';

/** A program that has not failed by then has opened the page, or is the browser itself. */
const FAILS_WITHIN_MS = 1500;

/**
 * Opens a page with what the machine opens pages with: $BROWSER, else the desktop's own program. What is opened stays open when
 * tma ends.
 * @returns why it could not be opened; undefined where it was.
 */
async function openPage(url: string, { env }: Pick<Process, 'env'>): Promise<string | undefined> {
  const usual = globalThis.process.platform === 'darwin' ? 'open' : 'xdg-open';
  const program = env['BROWSER']?.split(':')[0] || usual;
  return await new Promise((done) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => done(undefined), FAILS_WITHIN_MS);
    const end = (why: string | undefined): void => {
      clearTimeout(timer);
      done(why);
    };
    child.on('error', (error) =>
      end(codeOf(error) === 'ENOENT' ? `there is no ${program}; $BROWSER names another` : error.message),
    );
    child.on('exit', (code) => end(code === 0 ? undefined : `${program} ended with ${code ?? 'a signal'}`));
    child.unref();
  });
}

/** Opens the first page of those that were written; where that can't be done, it is said. */
export async function openFirst(files: readonly string[], process: Process): Promise<void> {
  const page = files.find((path) => path.endsWith('.html'));
  if (page === undefined) {
    process.stderr.write('--open: no HTML page was written\n');
    return;
  }
  const url = pathToFileURL(page).href;
  const why = await openPage(url, process);
  if (why !== undefined) process.stderr.write(`${shown(`--open: ${url} was not opened: ${why}`)}\n`);
}
