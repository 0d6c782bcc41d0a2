import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MEASURING_VERSION } from '../../src/run/key.ts';

/**
 * What makes figures: the load generators, when a point is done, what a metric is. Where one of these files changes, somebody
 * has to say whether figures of the same server can be others now: the journal keeps those of the same version.
 */
const MEASURING = globSync(['src/load/**/*.ts', 'src/measure/**/*.ts']).sort();

const read = (file: string): string => readFileSync(file, 'utf8');

/** Those of src/statistics that these use. */
const STATISTICS = [
  ...new Set(
    MEASURING.flatMap((file) => [...read(file).matchAll(/\/(statistics\/[\w-]+\.ts)'/g)]).map(
      ([, file]) => `src/${file}`,
    ),
  ),
].sort();

/** A file's code; what it says of itself changes no figure. */
const codeOf = (file: string): string =>
  read(file)
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line))
    .join('\n');

test('where what makes figures changes, MEASURING_VERSION is raised or the change is known to make the same', async () => {
  const digests = [...MEASURING, ...STATISTICS].map(
    (file) => `${file} ${createHash('sha256').update(codeOf(file)).digest('hex').slice(0, 12)}`,
  );
  const about = [
    'A line differs: what tma measures with has changed. Where the same server can get other figures by it, raise',
    'MEASURING_VERSION in src/run/key.ts, so that none of the journal is taken for one of these. Then write this file anew:',
    'npx vitest run --project unit test/run/measuring-version.test.ts -u',
  ];
  const text = [...about, '', `MEASURING_VERSION ${MEASURING_VERSION}`, ...digests, ''].join('\n');
  await expect(text).toMatchFileSnapshot('../golden/measuring.txt');
});
