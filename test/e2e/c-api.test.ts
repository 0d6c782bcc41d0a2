import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installedPerfAnalyzer } from '../../src/install/cache.ts';
import { expectThrough, project, results, tma } from './tma.ts';

const missing = existsSync(installedPerfAnalyzer())
  ? undefined
  : (process.env['TMA_NO_PERF_ANALYZER'] ?? 'it is not installed');
if (missing)
  console.warn(`SKIPPED: triton_launch_mode c_api, because perf_analyzer is not there: ${missing}`);

const WINDOWS = 'perf_analyzer_flags: {measurement-interval: 300, stability-percentage: 100}\n';
const on = (models: string, more = ''): string => {
  const cwd = project(models, `triton_launch_mode: c_api\n${more}`);
  const file = join(cwd, 'perf.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^perf_analyzer_flags.*\n/m, WINDOWS));
  return cwd;
};

describe.skipIf(missing)(
  'triton_launch_mode: c_api, on the real library of Triton in the real perf_analyzer',
  () => {
    test('every variant is measured, inside perf_analyzer', async () => {
      const cwd = on(
        '{add_sub: {model_config_parameters: {instance_group: [[{kind: KIND_CPU, count: 2}]]}}}',
        'triton_server_flags: {log_verbose: 1}',
      );
      const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
      expect(output).toContain('triton_server_flags has no effect with triton_launch_mode c_api');
      expect(output).toContain('add_sub_config_0');
      expectThrough({ code, output });
      const { trials, sessions, servers } = results(cwd);
      expect(sessions[0].environment).toMatchObject({ launcher: 'c_api', generator: 'perf_analyzer' });
      expect(servers[0]).toMatchObject({ version: '2.51.0' });
      for (const trial of trials) {
        const { values } = trial.points[0].measurement.whole;
        expect(values.perf_throughput).toBeGreaterThan(100);
        expect(values.perf_server_compute_infer).toBeGreaterThan(0);
      }
      expect(readFileSync(join(cwd, 'tma-out/checkpoints/logs/add_sub_config_0.log'), 'utf8')).toContain(
        'metrics.cc',
      );
    });

    test('a model that does not load: its reason, and no endless attempts', async () => {
      const cwd = on(
        '{add_sub: {model_config_parameters: {backend: [tensorrt]}}, broken: {}}',
        'concurrency: [1, 2]',
      );
      const file = join(cwd, 'perf.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('concurrency: 1\n', ''));
      const { output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--skip-detailed-reports');
      expect(output).toContain(
        'backend missing: the model does not load: Invalid argument: unable to find backend',
      );
      expect(output).toContain('Python import error: the model does not load: Internal: ModuleNotFoundError');
      expect(output.match(/add_sub_config_0, \d in flight: failed/g)).toHaveLength(1);
      const { trials } = results(cwd);
      const ends = trials[0].points.map(
        (point: { state: string; cause?: string }) => point.cause ?? point.state,
      );
      expect(ends).toEqual(['measured', 'measured']);
    });

    test('no installation, no config.pbtxt: one message each', async () => {
      const cwd = on('[add_sub]');
      const nowhere = await tma(cwd, 'profile', '-f', 'perf.yaml', '--triton-install-path', '/nowhere');
      expect(nowhere.output).toContain('c_api needs a Triton installation, and there is none at /nowhere');
      expect(nowhere.code).toBe(5);
      rmSync(join(cwd, 'perf.yaml'));
      const bare = await tma(on('[no_config]'), 'profile', '-f', 'perf.yaml');
      expect(bare.output).toContain('"no_config" has no config.pbtxt, and with triton_launch_mode: c_api');
      expect(bare.code).toBe(2);
    });
  },
);
