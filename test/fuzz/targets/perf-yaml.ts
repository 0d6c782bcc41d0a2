import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadExperiment } from '../../../src/config/load-experiment.ts';
import { LOAD_FLAGS } from '../../../src/config/load-flags.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { planRun } from '../../../src/run/plan.ts';
import { pathInProject, textInProject, textsBelow } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_YAML, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeText } from '../mutate/text.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import { isUserError, type MakeTarget } from '../target.ts';

const MODELS = `model_repository: ${pathInProject('test/fixtures/models')}\n`;
const PLAIN = `${MODELS}profile_models: [add_sub]\n`;

/** Everything that model_config_parameters and the options of a model can say. */
const SWEEPS = `${MODELS}profile_models:
  add_sub:
    cpu_only: true
    model_config_parameters:
      max_batch_size: {start: 1, stop: 8, step: 2}
      parameters:
        a: {string_value: [x, y]}
      instance_group:
        - - {kind: KIND_CPU, count: [1, 2]}
        - [{kind: KIND_CPU, count: 4, gpus: [0]}]
      input: [[{name: INPUT0, data_type: TYPE_FP32, dims: [4]}]]
      optimization:
        - {}
        - execution_accelerators:
            gpu_execution_accelerator:
              - {name: tensorrt, parameters: {precision_mode: [FP16, FP32]}}
      dynamic_batching:
        - {preferred_batch_size: [4, 8], max_queue_delay_microseconds: [0, 100]}
        - null
    parameters: {concurrency: {start: 1, stop: 8}, batch_sizes: 1,2}
    constraints: {perf_latency_p99: {max: 10}}
    objectives: {perf_throughput: 2, perf_latency_p99: 1}
    triton_server_flags: {log-verbose: 1}
    triton_server_environment: {A: $B}
    perf_analyzer_flags: {shape: [INPUT0:16, INPUT1:16], percentile: 95}
  no_config: &other
    weighting: 2
  failing: *other
plots:
  p: {title: t, x_axis: perf_throughput, y_axis: perf_latency_p99, monotonic: true}
`;

/** perf.yaml: reading it, and what `tma plan` makes of it. */
export const perfYaml: MakeTarget = (folder) => {
  const file = join(folder, 'perf.yaml');
  const run = async (input: Buffer): Promise<void> => {
    writeFileSync(file, input);
    await planRun(loadExperiment({ file, cwd: folder }));
  };
  const corpus = [...new Set([...documents(), ...optionByOption(file, folder)])];
  const trees = corpus.map((text) => treeOf(parse(text, { logLevel: 'silent' })));
  const keys = [
    ...PROTOTYPE_KEYS,
    ...Object.keys(OPTIONS),
    ...Object.keys(LOAD_FLAGS),
    'kind',
    'count',
    'start',
    'x',
  ];
  const tokens = [...NASTY_YAML, ...keys];
  const words = { tokens, others: corpus };
  const parts = { scalars: NASTY_YAML, keys, others: trees };
  return {
    make(random) {
      const share = random.below(10);
      if (share === 0) return changeBytes(random, Buffer.from(random.pick(corpus)));
      if (share < 5) return Buffer.from(changeText(random, random.pick(corpus), words));
      return Buffer.from(printTree(changeTree(random, random.pick(trees), parts)));
    },
    run,
    isOurs: isUserError,
  };
};

function documents(): string[] {
  const blocks = [...textInProject('docs/perf-yaml.md').matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, block]) => block!,
  );
  const own = [...textsBelow('examples', /\.ya?ml$/), ...blocks];
  return [SWEEPS, PLAIN, ...own, ...own.map((text) => text.replaceAll(/^model_repository:.*\n/gm, MODELS))];
}

/** A document for each option and each flag, with a value that it takes. */
function optionByOption(file: string, folder: string): string[] {
  const values = [
    '1',
    'x',
    'true',
    '[1, 2]',
    '0',
    '{a: b}',
    'local',
    'perf_throughput',
    '["a=b"]',
    '100m',
    '2:8:2',
    'poisson',
  ];
  const isTaken = (text: string): boolean => {
    writeFileSync(file, text);
    try {
      loadExperiment({ file, cwd: folder });
      return true;
    } catch {
      return false;
    }
  };
  const taken = (before: string): string[] => {
    const value = values.find((item) => isTaken(before + item));
    return value === undefined ? [] : [`${before}${value}\n`];
  };
  const flags = `${MODELS}profile_models:\n  add_sub:\n    perf_analyzer_flags:\n      `;
  return [
    ...Object.keys(OPTIONS).flatMap((key) => taken(`${PLAIN}${key}: `)),
    ...Object.keys(LOAD_FLAGS).flatMap((key) => taken(`${flags}${key}: `)),
  ];
}
