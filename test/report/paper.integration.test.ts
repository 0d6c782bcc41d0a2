import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaperSize } from '../../src/config/paper-sizes.ts';
import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import type { SearchRecord } from '../../src/record/run.ts';
import { findBrowser } from '../../src/report/browser.ts';
import type { Result } from '../../src/report/exporter.ts';
import { pagesOf } from '../../src/report/pages.ts';
import { openPrinter, type PdfPrinter } from '../../src/report/printer.ts';
import { CASES } from '../support/export-cases.ts';
import { gridRun } from '../support/grid-run.ts';
import { readPdf, type Sheet } from '../support/pdf.ts';

/** The PDFs that a real browser makes, sheet by sheet. */
const isHere = (await findBrowser()) !== undefined;
if (!isHere) console.log('skipped: no browser here (sh scripts/setup.sh installs one)');

/** pt: with what a browser rounds. */
const SIZES = { a4: [595, 842], letter: [612, 792] } as const;
const LEAST_TYPE = 8 - 0.05;
/** The narrowest margin is 10.5 mm. */
const LEAST_MARGIN = 29;

const onPaper = (of: Result, paper: PaperSize): Result => ({ ...of, settings: { ...of.settings, paper } });

const isOnItsSide = ({ width, height }: Sheet): boolean => width > height;
const textOf = (sheets: readonly Sheet[]): string => sheets.map(({ text }) => text).join(' ');

