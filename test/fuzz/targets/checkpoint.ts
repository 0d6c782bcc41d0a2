import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../../src/store/model-analyzer.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import { reportRun } from '../report-run.ts';
import { isUserError, type MakeTarget } from '../target.ts';

/** One in so many is reported, too, which takes far longer than reading. */
const REPORTED = 40;
const KEYS = [
  ...PROTOTYPE_KEYS,
  '_value',
  '_gpu_data',
  '_non_gpu_data',
  'model_config',
  'add_sub,other',
  '../../x',
];

/** Model Analyzer's checkpoints: read, and reported. */
export const checkpoint: MakeTarget = (folder) => {
  const directory = join(folder, 'checkpoints');
  mkdirSync(directory, { recursive: true });
  const text = textInProject('test/fixtures/model-analyzer/add_sub.ckpt');
  const tree = treeOf(JSON.parse(text));
  const parts = { scalars: NASTY_JSON, keys: KEYS, others: [tree] };
  let count = 0;
  return {
    make: (random) =>
      random.chance(0.1)
        ? changeBytes(random, Buffer.from(text))
        : Buffer.from(printTree(changeTree(random, tree, parts))),
    async run(input) {
      writeFileSync(join(directory, '0.ckpt'), input);
      readCheckpoint(directory);
      if (count++ % REPORTED === 0) await reportRun(folder, directory);
    },
    isOurs: isUserError,
  };
};
