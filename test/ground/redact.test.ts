import { describe, expect, test } from 'vitest';
import { redactor, secretsOf, secretsOfHeaders } from '../../src/ground/redact.ts';
import { cpuTimeOf } from '../support/cpu-time.ts';

test('values of an environment do not show, whatever text they come in; short ones are ordinary words', () => {
  const redact = redactor({ API_KEY: 'sk-123456', LONG: 'sk-123456-and-more' }, { LEVEL: '1' });
  expect(redact('key=sk-123456, 1 of 2, sk-123456-and-more')).toBe(
    'key=[value of API_KEY], 1 of 2, [value of LONG]',
  );
});

describe('a value in other letters', () => {
  const secret = 'p@ss w0rd/"ü"+';
  const redact = redactor({ MY_TOKEN: secret });
  const hidden = (text: string): void =>
    expect(redact(`before ${text} after`)).toBe('before [value of MY_TOKEN] after');

  test('upper case, URL, form, JSON, hex, base64 of both kinds', () => {
    hidden(secret.toUpperCase());
    hidden(encodeURIComponent(secret));
    hidden(encodeURIComponent(secret).replaceAll('%20', '+').toLowerCase());
    hidden(JSON.stringify(secret).slice(1, -1));
    // As a log quotes a text that was JSON already.
    hidden(JSON.stringify(JSON.stringify(secret)).slice(3, -3));
    hidden(Buffer.from(secret).toString('hex'));
  });

  test("as Python's repr writes it", () => {
    const quoting = redactor({ MY_TOKEN: `it's "a\\b"` });
    expect(quoting(String.raw`'it\'s "a\\b"'`)).toBe("'[value of MY_TOKEN]'");
    expect(quoting(String.raw`"'it\\'s \"a\\\\b\"'"`)).toBe(`"'[value of MY_TOKEN]'"`);
  });

  test.each(['base64', 'base64url'] as const)('%s, also of something longer', (encoding) => {
    for (const user of ['', 'u', 'us', 'use', 'user:']) {
      for (const rest of ['', '!', '!!']) {
        const text = Buffer.from(`${user}${secret}${rest}`).toString(encoding);
        const told = redact(text);
        expect(told).toContain('[value of MY_TOKEN]');
        expect(told.replace('[value of MY_TOKEN]', '').length).toBeLessThanOrEqual(14);
      }
    }
  });
});

test('short values only where they stand alone, and no ordinary words or numbers', () => {
  const redact = redactor({ PIN: '4711', DB_PASS: 'abc', MODE: 'true', GPUS: '0,1', LEVEL: 'info', X: '12' });
  expect(redact('login abc:4711 failed, abcdef 14711 true 0,1 info 12')).toBe(
    'login [value of DB_PASS]:[value of PIN] failed, abcdef 14711 true 0,1 info 12',
  );
});

test('what looks like a secret in what a server inherits, by its name or as an address with a password', () => {
  const found = secretsOf({
    HF_TOKEN: 'hf_abcdefgh',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
    PGPASSWORD: 'hunter2',
    MYSQL_PWD: 'hunter3',
    openaiApiKey: 'sk-abc',
    DATABASE_URL: 'postgres://me:hunter4@host/db',
    PWD: '/home/me/models',
    OLDPWD: '/home/me',
    PATH: '/usr/bin',
    LANG: 'en_US.UTF-8',
    GIT_AUTHOR_NAME: 'somebody',
    HOMEPAGE: 'https://example.org/a:b@c',
    KEYBOARD: 'german',
  });
  expect(Object.keys(found)).toEqual([
    'HF_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'PGPASSWORD',
    'MYSQL_PWD',
    'openaiApiKey',
    'DATABASE_URL',
  ]);
  expect(redactor(found)('no route to host for me with hunter4')).toBe(
    'no route to host for me with [value of DATABASE_URL]',
  );
});

test('a secret of several lines is known by each of them', () => {
  const redact = redactor({
    PRIVATE_KEY: '-----BEGIN KEY-----\nMIIabcdefg\nhijklmnopq\n-----END KEY-----\n',
  });
  expect(redact('bad line hijklmnopq in -----BEGIN KEY-----')).toBe(
    'bad line [value of PRIVATE_KEY] in -----BEGIN KEY-----',
  );
});

test('values of headers, and what follows Bearer', () => {
  const redact = redactor(...secretsOfHeaders([['Authorization', 'Bearer abcdef123']]));
  expect(redact('got Bearer abcdef123, token abcdef123 refused')).toBe(
    'got [value of Authorization], token [value of Authorization] refused',
  );
});

test('a text of any kind is gone through once, in little time', () => {
  const redact = redactor({ A_KEY: 'value of', B_KEY: '(.*)+[x]{2}' });
  expect(redact('value of (.*)+[x]{2}')).toBe('[value of A_KEY] [value of B_KEY]');
  expect(cpuTimeOf(() => redact('(.*)+[x]{'.repeat(100_000)))).toBeLessThan(2000);
});
