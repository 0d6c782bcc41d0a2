import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { compareRuns } from '../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../src/rank/comparison/gates.ts';
import { comparisonJsonSchema } from '../../src/record/comparison.ts';
import { night, runOf, side } from '../support/two-runs.ts';

test('comparison.schema.json is up to date (npm run docs)', () => {
  expect(JSON.parse(readFileSync('comparison.schema.json', 'utf8'))).toEqual(comparisonJsonSchema());
});

test('what is written is what the schema says, and a field that it does not know is taken', () => {
  const validate = new Ajv2020({ strict: false }).compile(comparisonJsonSchema());
  const comparison = compareRuns(
    side(runOf(night({ seed: 1 }))),
    side(runOf(night({ seed: 2, slower: 2 }))),
    {
      conditions: [readCondition('worse')],
    },
  );
  const text = JSON.stringify(comparison);
  validate(JSON.parse(text));
  expect(validate.errors).toBe(null);
  expect(validate({ ...JSON.parse(text), verdict: 'sideways' })).toBe(false);
});
