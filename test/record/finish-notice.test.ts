import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { noticeJsonSchema, parseNotice } from '../../src/record/finish-notice.ts';
import { finishNotice } from '../../src/report/finish.ts';
import { experimentOf } from '../support/experiment.ts';
import { CASES } from '../support/export-cases.ts';

const at = new Date('2026-01-01T00:00:00Z');

test('finish.schema.json is up to date (npm run docs)', () => {
  expect(JSON.parse(readFileSync('finish.schema.json', 'utf8'))).toEqual(noticeJsonSchema());
});

test('docs/outputs.md has every field', () => {
  const page = readFileSync('docs/outputs.md', 'utf8');
  const { properties } = noticeJsonSchema() as { properties: object };
  for (const field of Object.keys(properties)) expect(page).toContain(`\`${field}\``);
});

test.each(Object.entries(CASES))('what is posted of %s is valid by it', (name, make) => {
  const { run, rankings } = make();
  const experiment = experimentOf('profile_models: m');
  const finish = { exitCode: 0, interrupted: false, startedAt: at, endedAt: at, run, rankings };
  const notice = JSON.parse(JSON.stringify(finishNotice(experiment, finish)));
  const validate = new Ajv2020({ strict: false }).compile(noticeJsonSchema());
  expect(validate(notice), JSON.stringify(validate.errors)).toBe(true);
  // A name with a line's end in it is refused by who reads it, as it can be no folder's.
  if (name !== 'hostile') expect(parseNotice(notice)).toEqual(notice);
});
