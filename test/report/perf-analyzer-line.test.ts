import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { atRate } from '../../src/record/load-point.ts';
import { perfAnalyzerLine } from '../../src/report/perf-analyzer-line.ts';
import { measurement, run, trial } from '../support/run.ts';

const lineOf = (changes: object, config: object, protocol?: 'grpc') => {
  const recorded = run(
    trial('m_config_default', [measurement({}, 4, changes)], { config: { name: 'm', ...config } }),
  );
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  return perfAnalyzerLine(rank(recorded, goal).entries[0]!, protocol);
};

test('the load of a configuration for perf_analyzer, and the inputs whose shapes it must be told', () => {
  const input = [
    { name: 'a', dims: ['3', '-1'] },
    { name: 'b', dims: ['2'] },
  ];
  expect(lineOf({}, { input })).toEqual({
    command: 'perf_analyzer -m m -b 1 -i http -u localhost:8000 --concurrency-range 4:4',
    open: ['a'],
  });
});

test('a request rate, gRPC, a decoupled model', () => {
  expect(lineOf({ point: atRate('m', 50, 2) }, {}, 'grpc').command).toBe(
    'perf_analyzer -m m -b 2 -i grpc -u localhost:8001 --request-rate-range 50:50',
  );
  expect(lineOf({}, { model_transaction_policy: { decoupled: true } }).command).toBe(
    'perf_analyzer -m m -b 1 -i grpc -u localhost:8001 --concurrency-range 4:4 --streaming --async',
  );
});
