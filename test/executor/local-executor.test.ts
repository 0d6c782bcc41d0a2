import { expect, test } from 'vitest';
import { planLanes } from '../../src/executor/lanes.ts';
import { LocalExecutor } from '../../src/executor/local-executor.ts';
import { launchSettings } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator, refuse } from '../support/fakes.ts';
import { trialSpec } from '../support/spec.ts';

const NEVER = new AbortController().signal;

function executorOf(launcher: FakeLauncher) {
  const lanes = planLanes({ ...launchSettings(), parallel: 2 }, { gpus: [], cores: [0, 1], cuda: {} });
  expect(lanes).toHaveLength(2);
  return new LocalExecutor({
    lanes,
    launchers: lanes.map(() => launcher),
    generator: fakeGenerator(),
    monitor: undefined,
  });
}
const { place: _, ...spec } = trialSpec();

test('the second lane comes when a server of the first is up, also where its model does not load', async () => {
  for (const launcher of [new FakeLauncher(), new FakeLauncher(() => refuse('no such backend'))]) {
    const slots = executorOf(launcher).slots(NEVER)[Symbol.asyncIterator]();
    const first = (await slots.next()).value!;
    const second = slots.next();
    const trial = await first.open(spec, () => {}, NEVER);
    expect((await second).value.id).not.toBe(first.id);
    await trial.close();
  }
});

test('while no server comes up no other lane starts one; when the work is over none comes any more', async () => {
  const launcher = new FakeLauncher();
  launcher.launch = async () => {
    launcher.log.push('start');
    return refuse('unrecognized option');
  };
  const over = new AbortController();
  const slots = executorOf(launcher).slots(over.signal)[Symbol.asyncIterator]();
  const first = (await slots.next()).value!;
  let came = false;
  const second = slots.next().then((next) => {
    came = next.done !== true;
  });
  for (let times = 0; times < 2; times++) {
    const trial = await first.open(spec, () => {}, NEVER);
    expect(trial.failure?.started).toBe(false);
    await trial.close();
  }
  expect(came).toBe(false);
  over.abort();
  await second;
  expect(came).toBe(false);
  expect(launcher.log.filter((line) => line === 'start')).toHaveLength(2);
});
