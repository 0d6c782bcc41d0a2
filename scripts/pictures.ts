// Writes docs/report.png: the beginning of a summary page, by default of the one that `npm run quickstart` leaves.
// node scripts/pictures.ts [result_summary.html]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer';
import { findBrowser } from '../src/report/browser.ts';

const QUICK_START = 'examples/text-recognition/out/reports/summaries/text_recognition/result_summary.html';
const page = resolve(process.argv[2] ?? QUICK_START);
const executablePath = await findBrowser();
if (!executablePath) throw new Error('no browser here: sh scripts/setup.sh installs one');
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1200, height: 1500 });
  await tab.goto(String(pathToFileURL(page)));
  await tab.screenshot({ path: 'docs/report.png' });
} finally {
  await browser.close();
}
