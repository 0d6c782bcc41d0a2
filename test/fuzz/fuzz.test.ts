import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { TARGETS } from './targets.ts';

/** The same cases each time; `npm run fuzz` tries others. */
const SEED = 1;
const CASES = 5000;
/** Files that are read whole and reported, which takes several times as long as all others together. */
const SLOW: readonly string[] = ['journal', 'checkpoint', 'perf-yaml'];
const SLOW_CASES = 2000;

test.concurrent.for(Object.keys(TARGETS))(
  '%s: whatever is in it, it is taken or refused with a reason, soon and in little memory',
  async (kind) => {
    const planned = SLOW.includes(kind) ? SLOW_CASES : CASES;
    const { findings, cases, accepted, refused } = await campaign(kind, SEED, planned);
    expect(
      findings.map(
        ({ signature, number }) => `${signature}; npm run fuzz -- ${kind} --seed ${SEED} --case ${number}`,
      ),
    ).toEqual([]);
    expect(cases).toBe(planned);
    // Cases that are all refused at the door would try nothing behind it.
    expect(accepted).toBeGreaterThan(planned / 40);
    // Of a page of metrics what can be read is taken, and nothing is refused.
    if (kind !== 'metrics') expect(refused).toBeGreaterThan(0);
  },
);
