import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findingsPage } from '../../../scripts/docs/findings-page.ts';

test('docs/findings.md has every rule as it stands', () => {
  expect(readFileSync('docs/findings.md', 'utf8')).toBe(findingsPage());
});
