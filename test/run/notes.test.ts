import { expect, test } from 'vitest';
import { driftNote } from '../../src/run/notes.ts';
import type { Ask } from '../../src/search/search.ts';

const shift = { by: -0.3, fromMs: Date.UTC(2026, 0, 1, 2), untilMs: Date.UTC(2026, 0, 1, 2, 5) };
const marked = new Map([[{} as Ask, 0]]);
const nothing = { shifts: 0, drifted: 0 };

test('a machine that changed has a line each time', () => {
  const text =
    'the machine became 30 % slower between 02:00:00 and 02:05:00 UTC: what matters is measured again';
  expect(driftNote({ shifts: [shift], drifted: marked }, nothing)).toBe(text);
  expect(driftNote({ shifts: [shift], drifted: marked }, { shifts: 1, drifted: 3 })).toBeUndefined();
  expect(driftNote({ shifts: [shift, shift], drifted: marked }, { shifts: 1, drifted: 3 })).toBe(text);
});

test('what turns out to be none has a line, too', () => {
  const none = { shifts: [], drifted: new Map() };
  expect(driftNote(none, { shifts: 1, drifted: 3 })).toMatch(
    /^by what was measured since, the machine did not change/,
  );
});

test('programs that the sentinel does not feel have one line', () => {
  expect(driftNote({ shifts: [], drifted: marked }, nothing)).toMatch(
    /^other programs had much more .* again$/,
  );
  expect(driftNote({ shifts: [], drifted: marked }, { shifts: 0, drifted: 1 })).toBeUndefined();
  expect(driftNote({ shifts: [], drifted: new Map() }, nothing)).toBeUndefined();
});
