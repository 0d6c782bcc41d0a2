import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { sharesHost } from '../../../src/load/native/shares-host.ts';

test.each(['localhost', '127.0.0.1', '127.0.1.1', '::1', '[::1]', '::ffff:127.0.0.1', '0.0.0.0', hostname()])(
  '%s is here',
  (host) => expect(sharesHost({ host, port: 8000 })).toBe(true),
);

test.each(['triton.example', '192.0.2.7', '2001:db8::7'])('%s is elsewhere', (host) =>
  expect(sharesHost({ host, port: 8000 })).toBe(false),
);
