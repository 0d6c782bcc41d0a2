import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseResults } from '../../src/record/results.ts';
import { folder } from '../support/experiment.ts';
import { expectThrough, nothingLeft, tma } from './tma.ts';

test('an ensemble is measured as it is, the next model after it, whatever the server flags say of ports and control', async () => {
  const cwd = folder();
  cpSync(resolve('test/fixtures/cases/ensemble-auto/repo'), join(cwd, 'repo'), { recursive: true });
  const yaml = [
    'model_repository: repo',
    'profile_models: [ens, { pre: { parameters: { concurrency: 2 } } }]',
    'run_config_search_mode: brute',
    'run_config_search_max_instance_count: 1',
    'run_config_search_max_model_batch_size: 1',
    'concurrency: 1',
    'triton_server_flags:',
    '  http-port: 8123',
    '  model-control-mode: poll',
    '  model-repository: ./elsewhere',
    '  backend-config: ["python,shm-default-byte-size=1048576", "python,shm-growth-byte-size=1048576"]',
  ].join('\n');
  writeFileSync(join(cwd, 'perf.yaml'), yaml);
  const options = ['-f', 'perf.yaml', '--time-limit', '0.3', '-o', 'csv', '-e', 'out'];
  const { code, output } = await tma(cwd, '-v', 'profile', ...options);
  expect(output).toContain('triton_server_flags: http-port is decided by triton_http_endpoint');
  expect(output).toContain('ens is an ensemble: it is measured as it is');
  expect(output).toMatch(/^\[1\/\d\] ens_config_default, 1 in flight: [\d,.]+ infer\/s/m);
  expect(output).toMatch(/pre_config_0, 2 in flight: [\d,.]+ infer\/s/);
  expect(output).not.toContain('failed');
  expectThrough({ code, output });
  const file = join(cwd, 'out/results/results.json');
  const { trials } = parseResults(readFileSync(file, 'utf8'), file);
  const [composing, none] = trials.flatMap(({ points }) =>
    points.flatMap((record) => (record.state === 'measured' ? [record.measurement.composing] : [])),
  );
  expect(composing).toMatchObject({ by: 'steps', models: [{ model: 'pre' }, { model: 'post' }] });
  for (const { requests, values } of composing!.models) {
    // Windows cut some requests in two, of which one member has answered and the other not yet.
    expect(requests).toBeCloseTo(1, 0);
    expect(values['perf_server_compute_infer']).toBeGreaterThan(0);
    expect(values['perf_server_request']).toBeGreaterThan(values['perf_server_compute_infer']!);
  }
  expect(none).toBeUndefined();
  expect(await nothingLeft()).toEqual([]);
});
