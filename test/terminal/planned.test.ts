import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { inFlight } from '../../src/record/load-point.ts';
import type { PlannedModel } from '../../src/run/plan.ts';
import { visibleWidth } from '../../src/terminal/fit.ts';
import { planText } from '../../src/terminal/planned.ts';
import { plan } from '../support/experiment.ts';

const variant = (name: string, assignment: Readonly<Record<string, unknown>>) => ({
  name,
  assignment,
  configText: `name: "m" # ${name}\n`,
  points: [1, 2].map((load) => inFlight('m', load)),
  skipped: [],
});
const model = (changes: Partial<PlannedModel> = {}): PlannedModel => ({
  plan: plan({ constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 150 }] }),
  variants: [
    variant('m_config_default', {}),
    variant('m_config_0', { 'dynamic_batching.max_queue_delay_microseconds': 0, max_batch_size: 4 }),
    variant('m_config_1', { 'dynamic_batching.max_queue_delay_microseconds': 200, max_batch_size: 4 }),
  ],
  extent: 'listed',
  expected: {
    search: 'manual',
    measurements: 6,
    starts: 3,
    looks: { baseline: 0, sentinel: 0 },
    isUsual: false,
    minutes: 2.2,
    by: { pointS: 3.5, startS: 5, earlier: false },
  },
  known: 4,
  warnings: [],
  notes: [],
  ...changes,
});
const text = (...args: Parameters<typeof planText>): string => stripVTControlCharacters(planText(...args));

test('a plan in few lines: size, time, what is known, what is tried, loads, what is aimed at', () => {
  expect(text([], [model()])).toBe(
    [
      'm: 3 configurations, 6 points',
      '  time      about 2 minutes with manual: up to 6 measurements and 3 starts of a server (if a measurement takes 3.5 s and a start 5.0 s)',
      '  journal   has 4 of the 6 points; they are not measured again if the server is the same',
      '  tried     max_queue_delay_microseconds  0, 200',
      '            max_batch_size                4',
      '  load      1, 2 in flight',
      '  aim       highest throughput; p99 latency at most 150 ms',
      '',
      '--configs shows every configuration, --options where every option comes from',
    ].join('\n'),
  );
});

test('configurations and options where they are asked for', () => {
  const option = { key: 'batch_sizes', value: 3, source: 'command line' } as const;
  const configs = text([option], [model()], { configs: true });
  expect(configs).toContain('m_config_1: 1, 2 in flight\n  name: "m" # m_config_1');
  expect(configs).not.toContain('batch_sizes');
  const options = text([option], [model()], { options: true });
  expect(options).toMatch(/batch_sizes +3 +command line/);
  expect(options).not.toContain('# m_config_1');
});

test('the looks beside the search are told apart', () => {
  const looks = { baseline: 3, sentinel: 1 };
  expect(text([], [model({ expected: { ...model().expected!, looks } })])).toContain(
    'up to 6 measurements (3 of them for the baseline, 1 look at the sentinel) and 3 starts of a server',
  );
});

test('it stays short: long lists of values and of fields are cut', () => {
  const fields = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`field_${index}`, index]));
  const many = Array.from({ length: 50 }, (_, index) =>
    variant(`m_config_${index}`, { max_batch_size: index, ...fields }),
  );
  const lines = text([], [model({ variants: many })]).split('\n');
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines).toContainEqual('  tried     max_batch_size  0, 1, 2 ... 49 (50 values)');
  expect(lines).toContainEqual('            and 9 fields more');
});

test('where nothing is measured yet, all points are still to be', () => {
  expect(text([], [model({ known: 0 })])).toContain(
    'm: 3 configurations, 6 points, all of them to be measured\n',
  );
});

test('several models have a sum; of one without a config.pbtxt nothing is known', () => {
  const unknown = model({
    plan: plan({ name: 'n' }),
    extent: 'unknown',
    variants: [],
    expected: undefined,
    notes: ['n has no config.pbtxt here'],
  });
  const told = text([], [model(), unknown]);
  expect(told).toContain('\nn\n  aim       highest throughput\n  note      n has no config.pbtxt here\n');
  expect(told).toContain('together: about 2 minutes for 2 models, and those of which nothing is known yet');
});

test.each([60, 80, 120, 200])('it fits into %d columns, words whole', (columns) => {
  const warnings = [
    'no GPU is seen here, and 12 configurations have instances of KIND_GPU, which fail: write KIND_CPU',
  ];
  const told = text([], [model({ warnings })], { columns });
  for (const line of told.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
  const words = (whole: string): string => whole.replace(/\s+/g, ' ');
  expect(words(told)).toBe(words(text([], [model({ warnings })])));
});
