import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandLine } from '../../src/config/given-options.ts';
import { loadReportRequest } from '../../src/config/report-request.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { Session } from '../../src/record/run.ts';
import { experimentOf, folder, messageOf } from '../support/experiment.ts';
import { run } from '../support/run.ts';

const MODELS = 'profile_models: [m]\n';

describe('prices', () => {
  test('are part of what models are judged by, one by one and all together', () => {
    const yaml = `${MODELS}cost_per_gpu_hour: 2.5\ncost_per_cpu_hour: 0.04\ncost_currency: EUR\ncost_request_rate: 1000\n`;
    const { models, reports } = experimentOf(yaml);
    const prices = { perGpuHour: 2.5, perCpuHour: 0.04, currency: 'EUR', requestRate: 1000 };
    expect(models[0]?.prices).toEqual(prices);
    expect(reports.acrossModels.goal.prices).toEqual(prices);
    const typed = experimentOf(yaml, { cost_per_gpu_hour: '3' });
    expect(typed.models[0]?.prices).toEqual({ ...prices, perGpuHour: 3 });
  });

  test('are not there where none is given', () => {
    expect(experimentOf(MODELS).models[0]).not.toHaveProperty('prices');
  });

  test.each([
    ['0', 'expected a price above 0, as a plain number such as 2.5, found 0'],
    ['-2', 'expected a price above 0, as a plain number such as 2.5, found -2'],
    ['$2.50', 'expected a price above 0, as a plain number such as 2.5, found "$2.50"'],
    ['[2]', 'expected a price above 0, as a plain number such as 2.5, found [2]'],
    ['.inf', 'expected a price above 0, as a plain number such as 2.5, found .inf'],
    ['2000000000', 'expected a price of 1,000,000,000 at most, found 2000000000'],
  ])('%s is no price', (written, why) => {
    expect(messageOf(`${MODELS}cost_per_gpu_hour: ${written}\n`)).toContain(
      `perf.yaml:2:1: cost_per_gpu_hour: ${why}`,
    );
  });

  test.each(['"<b>EUR</b>"', '"a\\nb"', 'a-very-long-currency', '""'])('%s is no currency', (written) => {
    const message = messageOf(`${MODELS}cost_per_gpu_hour: 1\ncost_currency: ${written}\n`);
    if (written === '""') expect(message).toBe('no error');
    else
      expect(message).toContain('perf.yaml:3:1: cost_currency: expected a currency of at most 12 characters');
  });

  test.each(['€', 'US$', 'EUR', 'credits'])('%s is a currency', (written) => {
    const { models } = experimentOf(`${MODELS}cost_per_gpu_hour: 1\ncost_currency: ${written}\n`);
    expect(models[0]?.prices?.currency).toBe(written);
  });
});

