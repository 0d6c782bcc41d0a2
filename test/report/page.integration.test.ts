import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadReportRequest } from '../../src/config/report-request.ts';
import { rank } from '../../src/rank/rank.ts';
import { loadedModels, loadedName } from '../../src/record/run.ts';
import { findBrowser } from '../../src/report/browser.ts';
import { comparisonPage } from '../../src/report/comparison-page.ts';
import { type Result, resultOf } from '../../src/report/exporter.ts';
import { pagesOf } from '../../src/report/pages.ts';
import { readRecorded } from '../../src/store/read-recorded.ts';
import { comparedNights } from '../support/compared.ts';
import { folder } from '../support/experiment.ts';
import { CASES, thousand } from '../support/export-cases.ts';
import { measurement, result, run, trial } from '../support/run.ts';

/** The pages in a real browser: what can be done with them, and that everybody can. */
const executablePath = await findBrowser();
if (!executablePath) console.log('skipped: no browser here (sh scripts/setup.sh installs one)');

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a journal or a checkpoint of Model Analyzer's holds, as `tma report` shows it. */
function recorded(checkpoints: string): Result {
  const request = loadReportRequest({ commandLine: { checkpoint_directory: checkpoints } });
  const { run: told } = readRecorded(request.checkpointDirectory);
  const models = new Map(told.trials.map((item) => [loadedName(item), loadedModels(item)]));
  const rankings = [...models.values()].map((names) => rank(told, request.goalOf(names, told.sessions)));
  return resultOf(told, rankings, request.settings(told.sessions));
}

/** The checkpoint of a real Model Analyzer, as it lies in its folder. */
function modelAnalyzer(): Result {
  const at = folder();
  writeFileSync(join(at, '0.ckpt'), readFileSync('test/fixtures/model-analyzer/add_sub.ckpt'));
  return recorded(at);
}

const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 28 }] as const,
};

/** Eight configurations that differ in one setting, one that breaks the limit and one that failed. */
function eight(): Result {
  const told = run(
    trial('m_config_default', [measurement({ perf_throughput: 100, perf_latency_p99: 12 }, 1)]),
    ...[3, 1, 7, 5, 2, 6].map((size) =>
      trial(
        `m_config_${size}`,
        [
          measurement({ perf_throughput: 100 + 20 * size, perf_latency_p99: 4 * size }, 1, {
            warnings: ['known to ± 4 %, not to the 3 % asked for'],
            stable: false,
          }),
          measurement({ perf_throughput: 90 + 20 * size, perf_latency_p99: 2 * size }, 2),
        ],
        { assignment: { max_batch_size: size }, config: { name: 'm', max_batch_size: size } },
      ),
    ),
    trial('m_config_8', [measurement({ perf_throughput: 900, perf_latency_p99: 80 }, 1)]),
    trial('m_config_9', [], {
      end: {
        ...{ kind: 'no such device', cause: 'no GPUs are available', logTail: ['E1123 first'], warnings: [] },
        steps: { startS: 1, loadS: 1, warmupS: 0, measureS: 0, stopS: 0 },
      },
    }),
  );
  return result(told, [rank(told, goal)]);
}

/** Two models, the first measured in three nights. */
function nights(): Result {
  const twoModels = CASES.twoModels();
  const { model, entries } = twoModels.rankings[0]!;
  const of = { model, variant: entries[0]!.trial.name, settings: 'max batch size 4', tag: 'perf_throughput' };
  return {
    ...twoModels,
    pastRuns: [100, 120, 90].map((value, day) => ({
      ...{
        ...of,
        value,
        startedAt: `2026-01-0${day + 1}T02:00:00Z`,
        interval: [value - 5, value + 5] as const,
      },
      decision: day === 2 ? ('none' as const) : ('deploy' as const),
    })),
  };
}

