import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { pagesOf } from '../../src/report/pages.ts';
import { forPaper } from '../../src/report/paper.ts';
import { CASES, HOSTILE } from '../support/export-cases.ts';

const PAGE =
  '<html><head><title>t</title></head><body><a class="x" href="../a.html">a</a> <a href="#b">b</a><script>1</script></body></html>';

describe('a page for paper', () => {
  test('says its size, and lies on its side where a table needs it', () => {
    expect(forPaper(PAGE, 'letter', { about: 'm', date: '' })).toContain('@page { size: letter;');
    expect(forPaper(PAGE, undefined, { about: 'm', date: '' })).toContain(
      '@page appendix { size: A4 landscape }',
    );
  });

  test('has neither scripts nor links that lead off it', () => {
    const { document } = parseHTML(forPaper(PAGE, 'a4', { about: 'm', date: '' }));
    expect(document.querySelectorAll('script')).toHaveLength(0);
    expect([...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))).toEqual([
      '#b',
    ]);
    expect(document.body.textContent).toContain('a b');
  });

  test('a name ends neither the text at its edge nor the style sheet', () => {
    const html = forPaper(PAGE, 'a4', { about: `${HOSTILE}</style><b>`, date: '2026' });
    const { document } = parseHTML(html);
    const style = document.querySelector('style')!.textContent!;
    const [, text] = /@top-left \{ content: "([^\n]*?)" \} @top-right/.exec(style)!;
    expect(text).not.toMatch(/["<>&{}']|\n/);
    expect(document.querySelectorAll('b')).toHaveLength(0);
  });

  test('every link on it leads somewhere, and no sign in it is without width', async () => {
    for (const kind of [
      'small',
      'twoModels',
      'hostile',
      'unknown',
      'nothingMeasured',
      'interrupted',
    ] as const) {
      for (const { paper } of await pagesOf(CASES[kind]())) {
        if (!paper) continue;
        const html = paper();
        const { document } = parseHTML(html);
        const ids = new Set([...document.querySelectorAll('[id]')].map(({ id }) => id));
        const links = [...document.querySelectorAll('a[href]')].map((link) =>
          link.getAttribute('href')!.slice(1),
        );
        expect(links.filter((id) => !ids.has(id))).toEqual([]);
        expect([...ids].filter((id) => id.length > 60)).toEqual([]);
        expect(ids.size).toBe(document.querySelectorAll('[id]').length);
        expect(html).not.toMatch(/<wbr>|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/);
      }
    }
  });
});
