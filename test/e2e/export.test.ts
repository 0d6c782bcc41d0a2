import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MODELS, somebodysServer } from './somebodys-server.ts';
import { expectThrough, nothingLeft, project, read, results, tma } from './tma.ts';

afterAll(async () => {
  expect(await nothingLeft()).toEqual([]);
});

test('tritonserver loads what is exported, with the configuration that was measured', async () => {
  // no_config has no config.pbtxt: it gets one.
  const cwd = project(`
  add_sub:
    perf_analyzer_flags: {shape: ["INPUT0:16", "INPUT1:16"]}
    model_config_parameters: {dynamic_batching: {max_queue_delay_microseconds: 300}}
  no_config:
    model_config_parameters: {dynamic_batching: {max_queue_delay_microseconds: 200}}`);
  expectThrough(await tma(cwd, 'profile', '-f', 'perf.yaml'));
  // Which of two is better on a busy machine is not known: it is exported by name, and what is decided is said.
  const best = await tma(cwd, 'export', '--best', '--json');
  const { models } = JSON.parse(best.stdout);
  for (const [index, { decision }] of results(cwd).models.entries())
    expect(models[index].decision).toMatchObject({ kind: decision.kind, reason: decision.reason });

  const to = ['--to', 'prod', '--with-model', '-f', 'perf.yaml'];
  const variants = ['--variant', 'add_sub_config_0,no_config_config_0'];
  const exported = await tma(cwd, 'export', ...variants, ...to);
  expect(exported, exported.output).toMatchObject({ code: 0 });
  expect(exported.output).not.toContain('are not those that were measured');
  expect(readdirSync(join(cwd, 'prod')).sort()).toEqual(['add_sub', 'no_config']);

  // A server that can't load one of its models does not start.
  const server = await somebodysServer(join(cwd, 'prod'));
  try {
    for (const [name, delay] of [
      ['add_sub', '300'],
      ['no_config', '200'],
    ] as const) {
      const config = await server.triton.config(name);
      expect(config).toMatchObject({ name, dynamic_batching: { max_queue_delay_microseconds: delay } });
    }
  } finally {
    await server.stop();
  }

  // Somebody's own configuration is not written over.
  writeFileSync(join(cwd, 'prod/add_sub/config.pbtxt'), readFileSync(join(MODELS, 'add_sub/config.pbtxt')));
  const refused = await tma(cwd, 'export', ...variants, ...to);
  expect(refused.code).toBe(2);
  expect(refused.output).toContain('+  max_queue_delay_microseconds: 300');
  expect(read(cwd, 'prod/add_sub/config.pbtxt')).not.toContain('300');

  const service = await tma(
    cwd,
    ...['export', '--format', 'kserve', '--model', 'add_sub', '--variant', 'add_sub_config_0'],
    ...['--request-rate', '100000', '--storage-uri', 'gs://bucket/prod'],
  );
  expect(service.code).toBe(0);
  const { metadata, spec } = parse(service.stdout);
  expect(metadata.name).toBe('add-sub');
  // What one carries is measured; 100,000 a second is more than this model does anywhere.
  expect(spec.predictor.minReplicas).toBeGreaterThan(1);
  expect(Number(spec.predictor.model.resources.requests.cpu)).toBeGreaterThanOrEqual(1);
  expect(spec.predictor.model.resources.requests.memory).toMatch(/^\d+Mi$/);
});