describe.skipIf(!executablePath)('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await puppeteer.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  interface Sight {
    readonly width?: number;
    readonly dark?: boolean;
    readonly scripts?: boolean;
    readonly hash?: string;
  }

  async function opened(html: string, { width = 1400, dark, scripts = true, hash = '' }: Sight = {}) {
    const file = join(folder(), 'page.html');
    writeFileSync(file, html);
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.setJavaScriptEnabled(scripts);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.goto(`${pathToFileURL(file)}${hash}`);
    return page;
  }
  const firstOf = async (result: Result): Promise<string> => (await pagesOf(result))[0]!.html;

  /** What axe has against a page that matters. */
  async function faultsOf(page: Page): Promise<string[]> {
    // Everything that can be unfolded is looked at, too.
    await page.$$eval('details', (all) => {
      for (const item of all) (item as unknown as { open: boolean }).open = true;
    });
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate(
      'axe.run(document, { resultTypes: ["violations"] })',
    )) as AxeResults;
    return violations
      .filter(({ impact }) => impact !== 'minor')
      .map(
        ({ id, impact, nodes }) =>
          `${id} (${impact}): ${nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 200))
            .join(' | ')}`,
      );
  }

  const KINDS: Record<string, () => Promise<string> | string> = {
    'a run with failures': () => firstOf(recorded('test/fixtures/journal')),
    'a checkpoint of Model Analyzer': () => firstOf(modelAnalyzer()),
    'several configurations': () => firstOf(eight()),
    'a request rate and an ensemble': async () => (await pagesOf(CASES.twoModels()))[1]!.html,
    'the best of all models': async () => (await pagesOf(CASES.twoModels()))[2]!.html,
    'a model that answers several times': () => firstOf(CASES.decoupled()),
    'all models and runs': async () => (await pagesOf(nights())).at(-1)!.html,
    'limits that could not be checked': () => firstOf(CASES.unknown()),
    'nothing measured': () => firstOf(CASES.nothingMeasured()),
    'hostile names': () => firstOf(CASES.hostile()),
    'one configuration': async () => {
      const all = eight();
      const [one] = await pagesOf({
        ...all,
        settings: { ...all.settings, summaries: false, detailed: ['m_config_7'] },
      });
      return one!.html;
    },
    'two runs compared': async () => (await comparisonPage(comparedNights())).html,
  };

  test.each(Object.keys(KINDS))('%s: axe finds nothing serious or moderate, light and dark', async (kind) => {
    const html = await KINDS[kind]!();
    for (const dark of [false, true]) {
      const page = await opened(html, { dark });
      expect(await faultsOf(page)).toEqual([]);
      await page.close();
    }
  });

  /** Names of the configurations that the table of all trials shows, from top to bottom. */
  const shown = (page: Page): Promise<string[]> =>
    page.$$eval('table.trials > tbody:not([hidden]) > tr[id]', (rows) => rows.map(({ id }) => id));
  const isSeen = (page: Page, selector: string): Promise<boolean> =>
    page.$eval(selector, (element) =>
      (element as unknown as { checkVisibility(): boolean }).checkVisibility(),
    );
  const BEHIND = 'tr[id="m_config_9"] + tr.more';

  test('the table sorts by the keyboard, and says how; what has no figure stays last', async () => {
    const page = await opened(await firstOf(eight()));
    const ranked = await shown(page);
    const focus = (header: string) =>
      page.$$eval(
        'table.trials th > button',
        (buttons, wanted) =>
          (
            buttons.find(({ textContent }) => textContent.includes(wanted)) as unknown as { focus(): void }
          ).focus(),
        header,
      );
    await focus('max batch size');
    await page.keyboard.press('Enter');
    expect(
      await page.$$eval('table.trials th[aria-sort]', (all) => all.map((th) => th.getAttribute('aria-sort'))),
    ).toEqual(['ascending']);
    const sized = (await shown(page)).filter((name) => /_[1-7]$/.test(name));
    expect(sized.map((name) => Number(name.slice(-1)))).toEqual([1, 2, 3, 5, 6, 7]);
    await focus('Throughput');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const byThroughput = await shown(page);
    expect(byThroughput[0]).toBe('m_config_8');
    expect(byThroughput.at(-1)).toBe('m_config_9');
    expect(byThroughput.toSorted()).toEqual(ranked.toSorted());
  });

  test('chips and words narrow it down; a link to what is hidden shows it, opened', async () => {
    const page = await opened(await firstOf(eight()));
    expect(await page.$$eval('.chip', (all) => all.map(({ textContent }) => textContent))).toEqual([
      'measured 8',
      'breaking a limit 1',
      'failed 1',
    ]);
    await page.click('.chip[data-state="failed"]');
    expect(await shown(page)).toEqual(['m_config_9']);
    expect(await page.$eval('.filters .shown', ({ textContent }) => textContent)).toBe('1 of 9 shown');
    await page.click('.chip[data-state="failed"]');
    await page.type('.filters input', 'config_5');
    expect(await shown(page)).toEqual(['m_config_5']);
    expect(await isSeen(page, BEHIND)).toBe(false);
    await page.evaluate("location.hash = '#m_config_9'");
    await page.waitForFunction('document.querySelector(\'tr[id="m_config_9"] details\').open');
    expect(await shown(page)).toHaveLength(9);
    expect(await isSeen(page, BEHIND)).toBe(true);
  });

  test('with scripts off everything reads: rows open, counts stand, no dead button', async () => {
    const page = await opened(await firstOf(eight()), { scripts: false });
    expect(await page.$$('button:not(.chip)')).toHaveLength(0);
    expect(await isSeen(page, '.filters')).toBe(false);
    expect(await page.$eval('.counts', ({ textContent }) => textContent)).toBe(
      '9 configurations: 8 measured, 1 breaking a limit, 1 failed.',
    );
    expect(await isSeen(page, BEHIND)).toBe(false);
    await page.click('tr[id="m_config_9"] summary');
    expect(await isSeen(page, BEHIND)).toBe(true);
    const linked = await opened(await firstOf(eight()), { scripts: false, hash: '#m_config_9' });
    expect(await isSeen(linked, BEHIND)).toBe(true);
  });

  test('what is shown is what is copied; a browser that refuses is told, and the text marked', async () => {
    const page = await opened(await firstOf(eight()));
    const written = 'navigator.clipboard.writeText = async (text) => { window.written = text; }';
    await page.evaluate(
      `Object.defineProperty(navigator, 'clipboard', { value: {}, configurable: true }); ${written}`,
    );
    await page.click('#apply .copied button');
    expect(await page.evaluate('window.written')).toBe(
      await page.$$eval('#apply .copied > pre > span', (lines) =>
        lines.map(({ textContent }) => `${textContent}\n`).join(''),
      ),
    );
    expect(await page.$eval('#apply .copied button', ({ textContent }) => textContent)).toBe('copied');
    await page.click('#apply .copied button + button');
    expect(await page.evaluate('window.written')).toBe('name: "m"\nmax_batch_size: 10\n');
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))");
    await page.click('#apply .copied button');
    await page.waitForFunction(
      "document.querySelector('#apply .copied button').textContent.includes('refuses')",
    );
    expect(await page.evaluate('String(getSelection())')).toContain('max_batch_size');
  });

  test.each([320, 800, 1400, 3840])('at %i pixels nothing is wider than the screen', async (width) => {
    for (const result of [eight(), CASES.hostile(), recorded('test/fixtures/journal')]) {
      for (const { html } of await pagesOf(result)) {
        const page = await opened(html, { width });
        const wide = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(wide).toBe(0);
        await page.close();
      }
    }
  });

  test('a thousand rows are narrowed down in less than 100 ms', async () => {
    const html = await firstOf(thousand());
    const page = await opened(html);
    const ms = await page.evaluate(`(() => {
      const input = document.querySelector('.filters input');
      const type = (text) => { input.value = text; input.dispatchEvent(new Event('input')); document.body.offsetHeight; };
      // A browser that has just opened the page is busy with it; the least of several is the work itself.
      return Math.min(...['config_1', 'config_99', 'default'].map((text) => {
        const start = performance.now();
        type(text);
        return performance.now() - start;
      }));
    })()`);
    expect(ms).toBeLessThan(100);
    expect(await shown(page)).toEqual(['m_config_default']);
  });
});
