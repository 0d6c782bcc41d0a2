import type { Browser } from 'puppeteer';
import { findBrowser } from './browser.ts';

/** Says how to get the PDF where there is no browser. */
export const NO_BROWSER =
  'no PDF: no browser found; `tma install chromium` brings one, then `tma report` makes the PDF';

/** Prints pages and draws pictures with one browser for all of them. */
export interface PdfPrinter extends AsyncDisposable {
  /** The PDF of a page of ours; nothing it refers to is loaded. */
  print(html: string, footer: string): Promise<Uint8Array>;
  /** Drawings as PNG, twice as large as they are on a page. */
  pictures(svgs: readonly string[]): Promise<Uint8Array[]>;
}

/** A printer, or undefined where there is no browser. Puppeteer is loaded only here: it is large. */
export async function openPrinter(env?: NodeJS.ProcessEnv): Promise<PdfPrinter | undefined> {
  const path = await findBrowser(env);
  if (!path) return undefined;
  const { default: puppeteer } = await import('puppeteer');
  const isRoot = process.getuid?.() === 0;
  const browser: Browser = await puppeteer.launch({
    executablePath: path,
    // The headless shell, which is all that the installed Chromium is; as root Chromium runs without its sandbox only.
    headless: 'shell',
    args: [...(isRoot ? ['--no-sandbox'] : []), '--disable-gpu', '--no-zygote', '--disable-dev-shm-usage'],
  });
  return {
    async print(html, footer) {
      const page = await browser.newPage();
      try {
        await page.setOfflineMode(true);
        await page.setContent(html, { waitUntil: 'load' });
        // What is folded on the screen is printed open.
        await page.evaluate('for (const item of document.querySelectorAll("details")) item.open = true');
        return await page.pdf({
          format: 'A4',
          printBackground: true,
          displayHeaderFooter: true,
          headerTemplate: '<span></span>',
          footerTemplate: footerTemplate(footer),
          margin: { top: '14mm', bottom: '16mm', left: '12mm', right: '12mm' },
        });
      } finally {
        await page.close();
      }
    },
    async pictures(svgs) {
      const page = await browser.newPage();
      try {
        await page.setOfflineMode(true);
        await page.setViewport({ width: 1000, height: 600, deviceScaleFactor: 2 });
        const figures = svgs.map(
          (svg) => `<figure style="margin: 0 0 20px; padding: 10px; width: max-content">${svg}</figure>`,
        );
        await page.setContent(`<body style="font-family: sans-serif">${figures.join('')}`, {
          waitUntil: 'load',
        });
        const found = await page.$$('figure');
        const pictures: Uint8Array[] = [];
        for (const figure of found) pictures.push(await figure.screenshot({ type: 'png' }));
        return pictures;
      } finally {
        await page.close();
      }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

const footerTemplate = (text: string): string =>
  `<div style="font: 8px sans-serif; width: 100%; margin: 0 12mm; display: flex; justify-content: space-between; color: #666"><span>${text.replace(/[<&]/g, '')}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`;
