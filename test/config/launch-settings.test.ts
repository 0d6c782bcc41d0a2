import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { experimentOf, folder, messageOf } from '../support/experiment.ts';

const CASE = resolve('test/fixtures/cases/triton-output-path/repo');
const YAML = `model_repository: ${CASE}\nprofile_models: plain\n`;

test('triton_output_path: a folder is refused with its place', () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'adir'));
  const path = join(cwd, 'adir');
  expect(messageOf(`${YAML}triton_output_path: ${path}\n`)).toMatch(
    /^perf.yaml:3:\d+: triton_output_path: .*adir is a folder\n {2}name a file in it$/,
  );
});

test('triton_output_path: without effect where tma starts no server', () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'mine.log'), 'a log of mine\n');
  const { notes } = experimentOf(
    `${YAML}triton_launch_mode: remote\ntriton_output_path: mine.log\n`,
    {},
    cwd,
  );
  expect(notes).toContain('triton_output_path has no effect with triton_launch_mode remote');
  expect(readFileSync(join(cwd, 'mine.log'), 'utf8')).toBe('a log of mine\n');
});
