import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withSpec } from '../../src/run/spec-of.ts';
import { experimentOf } from '../support/experiment.ts';
import { trial } from '../support/run.ts';
import { trialSpec } from '../support/spec.ts';

const { end } = trial('m_config_0', []);

test('what failed is written to a file that repeats it', () => {
  const experiment = experimentOf('profile_models: m');
  const { specFile, warnings } = withSpec(end!, trialSpec(), experiment);
  expect(specFile).toBe(join(experiment.checkpointDirectory, 'trials', 'm_config_0.json'));
  expect(JSON.parse(readFileSync(specFile!, 'utf8'))).toMatchObject({ variant: 'm_config_0' });
  expect(warnings).toEqual([]);
});

test('where it can not be written, the trial has its end all the same', () => {
  const experiment = experimentOf('profile_models: m');
  mkdirSync(dirname(experiment.checkpointDirectory));
  writeFileSync(experiment.checkpointDirectory, 'a file');
  const told = withSpec(end!, trialSpec(), experiment);
  expect(told).not.toHaveProperty('specFile');
  expect(told.warnings).toEqual([
    expect.stringMatching(/^it can't be repeated from a file: cannot write .*m_config_0\.json/),
  ]);
  expect(told.steps).toEqual(end!.steps);
});
