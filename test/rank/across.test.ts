import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { rankAcross } from '../../src/rank/across.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { acrossText } from '../../src/terminal/across-text.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal = { objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const at = (model: string, perf_throughput: number) =>
  trial(`${model}_config_default`, [measurement({ perf_throughput }, 1, { point: inFlight(model, 1) })], {
    model,
  });
const across = (...rates: readonly number[]) => {
  const models = ['m', 'n', 'o'].slice(0, rates.length);
  return rankAcross(
    run(...models.map((model, index) => at(model, rates[index]!))),
    models.map((model) => [model] as const),
    goal,
    3,
  );
};

test('of several models those within the noise of the first are tied with it', () => {
  const found = across(100, 103, 200);
  expect(found.ties).toEqual([]);
  const close = across(100, 103, 60);
  expect(close.ties.map(({ trial: { name } }) => name)).toEqual(['m_config_default']);
  const lines = stripVTControlCharacters(acrossText(close)).split('\n');
  expect(lines.find((line) => line.includes('m_config_default'))).toMatch(/^ *2= /);
});

test('where nothing was measured nothing is tied', () => {
  expect(rankAcross(run(), [['m']], goal, 3).ties).toEqual([]);
});
