import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import type { Goal } from '../../../src/record/goal.ts';
import type { Run } from '../../../src/record/run.ts';
import { findBrowser } from '../../../src/report/browser.ts';
import { summaryPages } from '../../../src/report/pages.ts';
import { folder } from '../../support/experiment.ts';
import { measurement, run, trial } from '../../support/run.ts';

/** The figures of a summary page in a real browser. */
const executablePath = await findBrowser();
if (!executablePath) console.log('skipped: no browser here (sh scripts/setup.sh installs one)');

const base = trial('m_config_default', [
  measurement({ perf_throughput: 100, perf_latency_p99: 12 }, 1),
  measurement({ perf_throughput: 110, perf_latency_p99: 24 }, 2),
]);
const better = trial('m_config_0', [
  measurement({ perf_throughput: 180, perf_latency_p99: 9 }, 1),
  measurement({ perf_throughput: 240, perf_latency_p99: 30 }, 2),
]);
const goal: Goal = {
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 28 }],
};

describe.skipIf(!executablePath)('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await puppeteer.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  const opened = async (recorded: Run, { width = 1400, hash = '' } = {}): Promise<Page> => {
    const [html] = await summaryPages(recorded, [rank(recorded, goal)]);
    const file = join(folder(), 'page.html');
    writeFileSync(file, html!.html);
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.goto(`${pathToFileURL(file)}${hash}`);
    return page;
  };
  const lit = (page: Page): Promise<string[]> =>
    page.$$eval('.lit', (elements) => elements.map(({ id, tagName }) => `${tagName.toLowerCase()} ${id}`));
  const CHOSEN = '[id="m_config_0@1x1"]';

  test('a point lights its row and the other points of its configuration, says what it is, and leads there', async () => {
    const page = await opened(run(base, better));
    await page.hover(CHOSEN);
    expect(await lit(page)).toEqual(
      expect.arrayContaining(['tr m_config_0', 'a m_config_0@1x1', 'a m_config_0@2x1']),
    );
    expect(await page.$eval('.tip', ({ textContent }) => textContent)).toBe(
      'm_config_0, 1 in flight: throughput 180 infer/s, p99 latency 9.00 ms',
    );
    await page.click(CHOSEN);
    expect(page.url()).toMatch(/#m_config_0$/);
  });

  test('a row lights its points; so does the address of a row or of a point', async () => {
    const page = await opened(run(base, better));
    await page.hover('tr[id="m_config_default"]');
    expect(await lit(page)).toContain('a m_config_default@1x1');
    const linked = await opened(run(base, better), { hash: '#m_config_0@2x1' });
    expect(await lit(linked)).toContain('tr m_config_0');
    expect(await linked.$eval(CHOSEN, (element) => element.matches(':target'))).toBe(false);
    expect(await linked.$eval('[id="m_config_0@2x1"]', (element) => element.matches(':target'))).toBe(true);
  });

  test('dragging over a part shows it larger, with round figures on its axes, and back', async () => {
    const page = await opened(run(base, better));
    const place = async (selector: string) => {
      const { x, y, width, height } = (await (await page.$(selector))!.boundingBox())!;
      return { x: x + width / 2, y: y + height / 2 };
    };
    await page.$eval(CHOSEN, (element) => element.scrollIntoView({ block: 'center' }));
    const before = await place(CHOSEN);
    await page.mouse.move(before.x - 20, before.y - 40);
    await page.mouse.down();
    await page.mouse.move(before.x + 120, before.y + 60, { steps: 4 });
    await page.mouse.up();
    const after = await place(CHOSEN);
    expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeGreaterThan(30);
    expect(await page.evaluate("document.querySelector('.zoom-out').hidden")).toBe(false);
    expect(page.url()).not.toContain('#m_config');
    await page.keyboard.press('Escape');
    expect(await place(CHOSEN)).toEqual(before);
  });

  test('dragging along an axis leaves the lines that cross it there; a click brings all back', async () => {
    const page = await opened(
      run(
        ...[1, 2, 4, 8].map((count) =>
          trial(`m_config_${count}`, [measurement({ perf_throughput: 100 * count }, 1)], {
            assignment: { max_batch_size: count },
          }),
        ),
      ),
    );
    const shown = () => page.$$eval('.profiles path:not(.out)', (paths) => paths.length);
    expect(await shown()).toBe(4);
    const axis = (await page.$('.axis-brush'))!;
    await axis.scrollIntoView();
    const { x, y, width, height } = (await axis.boundingBox())!;
    await page.mouse.move(x + width / 2, y + 1);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 3 });
    await page.mouse.up();
    expect(await shown()).toBe(2);
    await page.mouse.click(x + width / 2, y + height / 2);
    expect(await shown()).toBe(4);
  });

  test('fits a telephone, where it is a picture', async () => {
    const page = await opened(run(base, better), { width: 320 });
    expect(
      await page.$eval('#pareto .narrow svg', (svg) => svg.getBoundingClientRect().width),
    ).toBeGreaterThan(200);
    expect(await page.evaluate("getComputedStyle(document.querySelector('#pareto .wide')).display")).toBe(
      'none',
    );
  });
});
