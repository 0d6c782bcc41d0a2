import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { comparisonSchema } from '../../src/record/comparison.ts';
import { folder } from '../support/experiment.ts';
import { nothingLeft, read, tma } from './tma.ts';

const CONFIG = `name: "sleepy"
backend: "python"
max_batch_size: 4
input [{ name: "IN" data_type: TYPE_FP32 dims: [1] }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [1] }]
instance_group [{ kind: KIND_CPU count: 1 }]
`;
const PERF = `model_repository: models
profile_models:
  sleepy:
    model_config_parameters:
      instance_group: [[{kind: KIND_CPU, count: 2}]]
    parameters: {concurrency: "1,2"}
perf_analyzer_flags: {measurement-interval: 200, stability-percentage: 100}
constraints: {perf_latency_p99: {max: 10000}}
output_formats: [csv]
`;

/** A model whose execution takes so long. */
const modelOf = (seconds: number): string => `import time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        time.sleep(${seconds})
        return [
            pb_utils.InferenceResponse(
                [pb_utils.Tensor("OUT", pb_utils.get_input_tensor_by_name(request, "IN").as_numpy())]
            )
            for request in requests
        ]
`;

/** Two nights of one checkpoint directory on a real tritonserver, with a model that became slower in between. */
const cwd = folder();
const model = join(cwd, 'models', 'sleepy', '1', 'model.py');
beforeAll(async () => {
  mkdirSync(join(cwd, 'models', 'sleepy', '1'), { recursive: true });
  writeFileSync(join(cwd, 'models', 'sleepy', 'config.pbtxt'), CONFIG);
  writeFileSync(join(cwd, 'perf.yaml'), PERF);
  writeFileSync(model, modelOf(0.015));
  await tma(cwd, 'profile', '-f', 'perf.yaml');
  copyFileSync(join(cwd, 'tma-out', 'results', 'results.json'), join(cwd, 'first.json'));
  writeFileSync(model, modelOf(0.06));
  await tma(cwd, 'profile', '-f', 'perf.yaml');
});

test('a model that takes four times as long is worse than in the session before, and the gate says so', async () => {
  const { code, output } = await tma(cwd, 'compare', '--fail-on', 'worse', '-e', 'out');
  expect(output).toMatch(/sleepy is worse: throughput -[5-9]\d % \(/);
  expect(output).toContain("the model's files: changed");
  expect(output).toMatch(/\nfailed {2}worse: sleepy is worse/);
  expect(code).toBe(6);
  expect(read(cwd, 'out/reports/comparison.html')).toContain('sleepy is worse');
});

test('the results.json of the first is the same base', async () => {
  const { code, stdout } = await tma(
    cwd,
    'compare',
    'first.json',
    'tma-out',
    '--json',
    '--fail-on',
    'perf_throughput < 10%',
  );
  const comparison = comparisonSchema.parse(JSON.parse(stdout));
  expect(comparison.base).toMatchObject({ kind: 'results.json', path: 'first.json' });
  const { verdict, common } = comparison.models[0]!;
  expect(verdict).toBe('worse');
  expect(common).toMatchObject({ configurations: 2, same: 0 });
  // A load may be left out beside other programs on the machine.
  expect(common.points + common.client + common.drifted).toBe(4);
  expect(comparison.gates.map(({ state }) => state)).toEqual(['failed', 'passed']);
  expect(code).toBe(6);
});

test('a run beside itself has nothing to say', async () => {
  const { code, output } = await tma(
    cwd,
    'compare',
    'tma-out/checkpoints',
    'tma-out/results/results.json',
    '--fail-on',
    'worse',
  );
  expect(output).toContain('4 loads left out: the two have the same measurement');
  expect(output).toContain('unknown worse: ');
  expect(code).toBe(0);
});

test('nothing is left', async () => {
  expect(await nothingLeft()).toEqual([]);
});
