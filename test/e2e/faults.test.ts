import { expect, test } from 'vitest';
import { type Attacked, attackAll, DISTURBANCES, type DisturbanceName, rehearse } from '../faults/attack.ts';

/** The same moments each time; `npm run faults` tries others. */
const SEED = 1;
const KILLS = [0, 1, 2].map((number) => ({ name: 'kill' as const, number }));
const OTHERS = (Object.keys(DISTURBANCES) as DisturbanceName[])
  .filter((name) => name !== 'kill')
  .map((name, index) => ({ name, number: index }));

test('killed, interrupted or its server stopped at any moment: nothing is left or lost but the point in flight, and the same command brings the same result', async () => {
  const whole = await rehearse('short');
  expect(whole.points).toHaveLength(4);
  const attacked: Attacked[] = [];
  await attackAll([...KILLS, ...OTHERS], { seed: SEED, jobs: 2, whole }, (done) => attacked.push(done));
  expect(attacked.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
}, 600_000);
