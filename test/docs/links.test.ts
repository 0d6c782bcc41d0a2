import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync(['docs/*.md', 'examples/*/*.md'])];

/** A page without what stands in blocks of code. */
const proseOf = (page: string): string => readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');

/** Where a page leads to within this repository: files with the anchor behind `#`, pictures too. */
const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors that GitHub gives the headings of a page. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const fileOf = (page: string, target: string): string => {
  const path = target.replace(/#.*/, '');
  return path === '' ? page : join(dirname(page), path);
};

test.each(PAGES)('every link of %s leads somewhere', (page) => {
  const broken = linksOf(page).filter((target) => {
    const file = fileOf(page, target);
    const anchor = /#(.+)/.exec(target)?.[1];
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
  expect(broken).toEqual([]);
});

describe('docs/', () => {
  const index = linksOf('docs/README.md').map((target) => fileOf('docs/README.md', target));

  test('the index has every page', () => {
    const pages = globSync('docs/*.md').filter((page) => page !== 'docs/README.md');
    expect(pages.filter((page) => !index.includes(page))).toEqual([]);
  });

  test('every picture is shown', () => {
    const shown = PAGES.flatMap((page) => linksOf(page).map((target) => fileOf(page, target)));
    expect(globSync('docs/*.png').filter((picture) => !shown.includes(relative('', picture)))).toEqual([]);
  });
});
