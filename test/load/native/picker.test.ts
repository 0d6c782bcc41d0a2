import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { LoadSettings } from '../../../src/config/experiment.ts';
import { LoadFailure } from '../../../src/load/load-generator.ts';
import { type LoadPlan, planLoad } from '../../../src/load/native/load-plan.ts';
import { Picker, type Sequence } from '../../../src/load/native/picker.ts';
import type { SharedRequest } from '../../../src/load/native/protocol.ts';
import { parseConfigText } from '../../../src/model-config/config.ts';
import type { ModelConfig } from '../../../src/model-config/model-config.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import { folder, load } from '../../support/experiment.ts';

const config = parseConfigText(
  `max_batch_size: 4 sequence_batching {}
   input { name: "INPUT" data_type: TYPE_STRING dims: 1 }
   output { name: "OUTPUT" data_type: TYPE_STRING dims: 1 }`,
  'config.pbtxt',
);

type Slot = { sequence: Sequence | undefined; request: SharedRequest | undefined };
const newSlot = (): Slot => ({ sequence: undefined, request: undefined });

const planOf = (settings: LoadSettings, concurrency = 1, of: ModelConfig = config) =>
  planLoad({
    http: { host: 'h', port: 1 },
    models: [
      {
        metadata: {
          name: 'm',
          platform: '',
          inputs: [{ name: 'INPUT', datatype: 'BYTES', shape: [-1, 1] }],
          outputs: [{ name: 'OUTPUT', datatype: 'BYTES', shape: [-1, 1] }],
        },
        config: of,
      },
    ],
    point: inFlight('m', concurrency),
    settings,
    scrape: async () => undefined,
    signal: new AbortController().signal,
  });

const pickerOf = (plan: LoadPlan, index = 0, of = 1) =>
  new Picker({ ...plan.crew, index, of, originNs: 0n, counters: new SharedArrayBuffer(16) });

/** What a request says of itself. */
function told(bytes: Buffer) {
  const text = bytes.toString('latin1');
  const value = (key: string) => new RegExp(`"sequence_${key}":(\\w+)`).exec(text)?.[1];
  const flags = (value('start') === 'true' ? 's' : '') + (value('end') === 'true' ? 'e' : '');
  return { id: Number(value('id')), flags, text: text.at(-1) };
}

/** What the first requests of one slot say of themselves. */
async function sent(settings: LoadSettings, count: number) {
  await using plan = await planOf(settings);
  const [picker, slot] = [pickerOf(plan), newSlot()];
  return Array.from({ length: count }, () => told(picker.next(slot)));
}

const path = resolve('test/fixtures/cases/seq-stream-length/seq_data.json');
const streams = load({ inputData: [{ kind: 'file', path }] });

test("sequences are as long as the file's streams, each ended with its last step", async () => {
  const found = await sent(streams, 10);
  expect(found.map(({ id, flags }) => `${id}${flags}`)).toEqual([
    ...['1s', '1', '1', '1e'],
    ...['2s', '2', '2e'],
    ...['3s', '3e'],
    '4s',
  ]);
  expect(found.slice(0, 4).map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
});

test('with a length of their own they go through their stream again and again', async () => {
  const found = await sent(
    { ...streams, sequences: { ...streams.sequences, length: 6, lengthGiven: true, variation: 0 } },
    12,
  );
  expect(found.map(({ flags }) => flags).join('|')).toBe('s|||||e|s|||||e');
  expect(
    found
      .slice(0, 6)
      .map(({ text }) => text)
      .join(''),
  ).toBe('123412');
});

test('a stream of one step is a sequence of one request', async () => {
  const file = join(folder(), 'one.json');
  writeFileSync(file, '{"data": [{"INPUT": ["a"]}]}');
  const found = await sent(load({ inputData: [{ kind: 'file', path: file }] }), 2);
  expect(found.map(({ flags }) => flags)).toEqual(['se', 'se']);
});

test('without a file there are about 20', async () => {
  const found = await sent(load(), 60);
  const length = found.findIndex(({ flags }) => flags === 'e') + 1;
  expect(length).toBeGreaterThanOrEqual(16);
  expect(length).toBeLessThanOrEqual(24);
});

test('live sequences have ids of their own, however short the range and however unlike their lengths', async () => {
  const sequences = { ...load().sequences, idStart: 5, idEnd: 8, variation: 1 };
  await using plan = await planOf(load({ sequences }), 3);
  const picker = pickerOf(plan);
  const slots = [newSlot(), newSlot(), newSlot()];
  const seen = new Set<number>();
  for (let round = 0; round < 500; round++) {
    // Slots are served in any order.
    for (const slot of slots)
      if ((round * 7) % (slots.indexOf(slot) + 2) !== 0) seen.add(told(picker.next(slot)).id);
    const live = slots.flatMap(({ sequence }) => sequence?.id ?? []);
    expect(new Set(live).size).toBe(live.length);
  }
  expect([...seen].sort()).toEqual([5, 6, 7]);
  await expect(planOf(load({ sequences }), 4)).rejects.toThrow(
    '4 sequences are live at once, sequence-id-range has 3 ids for them',
  );
});

test('threads take requests, streams and ids in turn', async () => {
  await using plan = await planOf(streams, 2);
  const first = [0, 1].map((index) => told(pickerOf(plan, index, 2).next(newSlot())));
  expect(first).toEqual([
    { id: 1, flags: 's', text: '1' },
    { id: 2, flags: 's', text: '1' },
  ]);
  const { sequence_batching: _, ...stateless } = config;
  await using without = await planOf(streams, 2, stateless);
  const pickers = [0, 1].map((index) => pickerOf(without, index, 2));
  const found = Array.from({ length: 9 }, (_all, turn) => told(pickers[turn % 2]!.next(newSlot())).text);
  expect(found.join('')).toBe('123411111');
});

test('requests that have a time are sent in its order, and each once', async () => {
  const file = join(folder(), 'timed.json');
  const step = (text: string, timestamp: number) => ({ INPUT: [text], timestamp: [timestamp] });
  writeFileSync(file, JSON.stringify({ data: [[step('a', 30), step('b', 10)], [step('c', 20)]] }));
  const { sequence_batching: _, ...stateless } = config;
  await using plan = await planLoad({
    http: { host: 'h', port: 1 },
    models: [
      {
        metadata: {
          name: 'm',
          platform: '',
          outputs: [],
          inputs: [{ name: 'INPUT', datatype: 'BYTES', shape: [-1, 1] }],
        },
        config: stateless,
      },
    ],
    point: atRate('m', 1),
    settings: load({ inputData: [{ kind: 'file', path: file }] }),
    scrape: async () => undefined,
    signal: new AbortController().signal,
  });
  expect(plan.crew.shape).toMatchObject({ arrivals: { kind: 'trace', timesMs: [10, 20, 30] } });
  const picker = pickerOf(plan);
  expect([1, 2, 3].map(() => told(picker.next(newSlot())).text)).toEqual(['b', 'c', 'a']);
});

test('data that does not fit the model as the server has it fails the load, not the run', async () => {
  const file = join(folder(), 'other.json');
  writeFileSync(file, '{"data": [{"OTHER": ["a"]}]}');
  const failed = planOf(load({ inputData: [{ kind: 'file', path: file }] }));
  await expect(failed).rejects.toThrow(LoadFailure);
  await expect(failed).rejects.toThrow('step 1: input "INPUT" is missing');
});
