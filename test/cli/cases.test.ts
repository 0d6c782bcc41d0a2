import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { tma } from '../support/tma.ts';

/** `tma plan` on a folder of test/fixtures/cases. */
async function plan(name: string, file = 'perf.yaml') {
  const cwd = join(process.cwd(), 'test/fixtures/cases', name);
  const { code, out, error } = await tma(['plan', '--configs', '-f', join(cwd, file)], cwd);
  return { code, out, error: error.replaceAll(`${cwd}/`, '') };
}

describe('files as people write them', () => {
  test('fields of config.pbtxt at the top are told where they belong', async () => {
    const { code, error } = await plan('misplaced-key');
    expect(code).toBe(2);
    const below = 'it belongs below profile_models, m, model_config_parameters';
    expect(error).toBe(
      [
        'perf.yaml:4:1: unknown key "instance_group"',
        `  a field of config.pbtxt: ${below}`,
        'perf.yaml:7:1: unknown key "max_batch_size"',
        `  a field of config.pbtxt: ${below}`,
        'perf.yaml:8:1: unknown key "dynamic_batching"',
        `  a field of config.pbtxt: ${below}`,
        '',
      ].join('\n'),
    );
  });

  test('several shapes in one text: the place, and the list to write', async () => {
    expect(await plan('shape-string')).toMatchObject({
      code: 2,
      error:
        'perf.yaml:4:3: perf_analyzer_flags.shape: several shapes are a list: shape: ["IN:4", "OTHER:1,16"]\n',
    });
  });

  test('numbers for text fields keep the text as it stands in the file', async () => {
    const { out } = await plan('string-value-of-a-number');
    expect(out.match(/string_value: .*/g)?.slice(-3)).toEqual([
      'string_value: "1.0"',
      'string_value: "1e-3"',
      'string_value: "12345678901234567890"',
    ]);
  });

  test('a map written as in config.pbtxt means its entries', async () => {
    const accelerator = await plan('map-as-key-value', 'accelerator.yaml');
    expect(accelerator.out).toContain('plain: 2 configurations');
    expect(accelerator.out).toMatch(/key: "precision_mode"\s+value: "FP16"/);
    expect(accelerator.out).toMatch(/key: "max_workspace_size_bytes"\s+value: "1073741824"/);
    expect((await plan('map-as-key-value', 'metric-tags.yaml')).out).toMatch(
      /metric_tags: \{\s+key: "team"\s+value: "search"/,
    );
    const parameters = await plan('map-as-key-value', 'parameters.yaml');
    expect(parameters.out).toContain('plain: 4 configurations');
    expect(parameters.out).toMatch(/key: "intra_op_thread_count"\s+value: \{\s+string_value: "3"/);
  });

  test('server flags that tma decides are named with what decides them', async () => {
    expect(await plan('server-flags-decided', 'http-port.yaml')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^triton_server_flags: http-port is decided by triton_http_endpoint\n/),
    });
    expect((await plan('server-flags-decided', 'model-control-mode.yaml')).out).toContain(
      'triton_server_flags: model-control-mode is decided by tma, which loads one configuration after the other',
    );
    expect((await plan('server-flags-decided', 'model-repository.yaml')).out).toContain(
      'triton_server_flags: model-repository is decided by model_repository',
    );
    expect(await plan('server-flags-decided', 'allow-http.yaml')).toMatchObject({
      code: 2,
      error: expect.stringContaining('allow-http.yaml:8:3: triton_server_flags: tma loads models by HTTP'),
    });
  });

  test.each(['d.yaml', 'perf.yaml', 'perf2.yaml'])('an ensemble is measured as it is: %s', async (file) => {
    const { code, out } = await plan('ensemble-auto', file);
    expect(code).toBe(0);
    expect(out).toContain('ens is an ensemble: it is measured as it is');
    expect(out).toContain('ens: 1 configuration');
    expect(out).not.toMatch(/^ {2}(dynamic_batching|instance_group)/m);
  });
});

test('a plan of nothing to measure is a mistake that says why', async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'backend: "python"\nmax_batch_size: 4\n');
  const options = ['-m', cwd, '--profile-models', 'm', '-b', '16', '-c', '1', '--run-config-search-disable'];
  expect(await tma(['plan', ...options], cwd)).toMatchObject({
    code: 2,
    error: expect.stringContaining('nothing can be measured: client batch 16 exceeds max_batch_size 4'),
  });
});
