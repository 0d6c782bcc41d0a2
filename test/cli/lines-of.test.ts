import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { linesOf } from '../../src/cli/lines-of.ts';

const all = async (input: Readable): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of linesOf(input)) lines.push(line);
  return lines;
};

test('lines, however they are cut into chunks, and what stands behind the last end', async () => {
  const bytes = Buffer.from('a\nbc\n\n{"é": 1}\nlast');
  for (const size of [1, 2, 5, 100]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(await all(Readable.from(chunks, { objectMode: false }))).toEqual([
      'a',
      'bc',
      '',
      '{"é": 1}',
      'last',
    ]);
  }
  expect(await all(Readable.from([], { objectMode: false }))).toEqual([]);
});

test('what was written, and ended, before anybody asked is there', async () => {
  const input = new PassThrough();
  const lines = linesOf(input);
  input.end('one\ntwo\n');
  await new Promise((done) => setImmediate(done));
  expect((await lines.next()).value).toBe('one');
  expect((await lines.next()).value).toBe('two');
  expect((await lines.next()).done).toBe(true);
});

test('one that cannot be read is a mistake', async () => {
  const input = new Readable({ read() {} });
  input.destroy(new Error('EISDIR: illegal operation on a directory, read'));
  await expect(all(input)).rejects.toThrow('cannot read the standard input: EISDIR');
});
