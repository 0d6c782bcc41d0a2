import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalPath, readJournal } from '../../../src/store/journal.ts';
import type { Random } from '../../support/random.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeTree, printTree, type Tree, treeOf } from '../mutate/tree.ts';
import { reportRun } from '../report-run.ts';
import { isUserError, type MakeTarget } from '../target.ts';

/** One in so many is reported, too, which takes far longer than reading. */
const REPORTED = 40;
const KEYS = [
  ...PROTOTYPE_KEYS,
  'kind',
  'record',
  'variant',
  'state',
  'values',
  'name',
  '../../x',
  'perf_throughput',
];
const ENTRIES = ['session', 'server', 'variant', 'point', 'end', 'search', '__proto__', 'of a later version'];
/** Lines that no tma wrote. */
const LINES = [
  ...[
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    'garbage',
    '\0\0',
    '{',
    '{"kind":1}',
    '{"kind":"session","schemaVersion":99}',
  ],
  ...['{"kind":"session","schemaVersion":"2"}', '{"kind":"end","variant":"x"}', `"${'x'.repeat(100_000)}"`],
  ...ENTRIES.map((kind) => JSON.stringify({ kind })),
];

/** The journal: read, and reported. */
export const journal: MakeTarget = (folder) => {
  const directory = join(folder, 'checkpoints');
  mkdirSync(directory, { recursive: true });
  const text = textInProject('test/fixtures/journal/journal.jsonl');
  const lines = text.trim().split('\n');
  const trees = lines.map((line) => treeOf(JSON.parse(line)));
  let count = 0;
  return {
    make: (random) =>
      random.chance(0.15)
        ? changeBytes(random, Buffer.from(text))
        : Buffer.from(changed(random, lines, trees)),
    async run(input) {
      writeFileSync(journalPath(directory), input);
      readJournal(journalPath(directory));
      if (count++ % REPORTED === 0) await reportRun(folder, directory);
    },
    isOurs: isUserError,
  };
};

/** One or two lines changed, left out, moved, doubled, or put in. */
function changed(random: Random, lines: readonly string[], trees: readonly Tree[]): string {
  let all: readonly string[] = lines;
  for (let round = 1 + random.below(2); round > 0; round--) {
    const at = random.below(all.length);
    switch (random.below(8)) {
      case 0:
        all = all.toSpliced(at, 1);
        break;
      case 1:
        all = all.toSpliced(random.below(all.length), 0, all[at]!);
        break;
      case 2:
        all = all.toSpliced(at, 0, random.pick(LINES));
        break;
      default: {
        const place = random.below(trees.length);
        const parts = { scalars: NASTY_JSON, keys: KEYS, others: trees };
        all = all.with(Math.min(place, all.length - 1), printTree(changeTree(random, trees[place]!, parts)));
      }
    }
  }
  return `${all.join('\n')}\n`;
}
