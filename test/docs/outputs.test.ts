import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { MISTAKE, markOf } from '../../scripts/docs/outputs.ts';
import { outputIn } from '../../scripts/docs/printed-output.ts';
import { RESULTS_VERSION } from '../../src/record/results.ts';
import { folder } from '../support/experiment.ts';
import { tma } from '../support/tma.ts';

test.each(MISTAKE.documents)(
  '%s shows a mistake as it is told (npm run docs:pictures -- outputs)',
  async (document) => {
    const cwd = folder();
    symlinkSync(resolve('examples'), join(cwd, 'examples'));
    writeFileSync(join(cwd, 'perf.yaml'), MISTAKE.file());
    const { error } = await tma(['plan', '-f', join(cwd, 'perf.yaml')], cwd);
    expect(error.replaceAll(`${cwd}/`, '')).toContain(outputIn(document, markOf(MISTAKE)));
  },
);

test('the results of the study on an H100 are written as this version does (npm run docs:pictures -- study)', () => {
  const text = readFileSync('examples/text-recognition-h100/study/results.json', 'utf8');
  expect(JSON.parse(text).schemaVersion).toBe(RESULTS_VERSION);
});
