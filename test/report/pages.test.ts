import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { pagesOf, summaryPages } from '../../src/report/pages.ts';
import { readRecorded } from '../../src/store/read-recorded.ts';
import { folder } from '../support/experiment.ts';
import { CASES, thousand } from '../support/export-cases.ts';
import { pageText } from '../support/page.ts';
import { measurement, run, trial } from '../support/run.ts';

/** Pages of runs of all kinds, as they were last agreed on. */

const goal = (model: string) => ({
  models: [model] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [],
});

const KINDS = [
  'small',
  'twoModels',
  'hostile',
  'unknown',
  'nothingMeasured',
  'interrupted',
  'decoupled',
] as const;

test.each(KINDS)('%s', async (kind) => {
  const texts = (await pagesOf(CASES[kind]())).map(({ html }) => pageText(html));
  await expect(texts.join('\n')).toMatchFileSnapshot(`../golden/pages/${kind}.html`);
});

test("a checkpoint of Model Analyzer's: nothing empty, nothing that it does not say", async () => {
  const at = folder();
  writeFileSync(join(at, '0.ckpt'), readFileSync('test/fixtures/model-analyzer/add_sub.ckpt'));
  const { run: recorded } = readRecorded(at);
  const [page] = await summaryPages(recorded, [rank(recorded, goal('add_sub'))]);
  await expect(pageText(page!.html)).toMatchFileSnapshot('../golden/pages/model-analyzer.html');
  const { document } = parseHTML(page!.html);
  for (const figure of document.querySelectorAll('figure, style, script')) figure.remove();
  const text = document.body.textContent!;
  expect(text).not.toMatch(/\b0 requests|GPUs\s*none|not known|NaN|undefined/);
  expect(text).toContain('Not recorded: machine, times, version of the server, GPUs.');
  expect(page!.html).not.toContain('id="history"');
});

test('a thousand configurations: each has its row, those in front everything behind it, and the page stays small', async () => {
  const [page] = await pagesOf(thousand());
  expect(Buffer.byteLength(page!.html)).toBeLessThan(2e6);
  const { document } = parseHTML(page!.html);
  const counts = (selector: string): number => document.querySelectorAll(selector).length;
  const row = (position: number) =>
    [...document.querySelectorAll('table.trials > tbody')].at(position - 1)!.querySelector('tr.more')!;
  const behind = (position: number) => ({
    points: row(position).querySelectorAll('table > tbody > tr').length,
    columns: row(position).querySelectorAll('table th').length,
    hasDiff: row(position).querySelector('pre') !== null,
    hasSplit: row(position).querySelector('.split') !== null,
  });
  expect(counts('table.trials > tbody')).toBe(1000);
  expect(counts('table.trials > tbody[data-states~="failed"]')).toBe(20);
  // A dot of each, which leads to its row.
  expect(counts('#pareto a[href^="#"] > title')).toBe(980);
  expect(counts('#failures .cause')).toBe(1);
  expect(behind(300)).toEqual({ points: 1, columns: 11, hasDiff: true, hasSplit: true });
  expect(behind(900)).toEqual({ points: 1, columns: 5, hasDiff: false, hasSplit: false });
  expect(document.querySelector('#trials')!.textContent).toContain('Behind rows after the 300th');
});

describe('names that are read from right to left, or hide what they are', () => {
  const [HEBREW, TURNED] = ['\u05d0\u05d1\u05d2_model', 'm\u202egpj.evil'];
  const pageOf = async (model: string): Promise<string> => {
    const recorded = run(
      trial(`${model}_config_default`, [measurement({ perf_throughput: 100 })], { model }),
      trial(`${model}_config_0`, [measurement({ perf_throughput: 200 })], { model }),
    );
    return (await summaryPages(recorded, [rank(recorded, goal(model))]))[0]!.html;
  };

  test('letters that are read from the right turn nothing round that stands beside them', async () => {
    const { document } = parseHTML(await pageOf(HEBREW));
    const alone = [...document.querySelectorAll('h1, #verdict h2, .verdict, td.name, .card, .what')];
    expect(alone.length).toBeGreaterThan(4);
    for (const element of alone) {
      const outside = element.cloneNode(true) as unknown as typeof element;
      for (const isolated of outside.querySelectorAll('bdi')) isolated.remove();
      expect(outside.textContent).not.toMatch(/[\u0590-\u05ff]/);
    }
  });

  test('a letter that turns a text round, or can not be seen, is written out', async () => {
    const html = await pageOf(TURNED);
    expect(html).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\0-\x08]/);
    expect(html).toContain('m\\u202egpj.evil_config_0');
  });
});

test('every link within a page leads somewhere, whatever names there are', async () => {
  for (const kind of KINDS) {
    for (const { html } of await pagesOf(CASES[kind]())) {
      const { document } = parseHTML(html);
      const ids = new Set([...document.querySelectorAll('[id]')].map(({ id }) => id));
      const links = [...document.querySelectorAll('a[href^="#"]')].map((link) =>
        link.getAttribute('href')!.slice(1),
      );
      expect(links.filter((id) => !ids.has(id))).toEqual([]);
      expect(ids.size).toBe(document.querySelectorAll('[id]').length);
    }
  }
});
