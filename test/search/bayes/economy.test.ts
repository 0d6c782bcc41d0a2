import { expect, test } from 'vitest';
import { exchangeFor } from '../../../src/search/bayes/economy.ts';

test('who has more patience asks less of a second', () => {
  expect(exchangeFor('quick', 0.02)).toBeGreaterThan(exchangeFor('normal', 0.02));
  expect(exchangeFor('normal', 0.02)).toBeGreaterThan(exchangeFor('thorough', 0.02));
});

test('a machine that scatters more than usual is given more time, one that scatters less need not be', () => {
  expect(exchangeFor('normal', 0.12)).toBeLessThan(exchangeFor('normal', 0.05));
  expect(exchangeFor('normal', 0.02)).toBeGreaterThan(exchangeFor('normal', 0.05));
});

test('a machine that scatters hardly at all is given as much as a quiet one', () => {
  expect(exchangeFor('normal', 0)).toBe(exchangeFor('normal', 0.02));
});

test('on ground that is more than rough a search does not go on for longer than on rough ground', () => {
  expect(exchangeFor('normal', 0.4)).toBe(exchangeFor('normal', 0.12));
});
