import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { LoadSettings } from '../../../src/config/experiment.ts';
import { Picker, type Sequence } from '../../../src/load/native/picker.ts';
import { planLoad } from '../../../src/load/native/plan.ts';
import type { SharedRequest } from '../../../src/load/native/protocol.ts';
import { parseConfigText } from '../../../src/model-config/config.ts';
import { folder, load } from '../../support/experiment.ts';

const config = parseConfigText(
  `max_batch_size: 4 sequence_batching {}
   input { name: "INPUT" data_type: TYPE_STRING dims: 1 }
   output { name: "OUTPUT" data_type: TYPE_STRING dims: 1 }`,
  'config.pbtxt',
);

/** What the first requests of one slot say of themselves. */
async function sent(settings: LoadSettings, count: number) {
  await using plan = await planLoad({
    http: { host: 'h', port: 1 },
    model: {
      ...{ name: 'm', platform: '' },
      inputs: [{ name: 'INPUT', datatype: 'BYTES', shape: [-1, 1] }],
      outputs: [{ name: 'OUTPUT', datatype: 'BYTES', shape: [-1, 1] }],
    },
    config,
    point: { batchSize: 1, concurrency: 1 },
    settings,
    scrape: async () => undefined,
    signal: new AbortController().signal,
  });
  const picker = new Picker({
    ...plan.crew,
    ...{ index: 0, of: 1, originNs: 0n, counters: new SharedArrayBuffer(16) },
  });
  const slot: { sequence: Sequence | undefined; request: SharedRequest | undefined } = {
    sequence: undefined,
    request: undefined,
  };
  return Array.from({ length: count }, () => {
    const text = picker.next(slot).toString('latin1');
    const value = (key: string) => new RegExp(`"sequence_${key}":(\\w+)`).exec(text)?.[1];
    return {
      id: Number(value('id')),
      flags: (value('start') === 'true' ? 's' : '') + (value('end') === 'true' ? 'e' : ''),
      text: text.at(-1),
    };
  });
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
