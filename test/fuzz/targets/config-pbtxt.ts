import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadExperiment } from '../../../src/config/load-experiment.ts';
import { inputsOfConfig, resolveShapes } from '../../../src/load/inputs.ts';
import { canonicalJson, parseConfigText, printConfigText } from '../../../src/model-config/config.ts';
import { buildSpace } from '../../../src/space/space.ts';
import { pathInProject, textInProject, textsBelow } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeText } from '../mutate/text.ts';
import { isUserError, type MakeTarget } from '../target.ts';

/** Fields that the project's own models do not have. */
const RARE = [
  `name: "m"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "a" data_type: TYPE_STRING dims: [ -1, 3 ] reshape { shape: [3] } optional: true } ]
output [ { name: "b" data_type: TYPE_FP16 dims: [ 1 ] label_filename: "x" } ]
version_policy: { latest { num_versions: 1 } }
instance_group [ { count: 2 kind: KIND_GPU gpus: [0,1]
  rate_limiter { resources [ { name: "r" global: true count: 1 } ] priority: 2 } } ]
dynamic_batching {
  preferred_batch_size: [4, 8]
  max_queue_delay_microseconds: 100
  priority_levels: 2
  default_queue_policy { timeout_action: DELAY }
  priority_queue_policy { key: 1 value { max_queue_size: 3 } }
}
optimization {
  execution_accelerators {
    gpu_execution_accelerator [ { name: "tensorrt" parameters { key: "precision_mode" value: "FP16" } } ]
  }
  cuda { graphs: true graph_spec [ { batch_size: 1 input { key: "a" value { dim: [1] } } } ] }
}
parameters { key: "x" value: { string_value: "y\\n\\x41\\101" } }
model_warmup [ { name: "w" batch_size: 1
  inputs { key: "a" value { data_type: TYPE_FP32 dims: [1] zero_data: true } } } ]
response_cache { enable: true }
model_transaction_policy { decoupled: true }
`,
  `name: "e"
platform: "ensemble"
ensemble_scheduling { step [
  { model_name: "a" model_version: -1 input_map { key: "x" value: "y" } output_map { key: "o" value: "p" } },
  { model_name: "b" model_version: 2 input_map { key: "p" value: "q" } output_map { key: "o" value: "z" } }
] }
# A comment.
sequence_batching { oldest { max_candidate_sequences: 4 }
  state [ { input_name: "i" output_name: "o" data_type: TYPE_INT8 dims: [1] initial_state { zero_data: true } } ] }
`,
];

const TOKENS = [
  ...[
    '0',
    '-1',
    '1e308',
    '18446744073709551616',
    '9223372036854775807',
    '-9223372036854775809',
    '0x1F',
    '017',
    'inf',
    'nan',
  ],
  ...[
    'true',
    'TYPE_BOGUS',
    'TYPE_FP32',
    'KIND_CPU',
    '"',
    "'x'",
    '"a" "b"',
    '"\\x',
    '"\\777"',
    '"\\u12"',
    '"\\U0010FFFF"',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '<',
    '>',
    '[1,2,',
    '{ a: 1 }',
    '[ext.foo]',
    '#',
    '5.0f',
    '1.',
    '.5',
    '-',
    '- 1',
    '\0',
    'é',
    ':',
    ',',
  ],
  ...[
    `"${'x'.repeat(5000)}"`,
    'input',
    'dims',
    'name',
    'max_batch_size',
    'instance_group',
    'count',
    'key',
    'value',
  ],
  ...PROTOTYPE_KEYS,
];

const PLAN = `model_repository: ${pathInProject('test/fixtures/models')}
profile_models:
  m:
    model_config_parameters: {max_batch_size: [1, 4], instance_group: [[{kind: KIND_CPU, count: 2}]]}
    parameters: {concurrency: [1, 2], batch_sizes: [1, 8]}
`;

/** config.pbtxt: read, its inputs, what a sweep makes of it; and written and read again it is the same. */
export const configPbtxt: MakeTarget = (folder) => {
  const corpus = [
    ...textsBelow('test/fixtures/models', /config\.pbtxt$/),
    textInProject('examples/text-recognition/model_repository/text_recognition/config.pbtxt'),
    ...RARE,
  ];
  const file = join(folder, 'perf.yaml');
  writeFileSync(file, PLAN);
  const [plan] = loadExperiment({ file, cwd: folder }).models;
  return {
    make(random) {
      const text = random.pick(corpus);
      if (random.chance(0.1))
        return changeBytes(
          random,
          Buffer.from(text),
          corpus.map((item) => Buffer.from(item)),
        );
      return Buffer.from(changeText(random, text, { tokens: TOKENS, others: corpus }));
    },
    run(input) {
      const config = parseConfigText(input.toString('utf8'), 'config.pbtxt');
      const again = parseConfigText(printConfigText(config), 'what was written');
      if (canonicalJson(again) !== canonicalJson(config))
        throw new Error('written and read again it is not the same');
      buildSpace(plan!, config);
      resolveShapes(inputsOfConfig(config), {});
    },
    isOurs: isUserError,
  };
};
