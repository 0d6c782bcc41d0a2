import { expect, test } from 'vitest';
import { counted, grouped, shown, suggestion, visible, whenText } from '../../src/ground/wording.ts';

test('what would act on a terminal, or show otherwise than it is, is written out', () => {
  expect(visible('\x1b]0;title\x07 \x1b[2J \x9b31m a\rb\b \x7f \0')).toBe(
    '\\x1b]0;title\\x07 \\x1b[2J \\x9b31m a\\x0db\\x08 \\x7f \\x00',
  );
  expect(visible('gnp\u202eexe.\u2066 zero\u200bwidth \u2028 \ufeff \ud800')).toBe(
    'gnp\\u202eexe.\\u2066 zero\\u200bwidth \\u2028 \\ufeff \\ud800',
  );
});

test('a name that shares no letter with what was typed is not taken to be meant', () => {
  expect(suggestion('Z', ['B', 'I'])).toBe('known here: B, I');
  expect(suggestion('xy', ['ab', 'xz'])).toBe('did you mean "xz"?');
  expect(suggestion('b', ['B', 'I'])).toBe('did you mean "B"?');
});

test('words of every language, tabs and lines stay', () => {
  const text = 'Größe\t± 3 %\n模型 مدل 🚀 👩‍💻';
  expect(visible(text)).toBe(text);
});

test("tma's own colours stay on a terminal, nothing that hides or moves", () => {
  expect(shown('\x1b[1mbold\x1b[22m \x1b[33myellow\x1b[39m')).toBe(
    '\x1b[1mbold\x1b[22m \x1b[33myellow\x1b[39m',
  );
  expect(shown('\x1b[8mhidden \x1b[7m \x1b[1;1H \x1b[1A')).toBe(
    '\\x1b[8mhidden \\x1b[7m \\x1b[1;1H \\x1b[1A',
  );
});

test.each([0, 7, 999, 1000, 12_345, 999_999, 1_000_000, 12_345_678, -5, -1234, -123_456])(
  'the digits of %d are grouped as Intl does it',
  (count) => {
    expect(grouped(count)).toBe(count.toLocaleString('en-US'));
  },
);

test('a count has its noun', () => {
  expect([0, 1, 2, 5000].map((count) => counted(count, 'point'))).toEqual([
    '0 points',
    '1 point',
    '2 points',
    '5,000 points',
  ]);
});

test('a span of the clock, and one that is shorter than the clock tells', () => {
  expect(whenText('02:09', '02:14')).toBe('between 02:09 and 02:14 UTC');
  expect(whenText('02:09', '02:09')).toBe('at 02:09 UTC');
});
