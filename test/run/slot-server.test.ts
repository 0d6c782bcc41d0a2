import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Slot } from '../../src/executor/executor.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { TrialEnd } from '../../src/record/run.ts';
import { type ServerParts, SlotServer } from '../../src/run/slot-server.ts';
import { readSpec } from '../../src/trial/spec-file.ts';
import type { OpenTrial, TrialFailed } from '../../src/trial/trial.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { measurement } from '../support/run.ts';
import { trialSpec } from '../support/spec.ts';

const died: TrialFailed = {
  kind: 'server died',
  cause: 'it was ended by SIGKILL under load',
  lines: [],
  advice: 'see the log',
  logTail: [],
  started: true,
};

/** Measures a point on a server that ends so, and answers how its trial is written down. */
async function endOf(failure: TrialFailed | undefined): Promise<TrialEnd> {
  const experiment = experimentOf('profile_models: m', {}, folder());
  const [plan] = experiment.models;
  const trial: OpenTrial = {
    spec: trialSpec(),
    failure: undefined,
    measure: async () => {
      // The first measurement stands, also where the server dies while the point is measured once more.
      Object.assign(trial, { failure });
      return { state: 'measured', measurement: measurement({ perf_throughput: 100 }) };
    },
    close: async () => ({ warnings: [], steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 } }),
  };
  const slot: Slot = { id: '0', open: async () => trial };
  const ends: TrialEnd[] = [];
  const parts = {
    state: {
      experiment,
      time: { leftS: undefined, add: () => {} },
      wantsDescription: () => false,
      listenerOf: () => () => {},
      emit: () => {},
    },
    space: { plan },
    ledger: {
      keep: () => {},
      end: (_candidate: unknown, end: TrialEnd) => ends.push(end),
    },
    base: {},
  } as unknown as ServerParts;
  const server = new SlotServer(slot, parts);
  const candidate = { variant: 'm_config_0', models: [{ assignment: {}, config: { name: 'm' } }] };
  const ask = { candidate, point: inFlight('m', 4) } as unknown as Parameters<SlotServer['measured']>[0];
  await server.measured(ask);
  await server.close();
  expect(ends).toHaveLength(1);
  if (ends[0]!.specFile !== undefined)
    expect(ends[0]!.specFile).toBe(join(experiment.checkpointDirectory, 'trials', 'm_config_0.json'));
  return ends[0]!;
}

test('a server that dies after its point was measured leaves the file that repeats it', async () => {
  const { specFile } = await endOf(died);
  expect(readSpec(specFile!, {}).points).toEqual([inFlight('m', 4)]);
});

test('where nothing failed there is no file', async () => {
  expect(await endOf(undefined)).not.toHaveProperty('specFile');
});
