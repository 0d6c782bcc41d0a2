import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { compareRuns } from '../../src/rank/comparison/compare-runs.ts';
import { comparisonText } from '../../src/terminal/comparison-text.ts';
import { comparedNights } from '../support/compared.ts';
import { night, runOf, side } from '../support/two-runs.ts';

const plain = (...given: Parameters<typeof comparisonText>) =>
  stripVTControlCharacters(comparisonText(...given));

test('a comparison as it was agreed on', async () => {
  await expect(`${plain(comparedNights())}\n`).toMatchFileSnapshot('../golden/comparison.txt');
});

test('tables fit 80 columns where names do', () => {
  const tables = plain(comparedNights())
    .split('\n')
    .filter((line) => / {2}(better|worse|same|unknown|verdict)$/.test(line));
  expect(tables.length).toBeGreaterThan(8);
  expect(Math.max(...tables.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('--verbose shows every configuration with every metric', () => {
  const text = plain(comparedNights(), { verbose: true });
  expect(text).not.toContain('more with --verbose');
  expect(text.match(/^m_config_/gm)).toHaveLength(12);
  expect(text.match(/^ {2}p99 latency +[-+]/gm)!.length).toBeGreaterThanOrEqual(12);
});

test('nothing in common is said, and a model of one run alone', () => {
  const nothing = compareRuns(side(runOf(night({ seed: 1 }))), side(runOf([])));
  expect(plain(nothing)).toContain(
    'Nothing can be compared: no model was measured in both.\n\nm was measured in BASE only',
  );
});
