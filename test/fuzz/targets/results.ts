import { parseResults } from '../../../src/record/results.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import { isUserError, type MakeTarget } from '../target.ts';

const KEYS = [
  ...PROTOTYPE_KEYS,
  'models',
  'trials',
  'checks',
  'constraints',
  'gain',
  'default',
  'measurement',
];

/** results.json of the first version, which is upgraded when it is read, and the same as one of this. */
export const results: MakeTarget = () => {
  const first = textInProject('test/fixtures/results/schema-1.json');
  const texts = [first, JSON.stringify(parseResults(first, 'results.json'))];
  const trees = texts.map((text) => treeOf(JSON.parse(text)));
  const parts = { scalars: NASTY_JSON, keys: KEYS, others: trees };
  return {
    make: (random) => {
      const at = random.chance(0.7) ? 0 : 1;
      return random.chance(0.1)
        ? changeBytes(random, Buffer.from(texts[at]!))
        : Buffer.from(printTree(changeTree(random, trees[at]!, parts)));
    },
    run: (input) => parseResults(input.toString(), 'results.json'),
    isOurs: isUserError,
  };
};
