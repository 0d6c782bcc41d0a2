import { expect, test } from 'vitest';
import { Neighbours, suffering } from '../../src/executor/neighbours.ts';

/** The machine's cores do nothing else: the test's own work is not to count. */
const idle = () => ({ busy: 0, all: 1 });

const gate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};
const tick = () => new Promise((resolve) => setImmediate(resolve));

test('alone waits for those who measure, and holds back those who come', async () => {
  const neighbours = new Neighbours(idle);
  const log: string[] = [];
  const first = gate();
  const together = neighbours.together(async () => {
    log.push('first begins');
    await first.opened;
    log.push('first ends');
  });
  await tick();
  const alone = neighbours.alone(async () => {
    log.push('alone begins');
    await tick();
    log.push('alone ends');
  });
  const late = neighbours.together(async () => {
    log.push('late');
  });
  await tick();
  expect(log).toEqual(['first begins']);
  first.open();
  await Promise.all([together, alone, late]);
  expect(log).toEqual(['first begins', 'first ends', 'alone begins', 'alone ends', 'late']);
});

test('who had company: both of two that overlap, neither of two in a row', async () => {
  const neighbours = new Neighbours(idle);
  const first = gate();
  const one = neighbours.together(() => first.opened);
  await tick();
  const two = await neighbours.together(async () => {});
  first.open();
  expect([(await one).company.shared, two.company.shared]).toEqual([true, true]);
  expect((await neighbours.together(async () => {})).company.shared).toBe(false);
});

test('one that fails lets the others go on', async () => {
  const neighbours = new Neighbours(idle);
  await expect(neighbours.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(neighbours.together(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await neighbours.alone(async () => 1)).toBe(1);
});

test('what speaks for a neighbour having been felt', () => {
  const fine = { stable: true, clientBound: false };
  expect(suffering({ shared: true, busy: 0.5 }, fine)).toBeUndefined();
  expect(suffering({ shared: true, busy: 0.95 }, fine)).toMatchObject({
    by: 'cores',
    text: expect.stringContaining('95 %'),
  });
  expect(suffering({ shared: true, busy: 0.5 }, { ...fine, stable: false })).toEqual({
    by: 'precision',
    text: 'it was not precise',
  });
  expect(suffering({ shared: true, busy: 0.5 }, { ...fine, clientBound: true })).toMatchObject({
    by: 'client',
  });
  expect(suffering({ shared: false, busy: 1 }, { stable: false, clientBound: true })).toBeUndefined();
});
