import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/ground/errors.ts';
import { tlsFiles } from '../../src/server/tls.ts';
import { folder } from '../support/experiment.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
const verify = { verifyPeer: true, verifyHost: true };
const certificate = new X509Certificate(readFileSync(fixture('server.pem')));
const key = createPrivateKey(readFileSync(fixture('server-key.pem')));

/** A file with these contents. */
function file(contents: string | Buffer): string {
  const path = join(folder(), 'file');
  writeFileSync(path, contents);
  return path;
}

describe('TLS files', () => {
  test('PEM stays as it is', () => {
    const { ca, key: found } = tlsFiles({
      ...verify,
      caFile: fixture('ca.pem'),
      keyFile: fixture('server-key.pem'),
      certificateFile: fixture('server.pem'),
    });
    expect(ca).toEqual(readFileSync(fixture('ca.pem')));
    expect(found).toEqual(readFileSync(fixture('server-key.pem')));
  });

  test('DER is understood, whichever form the key has', () => {
    const own = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
    for (const type of ['pkcs8', own] as const) {
      const found = tlsFiles({
        ...verify,
        keyFile: file(key.export({ format: 'der', type } as { format: 'der'; type: 'pkcs8' })),
        certificateFile: file(certificate.raw),
      });
      expect(createPrivateKey(found.key!).equals(key)).toBe(true);
      expect(new X509Certificate(found.cert!).fingerprint256).toBe(certificate.fingerprint256);
    }
  });

  test.each([
    ['nothing there', { caFile: '/nowhere/ca.pem' }, /cannot read \/nowhere\/ca\.pem/],
    ['binary that is no certificate', { caFile: file(Buffer.from([0x30, 1, 2])) }, /neither PEM nor DER/],
    ['text that is no certificate', { certificateFile: file('hello') }, /TLS: .*file/],
    [
      'a key that is none',
      { keyFile: file('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----') },
      /TLS: /,
    ],
  ])('%s is a mistake of the user’s', (_name, files, words) => {
    const read = () => tlsFiles({ ...verify, ...files });
    expect(read).toThrow(UserError);
    expect(read).toThrow(words);
  });
});