describe.skipIf(!isHere)('on paper', () => {
  let printer: PdfPrinter;
  beforeAll(async () => {
    printer = (await openPrinter())!;
  });
  afterAll(() => printer[Symbol.asyncDispose]());

  /** The PDF of a run's summary, of the first model unless another is named. */
  const printed = async (of: Result, model = 0) => {
    const { paper } = (await pagesOf(of))[model]!;
    return readPdf(await printer.print(paper!()));
  };

  /** What holds for every sheet of every PDF. */
  function expectSheets(sheets: readonly Sheet[], about: string, paper: PaperSize): void {
    const [short, long] = SIZES[paper];
    for (const [index, sheet] of sheets.entries()) {
      const { width, height, texts, lines, fonts } = sheet;
      expect([width, height].map((pt) => Math.abs(pt - short) < 1.5 || Math.abs(pt - long) < 1.5)).toEqual([
        true,
        true,
      ]);
      expect(lines[0]).toContain(about);
      expect(lines[0]).toContain('2026-01-01 00:00');
      expect(lines.at(-1)).toBe(`${index + 1} / ${sheets.length}`);
      expect(texts.filter(({ size }) => size < LEAST_TYPE)).toEqual([]);
      expect(
        texts.filter(
          ({ x, right, y }) =>
            x < LEAST_MARGIN || right > width - LEAST_MARGIN + 1 || y < 12 || y > height - 12,
        ),
      ).toEqual([]);
      const places = texts.map(({ text, x, y }) => `${text} at ${x.toFixed(1)} ${y.toFixed(1)}`);
      expect(places.filter((place, at) => places.indexOf(place) < at)).toEqual([]);
      expect(fonts.filter(({ isEmbedded }) => !isEmbedded)).toEqual([]);
      expect(fonts.length).toBeGreaterThan(0);
    }
    expect(textOf(sheets)).not.toMatch(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/);
  }

  const HEADINGS = [
    'Limits',
    'Apply it',
    'What mattered',
    'Where the time goes',
    'Appendix: every point',
    'How it was measured',
  ];

  test.each(['a4', 'letter'] as const)(
    '27 points on %s: three sheets, the verdict and the change on the first',
    async (paper) => {
      const { sheets, bookmarks } = await printed(onPaper(gridRun(9, 3), paper));
      expectSheets(sheets, 'm: summary', paper);
      expect(sheets.length).toBeLessThanOrEqual(3);
      expect(bookmarks[0]).toBe('m on Triton');
      expect(HEADINGS.filter((heading) => !bookmarks.includes(heading))).toEqual([]);
      expect(sheets.map(isOnItsSide)).toEqual([false, false, true]);
      const first = textOf(sheets.slice(0, 1));
      expect(first).toContain('Deploy');
      expect(first).toContain('p99 latency at most 40.0 ms');
      expect(first).toContain('+ max_batch_size');
      expect(first).not.toContain('copy');
    },
  );

  test.each(['a4', 'letter'] as const)(
    '328 points on %s: twelve sheets, no row cut, headings on each',
    async (paper) => {
      const { sheets } = await printed(onPaper(gridRun(41, 8), paper));
      expectSheets(sheets, 'm: summary', paper);
      expect(sheets.length).toBeLessThanOrEqual(12);
      const rows = sheets.filter(isOnItsSide).flatMap((sheet) => {
        // A row has its load, its throughput with the interval, and its p99 with the one end that is known.
        const own = sheet.lines.filter((line) => /\d+(?:\.\d+)? [\d.]+–[\d.]+ [\d.]+ ≥ [\d.]+/.test(line));
        if (own.length > 0) expect(textOf([sheet])).toMatch(/configuration[\s\S]*load/);
        return own;
      });
      expect(rows).toHaveLength(328);
    },
  );

  test.each(['small', 'unknown', 'nothingMeasured', 'interrupted'] as const)(
    '%s: few sheets, nothing cut off',
    async (kind) => {
      const { sheets } = await printed(CASES[kind]());
      expectSheets(sheets, 'm: summary', 'a4');
      expect(sheets.length).toBeLessThanOrEqual(3);
      if (kind !== 'nothingMeasured')
        expect(textOf(sheets)).toContain('out of memory: a process of the server was killed');
      else expect(textOf(sheets)).toContain('no GPUs are available');
    },
  );

  test('a search has its course beside the figures, told once', async () => {
    const of = gridRun(9, 3);
    const search: SearchRecord = {
      ...{ models: ['m'], search: 'bayes', why: 'nothing is left to gain', measurements: 27 },
      ...{ points: { seen: 27, all: 63 }, configurations: { seen: 9, all: 21 } },
      ...{ importance: [], skipped: [], remarks: [] },
    };
    const run = { ...of.run, searches: [search] };
    const { sheets, bookmarks } = await printed({
      ...of,
      run,
      rankings: [rank(run, of.rankings[0]!.goal)],
    });
    expectSheets(sheets, 'm: summary', 'a4');
    expect(bookmarks).toContain('History of the search');
    expect(
      textOf(sheets)
        .replace(/\s+/g, ' ')
        .match(/nothing is left to gain/g),
    ).toHaveLength(1);
    expect(sheets.length).toBeLessThanOrEqual(4);
  });

  test('two models have a PDF each; an ensemble at a request rate', async () => {
    const two = CASES.twoModels();
    const [first, second] = [await printed(two), await printed(two, 1)];
    expectSheets(first.sheets, 'm: summary', 'a4');
    expectSheets(second.sheets, 'pipeline: summary', 'a4');
    expect(textOf(second.sheets)).not.toContain('m_config');
    expect(textOf(second.sheets)).toContain('The models that it is made of');
    expect(textOf(second.sheets)).toContain('breaks the limit: p99 latency at most 10.0 ms');
  });

  test('hostile names are a text like any other', async () => {
    const { sheets } = await printed(CASES.hostile());
    expectSheets(sheets, 'm"<b>&amp;]]>', 'a4');
    expect(textOf(sheets)).toContain('\\u202e');
  });

  test.each(['a4', 'letter'] as const)('a page of one configuration on %s', async (paper) => {
    const of = onPaper(gridRun(9, 3), paper);
    const settings = { ...of.settings, summaries: false, detailed: ['recognition_config_7'] };
    const { sheets, bookmarks } = await printed({ ...of, settings });
    expectSheets(sheets, 'recognition_config_7', paper);
    expect(bookmarks).toContain('config.pbtxt');
  });

  test('the best of all models', async () => {
    const of = onPaper(gridRun(9, 3), 'letter');
    const across = rankAcross(of.run, [['m']], of.rankings[0]!.goal, 3);
    const { sheets } = await printed({ ...of, across }, 1);
    expectSheets(sheets, 'Best Configs Across All Models', 'letter');
    expect(sheets.length).toBeLessThanOrEqual(2);
  });
});
