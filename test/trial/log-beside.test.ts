import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withLogBeside } from '../../src/trial/log-beside.ts';
import { folder, launchSettings } from '../support/experiment.ts';
import { trialSpec } from '../support/spec.ts';

test("a repeated trial's log is a new file beside its spec, each time another", () => {
  const cwd = folder();
  const file = join(cwd, 'm_config_0.json');
  const before = trialSpec();
  writeFileSync(before.logFile, 'the evidence');
  const first = withLogBeside(before, file);
  writeFileSync(first.logFile, 'the first trial');
  const second = withLogBeside(before, file);
  expect([first.logFile, second.logFile]).toEqual([
    join(cwd, 'm_config_0.trial.log'),
    join(cwd, 'm_config_0.trial.2.log'),
  ]);
  expect(statSync(second.logFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(first.logFile, 'utf8')).toBe('the first trial');
  expect(readFileSync(before.logFile, 'utf8')).toBe('the evidence');
  // A trial removes what is its own log alone before it begins.
  expect(second.ownLog).toBe(false);
});

test('a log that is shared, and a server that has its own, are left', () => {
  const file = join(folder(), 'spec.json');
  const shared = trialSpec({ ownLog: false });
  expect(withLogBeside(shared, file)).toEqual(shared);
  const remote = trialSpec({}, { launch: { ...launchSettings(), mode: 'remote' } });
  expect(withLogBeside(remote, file)).toEqual(remote);
});

test('where nothing can be written beside the spec, it lies in a temporary folder', () => {
  const { logFile } = withLogBeside(trialSpec(), '/proc/self/fd/0');
  expect(dirname(dirname(logFile))).toBe(tmpdir());
  expect(existsSync(logFile)).toBe(true);
});
