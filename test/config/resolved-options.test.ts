import { expect, test } from 'vitest';
import { readOptions } from '../../src/config/given-options.ts';
import { OPTIONS, type Option, type OptionKey } from '../../src/config/options.ts';
import { resolvedOptions, standardOf } from '../../src/config/resolved-options.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { experimentOf, folder } from '../support/experiment.ts';

const resolved = (yaml: string, commandLine = {}) => {
  const rows = resolvedOptions(readOptions(parseYaml(yaml, 'perf.yaml'), commandLine, 'profile'), 'profile');
  return Object.fromEntries(rows.map((row) => [row.key, row]));
};

test('every option with its value and who gave it', () => {
  const options = resolved('profile_models: m\nconcurrency: "1,2"\nbatch_sizes: 3\ndcgm_disable: true', {
    batch_sizes: '4',
    skip_detailed_reports: true,
  });
  expect(options['profile_models']).toMatchObject({ value: 'm', source: { line: 1, column: 1 } });
  expect(options['concurrency']).toMatchObject({ value: [1, 2], source: { line: 2 } });
  expect(options['batch_sizes']).toMatchObject({ value: [4], source: 'command line' });
  expect(options['skip_detailed_reports']).toMatchObject({ value: true, source: 'command line' });
  expect(options['num_configs_per_model']).toMatchObject({ value: 3, source: 'default' });
  expect(options['override_output_model_repository']).toMatchObject({ value: false, source: 'default' });
  expect(options['triton_server_path']).toMatchObject({
    value: null,
    text: expect.stringContaining('tma install triton'),
  });
  expect(options['report_model_configs']).toBeUndefined();
});

test('the defaults that are said are the ones that hold', () => {
  const rows = Object.entries(OPTIONS) as [OptionKey, Option][];
  const said = rows.filter(
    ([, option]) =>
      option.commands.includes('profile') && !option.withoutEffect && standardOf(option).value !== null,
  );
  expect(said.length).toBeGreaterThan(30);
  // These set the mode in which loads are searched, or take one that is there.
  const modes = /^run_config_search_(min|max)_(request_rate|concurrency)$/;
  const yaml = said
    .filter(([key]) => !modes.test(key))
    .map(([key, option]) => `${key}: ${JSON.stringify(standardOf(option).value)}`);
  const cwd = folder();
  const { notes: _, ...explicit } = experimentOf(['profile_models: m', ...yaml].join('\n'), {}, cwd);
  const { notes: __, ...implicit } = experimentOf('profile_models: m', {}, cwd);
  expect(explicit).toEqual(implicit);
});
