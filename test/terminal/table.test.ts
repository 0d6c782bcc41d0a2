import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { visibleWidth, wrapped } from '../../src/terminal/fit.ts';
import { type Column, textTable } from '../../src/terminal/table.ts';

const COLUMNS: readonly Column[] = [
  { header: 'name' },
  { header: 'infer/s', numeric: true },
  { header: '±', numeric: true, spare: 2 },
  { header: 'constraints', spare: 1 },
];
const ROWS = [
  ['a_config_default', '153', '4.5 %', 'met'],
  ['a_config_0', '267', '', 'p99 latency 200 > 150 ms'],
];
const at = (width: number): string => stripVTControlCharacters(textTable(COLUMNS, ROWS, width));

describe('a table fits', () => {
  test('what can be spared most goes first', () => {
    expect(at(200)).toBe(
      [
        'name              infer/s      ±  constraints',
        'a_config_default      153  4.5 %  met',
        'a_config_0            267         p99 latency 200 > 150 ms',
      ].join('\n'),
    );
    expect(at(57)).toContain('constraints');
    expect(at(57)).not.toContain('±');
    expect(at(40)).toBe('name              infer/s\na_config_default      153\na_config_0            267');
  });

  test('what is too wide without them is told line by line, words whole', () => {
    expect(at(23).split('\n')).toEqual([
      ...['name', '  a_config_default', 'infer/s      153', '±            4.5 %', 'constraints  met', ''],
      ...[
        'name         a_config_0',
        'infer/s      267',
        'constraints  p99 latency 200 >',
        '             150 ms',
      ],
    ]);
  });

  test.each([60, 80, 120, 200])('no line is longer than %d columns', (width) => {
    for (const line of at(width).split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  });
});

test('wide letters take two columns, colours none', () => {
  const lines = textTable(
    [{ header: 'モデル' }, { header: 'n', numeric: true }],
    [
      ['模型一', '1'],
      ['\u001b[33mm\u001b[39m', '22'],
    ],
  ).split('\n');
  expect(new Set(lines.map(visibleWidth))).toEqual(new Set([10]));
});

test('a sentence is wrapped between words; a path that is longer than a line stays whole', () => {
  const path = `/${'deep/'.repeat(20)}file.html`;
  expect(wrapped(`see ${path} for more`, 60)).toBe(`see\n${path}\nfor more`);
  expect(wrapped('one two three four five six seven', 20, '  ')).toBe('one two three four\n  five six seven');
});
