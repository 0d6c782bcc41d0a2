import { expect, test } from 'vitest';
import { connectionLimits, whyTooMany } from '../../../src/load/native/connection-limits.ts';

test('more connections than files may be open are told of beforehand, with the number to raise the limit to', () => {
  const limits = { files: { left: 1000, most: 1024 }, ports: undefined };
  expect(whyTooMany(900, limits)).toBeUndefined();
  expect(whyTooMany(2000, limits)).toMatch(
    /2000 connections .* the 1024 that are allowed here: .*`ulimit -n 3072`/,
  );
});

test('more connections than there are ports', () => {
  const limits = { files: undefined, ports: 28_232 };
  expect(whyTooMany(28_232, limits)).toBeUndefined();
  expect(whyTooMany(30_000, limits)).toContain('28232 of this machine');
});

test('the limits of this machine are read where it tells them', () => {
  const { files, ports } = connectionLimits({ host: '127.0.0.1', port: 1 });
  expect(files === undefined || files.left <= files.most).toBe(true);
  expect(ports === undefined || ports > 0).toBe(true);
  expect(connectionLimits({ host: 'example.org', port: 1 }).ports).toBeUndefined();
});
