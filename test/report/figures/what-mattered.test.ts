import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { effectsOf } from '../../../src/rank/effects/effects.ts';
import { rank } from '../../../src/rank/rank.ts';
import type { Goal } from '../../../src/record/goal.ts';
import { parallelData, parallelSvg } from '../../../src/report/figures/parallel.ts';
import { sliceSvg, slicesData } from '../../../src/report/figures/slices.ts';
import { summaryPages } from '../../../src/report/pages.ts';
import { measurement, run, trial } from '../../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const EVIL = '"><script>alert(1)</script>';
const configurations = [1, 2, 4].flatMap((a) =>
  [0, 200].map((b) =>
    trial(
      `m_config_${a}${b}`,
      [measurement({ perf_throughput: 100 * a + b / 100, perf_latency_p99: 5 * a }, 2 * a)],
      { assignment: { [`a.${EVIL}`]: a, b, c: EVIL } },
    ),
  ),
);
const all = run(...configurations);
const ranking = rank(all, goal);

test('a slice has what each value achieves with its interval, and the configurations with it', () => {
  const slices = slicesData(effectsOf(ranking)!, goal, 'm_config_4200');
  expect(slices.map(({ levels }) => levels)).toEqual([
    ['1', '2', '4'],
    ['0', '200'],
  ]);
  expect(slices[0]!.means.map(({ value }) => Math.round(value / 100))).toEqual([1, 2, 4]);
  for (const { low, value, high } of slices[0]!.means)
    expect([low, value, high].toSorted((x, y) => x - y)).toEqual([low, value, high]);
  expect(slices[0]!.dots).toHaveLength(6);
  expect(slices[0]!.dots.filter(({ role }) => role === 'winner')).toMatchObject([{ level: '4' }]);
  expect(slices[0]!.axis).toBe(slices[1]!.axis);
  const { document } = parseHTML(sliceSvg(slices[0]!));
  expect(document.querySelectorAll('[data-row="m_config_4200"]')).toHaveLength(1);
});

test('where the load was taken out, a slice shows no figures in the unit of what was measured', () => {
  // A search that looked at most configurations with little load only.
  const looks = [1, 2, 4].flatMap((a) =>
    [0, 200].map((b) =>
      trial(
        `m_config_${a}${b}`,
        (a === 4 ? [1, 2, 4, 8] : [1]).map((load) => measurement({ perf_throughput: 100 * a * load }, load)),
        { assignment: { a, b } },
      ),
    ),
  );
  const effects = effectsOf(rank(run(...looks), goal))!;
  expect(effects.by).toBe('adjusted');
  const [slice] = slicesData(effects, goal, undefined);
  expect(slice!.axis.label).toBe('throughput, 1 = the mean');
  const logs = slice!.dots.map(({ value }) => Math.log(value));
  expect(logs.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
  expect(slicesData(effectsOf(ranking)!, goal, undefined)[0]!.axis.label).toBe('throughput (infer/s)');
});

test('a line for each configuration crosses an axis for each setting, the load and each metric that differs', () => {
  const data = parallelData(ranking)!;
  expect(data.axes.map(({ name }) => name)).toEqual([
    expect.stringContaining('script'),
    ...['b', 'requests in flight', 'throughput (infer/s)', 'p99 latency (ms)'],
  ]);
  expect(data.lines).toHaveLength(6);
  for (const { at } of data.lines) {
    expect(at).toHaveLength(5);
    expect(at.every((share) => share >= 0 && share <= 1)).toBe(true);
  }
  const { document } = parseHTML(parallelSvg(data));
  expect(document.querySelectorAll('.profiles path[data-row]')).toHaveLength(6);
  expect(document.querySelectorAll('.axes line')).toHaveLength(5);
});

test('the page tells the shares, which come to 100, and hostile names stay text', async () => {
  const [page] = await summaryPages(all, [ranking]);
  const { document } = parseHTML(page!.html);
  const rows = [...document.querySelectorAll('table.shares tbody tr')];
  const shares = rows.map((row) => Number.parseInt(row.querySelectorAll('td')[1]!.textContent!, 10));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(100);
  expect(rows.at(-1)?.textContent).toContain('the rest');
  expect(page!.html).not.toContain('<script>alert');
});

test('where nothing differs there is nothing to tell', async () => {
  const single = run(trial('m_config_default', [measurement({})]));
  expect(parallelData(rank(single, goal))).toBeUndefined();
  const [page] = await summaryPages(single, [rank(single, goal)]);
  expect(page!.html).not.toContain('id="what-mattered"');
});

test('a line alone at its level runs through it, several are on both sides of it', () => {
  const three = rank(
    run(
      ...[1, 1, 2].map((a, index) =>
        trial(`m_config_${index}`, [measurement({ perf_throughput: 100 + index })], { assignment: { a } }),
      ),
    ),
    goal,
  );
  const { axes, lines } = parallelData(three)!;
  const [one, two] = axes[0]!.ticks.map(({ at }) => at);
  const at = (variant: string): number => lines.find((line) => line.variant === variant)!.at[0]!;
  expect(at('m_config_2')).toBe(two);
  expect((at('m_config_0') + at('m_config_1')) / 2).toBeCloseTo(one!);
  expect(at('m_config_0')).not.toBe(at('m_config_1'));
});
