import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAGES_WITH_TABLES, withTables } from '../../scripts/docs/tables.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { METRICS } from '../../src/ground/metric.ts';

const textOf = (page: string): string => readFileSync(page, 'utf8');

test.each(PAGES_WITH_TABLES)('the tables of %s are up to date (npm run docs)', (page) => {
  expect(textOf(page)).toBe(withTables(textOf(page)));
});

test.each(['docs/perf-yaml.md', 'docs/from-model-analyzer.md'])('%s has every option', (page) => {
  const missing = Object.keys(OPTIONS).filter((key) => !textOf(page).includes(`\n| \`${key}\``));
  expect(missing).toEqual([]);
});

test('docs/metrics.md has every metric', () => {
  const page = textOf('docs/metrics.md');
  const nameOf = (tag: string): string => tag.replace(/_(p50|p90|p95|p99)$/, '_avg');
  expect(METRICS.filter(({ tag }) => !page.includes(`\n| \`${nameOf(tag)}\``))).toEqual([]);
});

test('a table that is not there is a mistake', () => {
  expect(() => withTables('<!-- table: nothing -->\n<!-- end -->')).toThrow('no table "nothing"');
});