describe('a cost without a price is a mistake, told at the start and where it stands', () => {
  const PRICE = 'write cost_per_gpu_hour: PRICE, or for what is served on the CPU cost_per_cpu_hour: PRICE';
  test.each([
    [
      'objectives: [perf_throughput, cost_per_million_inferences]',
      '2:31',
      'cost_per_million_inferences',
      PRICE,
    ],
    ['objectives: {cost_per_million_inferences: 2}', '2:14', 'cost_per_million_inferences', PRICE],
    ['constraints: {cost_per_million_inferences: {max: 1}}', '2:15', 'cost_per_million_inferences', PRICE],
    [
      'constraints: {cost_per_month: {max: 1}}',
      '2:15',
      'cost_per_month',
      `${PRICE}, and cost_request_rate: REQUESTS A SECOND`,
    ],
    [
      'objectives: [cost_per_month]\ncost_per_gpu_hour: 2',
      '2:14',
      'cost_per_month',
      'write cost_request_rate: REQUESTS A SECOND',
    ],
    [
      'objectives: [cost_per_million_inferences]\ncost_per_gpu_hour: 2\ncpu_only: true',
      '2:14',
      'cost_per_million_inferences',
      'write cost_per_cpu_hour: PRICE, as it is served on the CPU',
    ],
    [
      'objectives: [cost_per_million_inferences]\ncost_per_gpu_hour: 2\ngpus: []',
      '2:14',
      'cost_per_million_inferences',
      'write cost_per_cpu_hour: PRICE, as it is served on the CPU',
    ],
  ])('%s', (yaml, place, tag, hint) => {
    expect(messageOf(`${MODELS}${yaml}\n`)).toBe(`perf.yaml:${place}: ${tag} needs a price\n  ${hint}`);
  });

  test("a model's own", () => {
    const yaml = 'profile_models:\n  m:\n    constraints: {cost_per_million_inferences: {max: 1}}\n  n: {}\n';
    expect(messageOf(yaml)).toBe(`perf.yaml:3:19: cost_per_million_inferences needs a price\n  ${PRICE}`);
    expect(messageOf(`${yaml}cost_per_cpu_hour: 1\n`)).toBe('no error');
  });

  test('a price that is wrong is told, and nothing that follows from it', () => {
    const message = messageOf(
      `${MODELS}objectives: [cost_per_million_inferences]\ncost_per_gpu_hour: free\n`,
    );
    expect(message).toContain('cost_per_gpu_hour: expected a price');
    expect(message).not.toContain('needs a price');
  });

  test('the cost of a month over several batch sizes is told not to be of the same work', () => {
    const yaml = `${MODELS}constraints: {cost_per_month: {max: 9}}\ncost_per_gpu_hour: 1\ncost_request_rate: 5\n`;
    expect(experimentOf(yaml).notes).toEqual([]);
    expect(experimentOf(`${yaml}batch_sizes: [1, 8]\n`).notes).toEqual([
      'm: cost_per_month is of requests of the batch size at hand, so that batch sizes 1, 8 are not the same work; cost_per_million_inferences compares them',
    ]);
  });

  test('what is said of costs without a price has no effect, and is said to have none', () => {
    const { notes } = experimentOf(`${MODELS}cost_currency: EUR\ncost_request_rate: 5\n`);
    expect(notes).toEqual([
      'cost_currency has no effect without cost_per_gpu_hour or cost_per_cpu_hour',
      'cost_request_rate has no effect without cost_per_gpu_hour or cost_per_cpu_hour',
    ]);
  });
});

describe('a report', () => {
  const goal: Goal = {
    models: ['m'],
    objectives: [{ tag: 'cost_per_million_inferences', weight: 10 }],
    constraints: [],
    prices: { perGpuHour: 2, currency: 'EUR' },
  };
  const sessions: Session[] = run().sessions.map((session) => ({
    ...session,
    goals: [goal],
    overall: { objectives: goal.objectives, constraints: [], prices: { perGpuHour: 2, currency: 'EUR' } },
  }));

  test('has the prices of the run, and those that are given now in their place', () => {
    expect(loadReportRequest({ commandLine: {} }).goalOf(['m'], sessions)).toEqual(goal);
    const request = loadReportRequest({ commandLine: { cost_per_gpu_hour: '4', cost_request_rate: '9' } });
    const prices = { perGpuHour: 4, currency: 'EUR', requestRate: 9 };
    expect(request.goalOf(['m'], sessions)).toEqual({ ...goal, prices });
    expect(request.settings(sessions).acrossModels.goal.prices).toEqual(prices);
  });

  test('by a cost that is asked for now needs a price of the run or of now, told where it stands', () => {
    const file = join(folder(), 'perf.yaml');
    writeFileSync(file, 'profile_models: [m]\nobjectives: [cost_per_million_inferences]\n');
    const bare: readonly Session[] = sessions.map(({ goals: _, ...session }) => ({ ...session, goals: [] }));
    const goalOf = (commandLine: CommandLine, of = bare): Goal =>
      loadReportRequest({ file, commandLine }).goalOf(['m'], of);
    expect(() => goalOf({})).toThrow(/perf\.yaml:2:14: cost_per_million_inferences needs a price/);
    expect(goalOf({ cost_per_gpu_hour: '2' }).prices).toEqual({ perGpuHour: 2 });
    expect(goalOf({}, sessions).prices).toEqual({ perGpuHour: 2, currency: 'EUR' });
  });

  test('of a run without prices has those that are given', () => {
    const request = loadReportRequest({ commandLine: { cost_per_cpu_hour: '0.1' } });
    const before = sessions.map((session) => ({ ...session, goals: [{ ...goal, prices: undefined }] }));
    expect(request.goalOf(['m'], before as unknown as Session[]).prices).toEqual({ perCpuHour: 0.1 });
    expect(request.goalOf(['never seen'], before as unknown as Session[]).prices).toEqual({
      perCpuHour: 0.1,
    });
  });
});
