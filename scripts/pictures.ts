// Writes the pictures of docs/ and what the quick start prints: quick-start measures it anew; report draws report.png, the
// beginning of the summary page that it leaves, or of the one that is named; side-by-side draws side-by-side.png and
// from-checkpoint.png, where Model Analyzer is installed; outputs makes what else documents print, or those that are named; study
// makes the files of the study on an H100 anew from what was measured there.
// Without a name all of them.
// node scripts/pictures.ts [quick-start | report [result_summary.html] | side-by-side [further options of tma's run]
//   | study | outputs [mistake | load | compare | failure]]
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser } from 'puppeteer';
import { findBrowser } from '../src/report/browser.ts';
import { outputs } from './docs/outputs.ts';
import { quickStart } from './docs/quick-start.ts';
import { sideBySide } from './docs/side-by-side.ts';
import { study } from './docs/study.ts';

const QUICK_START = 'tma-out/reports/summaries/text_recognition/result_summary.html';
const [which, ...more] = process.argv.slice(2);

async function report(browser: Browser, [page = QUICK_START]: readonly string[]): Promise<string> {
  if (!existsSync(page)) return `no ${page} (npm run quickstart makes it): docs/report.png stays as it is`;
  const tab = await browser.newPage();
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await tab.setViewport({ width: 1200, height: 1500 });
  await tab.goto(String(pathToFileURL(resolve(page))));
  await tab.screenshot({ path: 'docs/report.png' });
  return `docs/report.png shows ${page}`;
}

const PICTURES = {
  'quick-start': quickStart,
  report,
  'side-by-side': sideBySide,
  study,
  outputs: (_browser: Browser, names: readonly string[]) => outputs(names),
};
const executablePath = await findBrowser();
if (!executablePath) throw new Error('no browser here: sh scripts/setup.sh installs one');
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const [name, draw] of Object.entries(PICTURES))
    if (which === undefined || which === name) console.log((await draw(browser, more)).trimEnd());
} finally {
  await browser.close();
}
