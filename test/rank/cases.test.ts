import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import { readJournal } from '../../src/store/journal.ts';

test('a real run in which the client was the limit of the two fastest names neither, nor the third', () => {
  const { run } = readJournal('test/fixtures/cases/rank-client-bound/journal.jsonl');
  const ranking = rank(run, run.sessions[0]!.goals[0]!);
  expect(ranking.entries.map(({ trial: { name } }) => name)).toEqual([
    'estimator_config_0',
    'estimator_config_default',
    'estimator_config_1',
  ]);
  expect(ranking.winner).toBeUndefined();
  expect(ranking.decision).toMatchObject({ kind: 'unfinished', reason: 'client' });
  expect(verdict(ranking)).toContain('The best so far is estimator_config_0: at least 318 infer/s');
});
