import type { Browser } from 'puppeteer';
import { messageOf } from '../ground/errors.ts';
import { makeScratch, removeScratch } from '../ground/scratch.ts';
import { Guard } from '../server/guard.ts';
import { killGroup } from '../server/process-group.ts';
import { clearAbandoned, clearAway, endMarked, MARK, newMark } from '../server/traces.ts';
import { findBrowser } from './browser.ts';

/** Says how to get the PDF where there is no browser. */
export const NO_BROWSER =
  'no PDF: no browser found; `tma install chromium` brings one, then `tma report` makes the PDF';

/** Prints pages and draws pictures with one browser for all of them. */
export interface PdfPrinter extends AsyncDisposable {
  /** The PDF of a page of ours that says its paper itself, with bookmarks; nothing it refers to is loaded. */
  print(html: string): Promise<Uint8Array>;
  /** Drawings as PNG, twice as large as they are on a page. */
  pictures(svgs: readonly string[]): Promise<Uint8Array[]>;
}

/** Why a browser that there is printed nothing. */
export const whyNotPrinted = (error: unknown, signal: AbortSignal | undefined): string =>
  signal?.aborted
    ? 'it was stopped; `tma report` makes it'
    : `the browser failed: ${messageOf(error).split('\n')[0]}`;

/** How a browser is waited for. */
export interface PrinterNeed {
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the browser, whatever it does. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds that it may take to start, and for each page. */
  readonly startS?: number;
  readonly pageS?: number;
}

const CLOSE_MS = 5000;

/**
 * A printer, or undefined where there is no browser. The browser is spoken to through a pipe, which no other program
 * can reach, and ends when tma does; its profile is a folder of its own, which goes with it.
 * @throws Error when it does not start, does not answer in time, or the signal was aborted.
 */
export async function openPrinter(need: PrinterNeed = {}): Promise<PdfPrinter | undefined> {
  const { env, signal, startS = 30, pageS = 120 } = need;
  signal?.throwIfAborted();
  const path = await findBrowser(env);
  if (!path) return undefined;
  clearAbandoned();
  const guard = new Guard();
  const mark = newMark();
  // Before it starts: tma may be killed while it does. Its processes are known by their mark.
  const profile = makeScratch('browser', (folder) => guard.watch({ group: 0, mark, folders: [folder] }));
  let browser: Browser;
  try {
    browser = await limited(launch(path, profile, mark), startS, signal);
  } catch (error) {
    await endMarked(mark);
    removeScratch(profile);
    guard.close();
    throw error;
  }
  const traces = { group: browser.process()?.pid ?? 0, mark, folders: [profile] };
  /** Without an answer in time the browser is ended: it would not answer the next question either. */
  const answered = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await limited(work, pageS, signal);
    } catch (error) {
      killGroup(traces.group, 'SIGKILL');
      throw error;
    }
  };
  return {
    print: (html) => answered(print(browser, html)),
    pictures: (svgs) => answered(pictures(browser, svgs)),
    async [Symbol.asyncDispose]() {
      await limited(browser.close(), CLOSE_MS / 1000, signal).catch(() => {});
      killGroup(traces.group, 'SIGKILL');
      await clearAway(traces);
      guard.close();
    },
  };
}

/** Puppeteer is loaded only here: it is large. */
async function launch(path: string, profile: string, mark: string): Promise<Browser> {
  const { default: puppeteer } = await import('puppeteer');
  const isRoot = process.getuid?.() === 0;
  return await puppeteer.launch({
    executablePath: path,
    // The headless shell, which is all that the installed Chromium is; as root Chromium runs without its sandbox only.
    headless: 'shell',
    args: [...(isRoot ? ['--no-sandbox'] : []), '--disable-gpu', '--no-zygote', '--disable-dev-shm-usage'],
    pipe: true,
    userDataDir: profile,
    // What it puts into the folder for temporary files goes with its profile.
    env: { ...process.env, TMPDIR: profile, [MARK]: mark },
    timeout: 0,
    // Whoever asks us to end means us; the browser goes with us.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** What was asked for, unless it takes too long or the signal comes. */
async function limited<T>(work: Promise<T>, seconds: number, signal: AbortSignal | undefined): Promise<T> {
  const done = new AbortController();
  const over = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it did not answer within ${seconds} s`)),
      seconds * 1000,
    );
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    done.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    });
    if (signal?.aborted) stop();
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    // What comes of it later is nobody's concern.
    work.catch(() => {});
    done.abort();
  }
}

async function print(browser: Browser, html: string): Promise<Uint8Array> {
  const page = await browser.newPage();
  try {
    await page.setOfflineMode(true);
    await page.setContent(html, { waitUntil: 'load' });
    // What is folded on the screen is printed open.
    await page.evaluate('for (const item of document.querySelectorAll("details")) item.open = true');
    return await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged: true, outline: true });
  } finally {
    await page.close();
  }
}

async function pictures(browser: Browser, svgs: readonly string[]): Promise<Uint8Array[]> {
  const page = await browser.newPage();
  try {
    await page.setOfflineMode(true);
    await page.setViewport({ width: 1000, height: 600, deviceScaleFactor: 2 });
    const figures = svgs.map(
      (svg) => `<figure style="margin: 0 0 20px; padding: 10px; width: max-content">${svg}</figure>`,
    );
    await page.setContent(`<body style="font-family: sans-serif">${figures.join('')}`, { waitUntil: 'load' });
    const taken: Uint8Array[] = [];
    for (const figure of await page.$$('figure')) taken.push(await figure.screenshot({ type: 'png' }));
    return taken;
  } finally {
    await page.close();
  }
}
