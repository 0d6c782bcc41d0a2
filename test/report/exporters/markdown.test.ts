import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import type { Goal } from '../../../src/record/goal.ts';
import type { Result } from '../../../src/report/exporter.ts';
import { markdownExporter, markdownSummary } from '../../../src/report/exporters/markdown.ts';
import { code, fileLink, plain } from '../../../src/report/markdown-text.ts';
import { folder } from '../../support/experiment.ts';
import { CASES } from '../../support/export-cases.ts';
import { measurement, result, run, trial } from '../../support/run.ts';

const summary = (result: Result, most?: number) =>
  markdownSummary(result, { links: true, ...(most && { most }) });

/** The cells of each row of the tables: what a parser of tables splits. */
const cellsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );

/** The same result with so many models. */
const many = (count: number): Result => {
  const { rankings, ...result } = CASES.small();
  return {
    ...result,
    rankings: Array.from({ length: count }, (_, at) => ({ ...rankings[0]!, model: `m${at}` })),
  };
};

test.each(['twoModels', 'hostile', 'nothingMeasured', 'unknown'] as const)(
  '%s as last agreed on',
  async (name) => {
    await expect(summary(CASES[name]())).toMatchFileSnapshot(`../../golden/exporters/${name}.summary.md`);
  },
);

describe('names and texts of others', () => {
  test('break no table', () => {
    const rows = cellsOf(summary(CASES.hostile()));
    expect(rows.length).toBe(4);
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set([8]));
  });

  test('are shown as they are, and mean nothing to Markdown, HTML or GitHub', () => {
    expect(code('m_config_0')).toBe('`m_config_0`');
    expect(code('a`b')).toBe('<code>a&#96;b</code>');
    expect(code('a|<i>')).toBe('<code>a&#124;&#60;i&#62;</code>');
    expect(code(' a\n\tb ')).toBe('<code> a b </code>');
    expect(plain('a_b of _c_ is 5 % | <b> & `x` [y](z) *w* ~v~')).toBe(
      'a_b of \\_c\\_ is 5 % &#124; &#60;b&#62; &#38; \\`x\\` \\[y\\](z) \\*w\\* \\~v\\~',
    );
    expect(plain('@all #1 !2 https://x.org www.x.org')).toBe(
      '@<!-- -->all #<!-- -->1 !<!-- -->2 https:<!-- -->//x.org www<!-- -->.x.org',
    );
    expect(plain('\u001b[31m\u202e')).toBe('\\\\x1b\\[31m\\\\u202e');
    expect(fileLink('a', '../b (c)/\ud800|.html')).toBe('[a](../b%20%28c%29/%EF%BF%BD%7C.html)');
  });

  test('nothing of a hostile name is left as it was written', () => {
    expect(summary(CASES.hostile())).not.toMatch(/<b>|@all|\s#1|https:\/\/|!\[i\]|\u202e|\u001b/);
  });
});

describe('the table', () => {
  const at = (name: string, throughput: number) =>
    trial(`m_config_${name}`, [measurement({ perf_throughput: throughput })]);
  const recorded = run(at('default', 100), at('0', 200), at('1', 195));
  const of = (constraints: Goal['constraints']) =>
    summary(
      result(recorded, [
        rank(recorded, { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints }),
      ]),
    );

  test('marks what is tied with the first', () => {
    expect(cellsOf(of([])).map(([position]) => position)).toEqual(['#', '--:', '1', '2=', '3']);
    expect(of([])).toContain("With = behind its number, what was measured can't tell it from the first.");
  });

  test('says of limits nothing where there is none', () => {
    expect(of([])).not.toContain('constraints');
    expect(of([{ tag: 'perf_latency_p99', bound: 'max', value: 10 }])).toContain('| ✅ met |');
  });
});

describe('the size', () => {
  test('is bounded: the models that do not fit are counted', () => {
    const text = summary(many(5000));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2 ** 19);
    const kept = text.match(/^### /gm)!.length;
    expect(kept).toBeGreaterThan(100);
    expect(text).toContain(
      `\n${(5000 - kept).toLocaleString('en-US')} models more: see \`results/results.json\`.\n`,
    );
  });

  test('of one model is, whatever fails in whatever words', () => {
    const result = CASES.small();
    const [ranking] = result.rankings;
    const failed = ranking!.unmeasured[0]!;
    const unmeasured = Array.from({ length: 5000 }, () => ({
      ...failed,
      end: { ...failed.end!, cause: 'x'.repeat(1e5) },
    }));
    const text = summary({ ...result, rankings: [{ ...ranking!, unmeasured }] });
    expect(Buffer.byteLength(text)).toBeLessThan(5000);
    expect(text).toContain('5,000 configurations failed:');
    expect(text).toContain('- 4995 more');
  });
});

describe('the file that GITHUB_STEP_SUMMARY names', () => {
  const write = async (result: Result, stepSummary: string | undefined) =>
    await markdownExporter.write(result, folder(), { stepSummary });

  test('is appended to, without links, beside summary.md', async () => {
    const stepSummary = join(folder(), 'summary');
    writeFileSync(stepSummary, 'what another step said');
    const { files, notes } = await write(CASES.small(), stepSummary);
    expect(notes).toEqual([]);
    expect(files.map((file) => file.split('/').slice(-2).join('/'))).toEqual(['results/summary.md']);
    expect(readFileSync(files[0]!, 'utf8')).toContain('[results.json](results.json)');
    const text = readFileSync(stepSummary, 'utf8');
    expect(text.startsWith('what another step said\n## tma')).toBe(true);
    expect(text).toContain('`results/results.json`');
    expect(text).not.toContain('](');
    await write(CASES.small(), stepSummary);
    expect(readFileSync(stepSummary, 'utf8').match(/^## tma/gm)).toHaveLength(2);
  });

  test('is made where it is not there; what can not be written is a note, and the rest is written', async () => {
    const stepSummary = join(folder(), 'summary');
    await write(CASES.small(), stepSummary);
    expect(readFileSync(stepSummary, 'utf8')).toContain('### `m`: deploy');
    const { files, notes } = await write(CASES.small(), folder());
    expect(files).toHaveLength(1);
    expect(notes).toEqual([
      expect.stringMatching(/^nothing is appended to the file that GITHUB_STEP_SUMMARY names: EISDIR/),
    ]);
  });

  test('stays below the 1 MiB that GitHub shows', async () => {
    const stepSummary = join(folder(), 'summary');
    writeFileSync(stepSummary, 'x'.repeat(2 ** 20 - 2000));
    const { notes } = await write(many(10), stepSummary);
    expect(notes).toEqual([]);
    const text = readFileSync(stepSummary, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2 ** 20);
    expect(text).toContain('models more');
    writeFileSync(stepSummary, 'x'.repeat(2 ** 20));
    expect((await write(many(1), stepSummary)).notes[0]).toContain('it has the 1 MiB that are shown of it');
    expect(readFileSync(stepSummary).length).toBe(2 ** 20);
  });
});

test('only files that are written are linked to', () => {
  const { settings, ...result } = CASES.small();
  const text = summary({ ...result, settings: { ...settings, formats: ['markdown'] } });
  expect(text).not.toContain('](');
});
