import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { lastRunView } from '../../src/report/last-run-view.ts';
import { summaryPages } from '../../src/report/pages.ts';
import { comparedNights } from '../support/compared.ts';
import { measurement, run, trial } from '../support/run.ts';

test('what changed against the last run, by metric, and whether that is more than the noise', () => {
  const comparison = comparedNights();
  const [model] = comparison.models;
  const view = lastRunView(comparison, model!.model)!;
  expect(view.text).toBe(model!.text);
  expect(view.changes.length).toBeGreaterThan(0);
  for (const { value, range, verdict } of view.changes) {
    expect(value).toMatch(/^[+-]?[\d.,]+$/);
    expect(range).toMatch(/ to .* %$/);
    expect(['better', 'worse', 'same', 'unknown']).toContain(verdict);
  }
});

test('of one journal only the session is named', () => {
  const { base, ...comparison } = comparedNights();
  const own = { ...base, path: comparison.new.path, session: 'x', startedAt: '2026-01-10T02:00:00Z' };
  expect(lastRunView({ ...comparison, base: own }, comparison.models[0]!.model)!.of).toBe(
    'session of 2026-01-10 02:00:00',
  );
});

test('without an earlier run, or where nothing was measured in both, there is no section', async () => {
  const comparison = comparedNights();
  const [model] = comparison.models;
  const none = { ...model!, common: { ...model!.common, points: 0 }, failed: [] };
  expect(lastRunView({ ...comparison, models: [none] }, model!.model)).toBeUndefined();
  expect(lastRunView(comparison, 'another')).toBeUndefined();
  const recorded = run(trial('m_config_default', [measurement({}, 1)]));
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const [page] = await summaryPages(recorded, [rank(recorded, goal)]);
  expect(parseHTML(page!.html).document.querySelector('#last-run')).toBeNull();
});
