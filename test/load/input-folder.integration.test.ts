import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readInputFolder } from '../../src/load/input-folder.ts';
import type { InputSpec } from '../../src/load/inputs.ts';
import { makePayloads } from '../../src/load/payloads.ts';
import { folder, load } from '../support/experiment.ts';

test('a FIFO is said, and not waited for: in a folder of inputs, and in place of one', () => {
  const path = folder();
  const pipe = join(path, 'x');
  execFileSync('mkfifo', [pipe]);
  const spec: InputSpec = { name: 'x', datatype: 'INT8', dims: [2], optional: false };
  expect(() => readInputFolder(path, [spec], [])).toThrow('/x is a pipe');
  const inputData = [{ kind: 'file' as const, path: pipe }];
  expect(() => makePayloads([spec], [], load({ inputData }), { size: 1, dimension: true })).toThrow(
    'is a pipe',
  );
});
