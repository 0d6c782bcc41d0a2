import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { expectThrough, read, results, tma } from './tma.ts';

test('--cache-directory: what an accelerator builds is kept, and is no part of the configuration to deploy', async () => {
  const cwd = folder();
  writeFileSync(
    join(cwd, 'perf.yaml'),
    [
      `model_repository: ${resolve('examples/text-recognition/model_repository')}`,
      'profile_models:',
      '  text_recognition:',
      '    model_config_parameters:',
      '      optimization:',
      '        - execution_accelerators: {cpu_execution_accelerator: [{name: openvino}]}',
      '    parameters: {concurrency: 1}',
      '    perf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}',
    ].join('\n'),
  );
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--cache-directory', 'cache');
  expectThrough({ code, output });
  const [engine] = readdirSync(join(cwd, 'cache', 'engines'));
  expect(engine).toMatch(/^text_recognition-[0-9a-f]{12}$/);
  expect(readdirSync(join(cwd, 'cache', 'engines', engine!)).join()).toMatch(/\.blob$/);
  expect(results(cwd).trials[1].state).toBe('measured');
  expect(read(cwd, 'tma-out/output_model_repository/text_recognition_config_0/config.pbtxt')).not.toContain(
    'cache',
  );
  expect(read(cwd, 'tma-out/results/best/text_recognition/config.pbtxt')).not.toContain('cache');
});
