import { expect, test } from 'vitest';
import { redactor } from '../src/redact.ts';

test('values of an environment do not show, whatever text they come in; short ones are ordinary words', () => {
  const redact = redactor({ API_KEY: 'sk-123456', LONG: 'sk-123456-and-more' }, { LEVEL: '1' });
  expect(redact('key=sk-123456, 1 of 2, sk-123456-and-more')).toBe(
    'key=[value of API_KEY], 1 of 2, [value of LONG]',
  );
});
