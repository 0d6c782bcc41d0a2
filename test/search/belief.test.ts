import { expect, test } from 'vitest';
import { withClosing } from '../../src/run/closing.ts';
import { withFailureMemory } from '../../src/search/failure-memory.ts';
import { withLimits } from '../../src/search/limited.ts';
import { amongSome } from '../../src/search/sample.ts';
import type { Search } from '../../src/search/search.ts';
import { searchedSpace } from '../../src/search/search-for.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';
import { run } from '../support/run.ts';

const space = buildSpace(plan({ concurrency: [1] }), { name: 'm', max_batch_size: 4 });
const [candidate] = space.candidates;
const point = space.pointsOf(candidate!)[0]!;
const belief = { candidate: candidate!, point, keeps: 1, better: { chance: 0.1 } };
const silent: Search = {
  name: 'silent',
  ask: () => 'done',
  tell: () => {},
  drop: () => [],
  remaining: () => 0,
  account: () => ({ why: '', importance: [], remarks: [] }),
};
const wrapped = (search: Search): Search => {
  const remembering = withFailureMemory(amongSome(withLimits(search, { maxMeasurements: 9 }), 1, 2), space);
  return withClosing(remembering, searchedSpace(space), () => run());
};

test('what a search believes is heard through all that it is wrapped in', () => {
  expect(wrapped({ ...silent, belief: () => belief }).belief?.()).toBe(belief);
});

test('one that believes nothing has no belief', () => {
  expect(wrapped(silent).belief?.()).toBeUndefined();
});
