import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Trial } from '../../src/record/run.ts';
import { journalPath, readJournal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { expectThrough, tma } from './tma.ts';

/** A folder with the input of a case. */
function caseOf(name: string): string {
  const cwd = folder();
  cpSync(resolve('test/fixtures/cases', name), cwd, { recursive: true });
  return cwd;
}

const trialsOf = (cwd: string, checkpoint: string): readonly Trial[] =>
  readJournal(journalPath(join(cwd, checkpoint))).run.trials;

const profile = (cwd: string, file: string) =>
  tma(cwd, 'profile', '-f', file, '--time-limit', '0.3', '--skip-summary-reports');

test('what the server completes it completes for every variant, in the first run as in a later one', async () => {
  const cwd = caseOf('partial-input');
  const first = await profile(cwd, 'perf-nodims.yaml');
  expect(first.output).not.toContain('failed');
  expectThrough(first);
  const second = await profile(cwd, 'perf-nodims2.yaml');
  expect(second.output).not.toContain('failed');
  const trials = trialsOf(cwd, 'ck-nodims');
  expect(trials.map(({ name, state }) => [name, state])).toEqual([
    ['nodims_config_default', 'measured'],
    ['nodims_config_0', 'measured'],
    ['nodims_config_1', 'measured'],
  ]);
  const [asDefault, ...others] = trials.map(({ end }) => [
    end?.effective?.['input'],
    end?.effective?.['output'],
  ]);
  expect(asDefault).toMatchObject([[{ dims: ['4'] }], [{ dims: ['4'] }]]);
  expect(others).toEqual([asDefault, asDefault]);
});

test('inputs without a data type and outputs that the server adds', async () => {
  const cwd = caseOf('partial-input');
  const { code, output } = await profile(cwd, 'perf-part.yaml');
  expect(output).not.toContain('failed');
  expectThrough({ code, output });
  const outputs = trialsOf(cwd, 'ck-part').map(({ end }) => end?.effective?.['output']);
  expect(outputs).toMatchObject([[{ name: 'OUT', dims: ['4'] }], [{ name: 'OUT', dims: ['4'] }]]);
});

test('a default on a GPU that is not there fails, and variants on the CPU are measured', async () => {
  const cwd = caseOf('climb-ends-at-illegal');
  const config = join(cwd, 'repo/plain/config.pbtxt');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('kind: KIND_CPU count: 1', 'kind: KIND_GPU gpus: [ 7 ]'));
  writeFileSync(
    join(cwd, 'perf.yaml'),
    'model_repository: repo\nprofile_models: {plain: {parameters: {concurrency: 1}, model_config_parameters: {instance_group: [[{kind: KIND_CPU}]]}}}\n',
  );
  const { code, output } = await profile(cwd, 'perf.yaml');
  expect(output).toMatch(/plain_config_default, 1 in flight: failed: no such device: .*gpu/i);
  expect(output).toMatch(/plain_config_0, 1 in flight: [\d,.]+ infer\/s/);
  expectThrough({ code, output });
});
