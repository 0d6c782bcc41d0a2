import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { folder, messageOf } from '../support/experiment.ts';

test('a FIFO in place of a file is said, and not waited for', () => {
  const cwd = folder();
  const file = join(cwd, 'pipe');
  execFileSync('mkfifo', [file]);
  expect(() => loadExperiment({ file, commandLine: {}, cwd })).toThrow('it is no regular file');
  expect(messageOf(`profile_models: m\nperf_analyzer_flags: {request-intervals: ${file}}`)).toContain(
    'it is no regular file',
  );
});
