import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { appendixView } from '../../src/report/appendix-view.ts';
import { gridRun } from '../support/grid-run.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = {
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }],
};

describe('the table of every point for paper', () => {
  const loads = [1, 2, 4, 8, 16];
  const recorded = run(
    trial(
      'm_config_default',
      loads.map((load) =>
        measurement({ perf_throughput: 100 + load, perf_latency_p99: 2 * load }, load, {
          intervals: { perf_throughput: [90, 120], perf_latency_p99: [load, null] },
        }),
      ),
    ),
    trial('m_config_0', [measurement({ perf_throughput: 300 }, 1)], {
      points: [
        { state: 'measured', key: 'a', measurement: measurement({ perf_throughput: 300 }, 1) },
        { state: 'failed', key: 'b', point: inFlight('m', 2), cause: 'out of memory' },
      ],
    }),
    trial('m_config_1', [], {
      end: {
        cause: 'no GPUs',
        warnings: [],
        steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 },
      },
    }),
  );
  const view = appendixView(recorded, rank(recorded, goal), 'a4');

  test('has each load once, under a name that is said again where rows are many', () => {
    expect(
      view.groups.map(({ name, rows }) => [name, rows.map(({ level, state }) => state || level)]),
    ).toEqual([
      ['m_config_0', ['1', '2 in flight: failed']],
      ['m_config_default', ['1', '2', '4']],
      ['m_config_default', ['8', '16']],
      ['m_config_1', ['failed']],
    ]);
    // A link leads to the first part.
    expect(view.groups.map(({ id }) => id)).toEqual(['m_config_0', 'm_config_default', '', 'm_config_1']);
  });

  test('tells intervals shortly, and of an end that is not known which one it is', () => {
    const [, { rows }] = view.groups as [unknown, (typeof view.groups)[number]];
    expect(rows[1]!.cells.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['102', '90.0–120', '4.00', '≥ 2.00']),
    );
  });

  test('has causes and limits that are broken as footnotes', () => {
    const notes = new Map(view.notes.map(({ number, text }) => [text, number]));
    expect(notes.has('out of memory') && notes.has('no GPUs')).toBe(true);
    const last = view.groups[2]!.rows.map((row) => row.notes.split(', '));
    expect(
      last.every((own) => own.includes(notes.get('breaks the limit: p99 latency at most 10.0 ms')!)),
    ).toBe(true);
  });
});

test('fewer figures stand on the narrower paper, and it says how many are left out', () => {
  const { run: recorded, rankings } = gridRun(9, 3);
  const [a4, letter] = (['a4', 'letter'] as const).map((paper) =>
    appendixView(recorded, rankings[0]!, paper),
  );
  expect(letter!.columns.length).toBeLessThan(a4!.columns.length);
  expect(letter!.columns.filter(({ isInterval }) => isInterval).map(({ tag }) => tag)).toEqual([
    'perf_throughput',
    'perf_latency_p99',
  ]);
  expect(letter!.leftOut).toMatch(/^\d more metrics of each point/);
});

test('more settings than there is room for are told in one column', () => {
  const names = Array.from({ length: 9 }, (_, index) => `parameter_number_${index}`);
  const recorded = run(
    trial('m_config_default', [measurement({ perf_throughput: 100 })]),
    trial('m_config_0', [measurement({ perf_throughput: 200 })], {
      assignment: { parameters: Object.fromEntries(names.map((name) => [name, { string_value: 'x' }])) },
    }),
  );
  const view = appendixView(recorded, rank(recorded, goal), 'a4');
  expect(view.settings.map(({ name }) => name)).toEqual(['settings']);
  expect(view.groups[0]!.settings[0]).toContain('parameter_number_8');
});
