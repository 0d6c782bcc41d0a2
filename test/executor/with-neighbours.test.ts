import { expect, test } from 'vitest';
import { Neighbours } from '../../src/executor/neighbours.ts';
import { withNeighbours } from '../../src/executor/with-neighbours.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { PointOutcome } from '../../src/record/run.ts';
import type { OpenTrial, PointRequest } from '../../src/trial/trial.ts';
import { measurement } from '../support/run.ts';
import { trialSpec } from '../support/spec.ts';

/** The machine's cores do nothing else: the test's own work is not to count. */
const idle = () => ({ busy: 0, all: 1 });

const point = inFlight('m', 1);
const measured = (stable: boolean): PointOutcome => ({
  state: 'measured',
  measurement: measurement({ perf_throughput: 100 }, 1, { stable }),
});
const failed: PointOutcome = { state: 'failed', point, cause: 'the server is gone' };

/** A trial that answers so, one measurement after the other, and what it was asked. */
function trialOf(...outcomes: PointOutcome[]) {
  const asked: PointRequest[] = [];
  const trial: OpenTrial = {
    spec: trialSpec(),
    failure: undefined,
    measure: async (request) => {
      asked.push(request);
      return outcomes[asked.length - 1]!;
    },
    close: async () => ({ warnings: [], steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 } }),
  };
  return { trial, asked };
}

/** Measures a point while another lane measures. */
async function besideAnother(
  trial: OpenTrial,
  request: PointRequest = { point },
  neighbours = new Neighbours(idle),
): Promise<PointOutcome> {
  const other = Promise.withResolvers<void>();
  const beside = neighbours.together(() => other.promise);
  const outcome = withNeighbours(trial, neighbours, () => other.resolve()).measure(request);
  // Where it is not measured again the other goes on until it is done.
  void outcome.finally(() => other.resolve());
  await beside;
  return await outcome;
}

test('what was not precise beside another is measured again alone', async () => {
  const { trial, asked } = trialOf(measured(false), measured(true));
  expect(await besideAnother(trial)).toMatchObject({
    state: 'measured',
    measurement: { stable: true, againAlone: 'it was not precise' },
  });
  expect(asked).toEqual([{ point }, { point }]);
});

test('where the second measurement fails the first stands, and says so', async () => {
  const { trial } = trialOf(measured(false), failed);
  expect(await besideAnother(trial)).toMatchObject({
    state: 'measured',
    measurement: {
      warnings: ['measured beside others: it was not precise, and alone it failed: the server is gone'],
    },
  });
});

test('where there is no time for a second the first stands, and says so', async () => {
  const { trial, asked } = trialOf(measured(false), measured(true));
  // The first took 2.2 s, as it says itself.
  const outcome = await besideAnother(trial, { point, withinS: 2 });
  expect(outcome).toMatchObject({
    measurement: { warnings: [expect.stringContaining('there was no time to measure it alone')] },
  });
  expect(asked).toHaveLength(1);
});

test('the time of a point goes by while it waits and is measured', async () => {
  const { trial, asked } = trialOf(measured(false), measured(true));
  await besideAnother(trial, { point, withinS: 60 });
  expect(asked).toHaveLength(2);
  expect(asked[1]!.withinS).toBeLessThanOrEqual(asked[0]!.withinS!);
});

test('what had no company is measured once', async () => {
  const { trial, asked } = trialOf(measured(false));
  await withNeighbours(trial, new Neighbours(idle), () => {}).measure({ point });
  expect(asked).toHaveLength(1);
});

test('want of precision is no sign where points want it by themselves', async () => {
  const neighbours = new Neighbours(idle);
  const beside = async (...outcomes: boolean[]): Promise<number> => {
    const { trial, asked } = trialOf(...outcomes.map(measured));
    await besideAnother(trial, { point }, neighbours);
    return asked.length;
  };
  const byItself = async (stable: boolean): Promise<void> => {
    await withNeighbours(trialOf(measured(stable)).trial, neighbours, () => {}).measure({ point });
  };
  expect(await beside(false, true)).toBe(2);
  await byItself(false);
  // One of two was not precise without a neighbour.
  expect(await beside(false)).toBe(1);
  for (let times = 0; times < 2; times++) await byItself(true);
  // Now it is one of four.
  expect(await beside(false, true)).toBe(2);
});

test('what others came to alone meanwhile counts for one that waits for its turn', async () => {
  const neighbours = new Neighbours(idle);
  const [mine, others] = [
    trialOf(measured(false), measured(false)),
    trialOf(measured(false), measured(false)),
  ];
  const outcomes = await Promise.all(
    [mine, others].map(({ trial }) => withNeighbours(trial, neighbours, () => {}).measure({ point })),
  );
  // Both were measured beside each other and wanted a turn; after the first it is known that nobody disturbed them.
  expect([mine.asked.length, others.asked.length].sort()).toEqual([1, 2]);
  expect(outcomes.map(({ state }) => state)).toEqual(['measured', 'measured']);
});

test('what the lanes beside it had of the CPU is not told as that of other programs', async () => {
  const shared: PointOutcome = {
    state: 'measured',
    measurement: measurement({ perf_throughput: 100 }, 1, { stable: true, othersShare: 0.6 }),
  };
  expect(await besideAnother(trialOf(shared).trial)).not.toHaveProperty('measurement.othersShare');
  const alone = withNeighbours(trialOf(shared).trial, new Neighbours(idle), () => {});
  expect(await alone.measure({ point })).toMatchObject({ measurement: { othersShare: 0.6 } });
});
