import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBaseModel } from '../../src/variant/base.ts';
import { folder, plan } from '../support/experiment.ts';

test('a FIFO in place of a file is not waited for', async () => {
  const repository = folder();
  const version = join(repository, 'm', '1');
  mkdirSync(version, { recursive: true });
  writeFileSync(join(version, 'model.py'), '');
  execFileSync('mkfifo', [join(version, 'pipe')]);
  expect((await readBaseModel(repository, plan())).fingerprint).toMatch(/^[0-9a-f]{16}$/);
  execFileSync('mkfifo', [join(repository, 'm', 'config.pbtxt')]);
  await expect(readBaseModel(repository, plan())).rejects.toThrow('config.pbtxt is no file');
});
