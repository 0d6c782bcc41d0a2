import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { credentialsFor } from '../../../src/server/docker/registry.ts';
import { folder } from '../../support/experiment.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A folder with Docker's own configuration. */
const config = (content: object): string => {
  const path = folder();
  writeFileSync(join(path, 'config.json'), JSON.stringify(content));
  return path;
};

test('credentials from a helper, which is asked on its standard input', async () => {
  const bin = folder();
  const helper = join(bin, 'docker-credential-lab');
  writeFileSync(
    helper,
    '#!/bin/sh\nread registry\necho "{\\"Username\\": \\"u\\", \\"Secret\\": \\"for $registry\\"}"\n',
  );
  chmodSync(helper, 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
  expect(await credentialsFor('nvcr.io/x', config({ credHelpers: { 'nvcr.io': 'lab' } }))).toMatchObject({
    username: 'u',
    password: 'for nvcr.io',
  });
  expect(await credentialsFor('nvcr.io/x', config({ credsStore: '../lab' }))).toBeUndefined();
});
