import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_FLAGS, readLoadFlags } from '../../../src/config/read-load-flags.ts';
import type { InputSpec } from '../../../src/load/inputs.ts';
import { makePayloads } from '../../../src/load/payloads.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeText } from '../mutate/text.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import { isUserError, type MakeTarget } from '../target.ts';

const input = (name: string, datatype: string, dims: number[], optional = false): InputSpec => ({
  name,
  datatype,
  dims,
  optional,
});

/** Models, as far as input data must fit them. */
const MODELS: readonly (readonly InputSpec[])[] = [
  [input('INPUT0', 'FP32', [-1]), input('INPUT1', 'FP32', [4], true)],
  [input('INPUT0', 'BYTES', [1]), input('INPUT1', 'INT64', [2, 2])],
  [input('INPUT0', 'BOOL', [-1, -1]), input('INPUT1', 'FP16', [4])],
  [input('INPUT0', 'UINT8', [4]), input('INPUT1', 'BF16', [-1])],
];
const OUTPUTS = [{ name: 'OUTPUT0', datatype: 'FP32', dims: [4] }];

const DOCUMENTS = [
  {
    data: [
      { INPUT0: [1, 2, 3, 4], INPUT1: [1, 2, 3, 4] },
      { INPUT0: { content: [1, 2, 3, 4], shape: [4] }, INPUT1: { b64: 'AAAAAAAAAAAAAAAAAAAAAA==' } },
    ],
    validation_data: [{ OUTPUT0: [1, 2, 3, 4] }, { OUTPUT0: [2, 3, 4, 5] }],
  },
  {
    data: [
      [
        {
          INPUT0: ['a'],
          INPUT1: [
            [1, 2],
            [3, 4],
          ],
          timestamp: [5],
        },
      ],
      [{ INPUT0: { b64: 'aGVsbG8=' }, INPUT1: { content: [1, 2, 3, 4], shape: [2, 2] } }],
    ],
  },
  { data: [{ INPUT0: { content: [true, false, 1, 0], shape: [2, 2] }, INPUT1: [0.5, 1, 2, 3] }] },
  {
    data: [
      {
        INPUT0: [0, 255, 256, -1],
        INPUT1: {
          content: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    ],
  },
  {
    data: [
      {
        INPUT0: { content: { b64: 'aGVsbG8=' }, shape: [1] },
        INPUT1: ['9007199254740993', 1, 2, 3],
        model: 'm',
      },
    ],
  },
];
const KEYS = [
  ...PROTOTYPE_KEYS,
  'data',
  'validation_data',
  'INPUT0',
  'INPUT1',
  'OUTPUT0',
  'content',
  'shape',
  'b64',
  'model',
  'timestamp',
];
/** When requests are due: a line each. */
const TIMES = ['100000\n200000\n150000\n', '0\n1\n2.5\n', '1e3\n', '5\r\n6\r\n'];
const ARRIVALS = ['request-intervals', 'request-times'];

/** Input data in perf_analyzer's JSON, read for a model and a batch size; files of arrivals. The first byte says which. */
export const inputData: MakeTarget = (folder) => {
  const trees = DOCUMENTS.map(treeOf);
  const parts = { scalars: NASTY_JSON, keys: KEYS, others: trees };
  const data = join(folder, 'data.json');
  const arrivals = join(folder, 'arrivals');
  return {
    make(random) {
      const first = Buffer.from([random.below(256)]);
      if (first[0]! % 8 === 7)
        return Buffer.concat([
          first,
          Buffer.from(changeText(random, random.pick(TIMES), { tokens: NASTY_JSON, others: TIMES })),
        ]);
      const text = Buffer.from(printTree(changeTree(random, random.pick(trees), parts)));
      return Buffer.concat([first, random.chance(0.1) ? changeBytes(random, text) : text]);
    },
    run(bytes) {
      const which = bytes[0] ?? 0;
      if (which % 8 === 7) {
        writeFileSync(arrivals, bytes.subarray(1));
        const told: string[] = [];
        readLoadFlags({ [ARRIVALS[(which >> 3) % 2]!]: arrivals }, (_flag, message) => told.push(message));
        return;
      }
      writeFileSync(data, bytes.subarray(1));
      const size = [1, 1, 2, 4][(which >> 3) % 4]!;
      const settings = { ...NO_FLAGS.load, inputData: [{ kind: 'file' as const, path: data }] };
      makePayloads(MODELS[which % 4]!, OUTPUTS, settings, { size, dimension: size > 1 || which < 180 });
    },
    isOurs: isUserError,
  };
};
