import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { somebodysServer } from './somebodys-server.ts';
import { tma } from './tma.ts';

const CASES = resolve('test/fixtures/cases');

describe('what is sent is what stands in the file', () => {
  const repository = folder();
  let server: Awaited<ReturnType<typeof somebodysServer>>;
  beforeAll(async () => {
    for (const [name, models] of [
      ['b64-nested', ['u8', 'f16', 'image']],
      ['int64-in-input-file', ['echo64']],
      ['seq-stream-length', ['strseq']],
    ] as const) {
      cpSync(join(CASES, name, 'repo'), repository, { recursive: true });
      for (const model of models) cpSync(join(CASES, 'echo.py'), join(repository, model, '1', 'model.py'));
    }
    server = await somebodysServer(repository);
  }, 60_000);
  afterAll(() => server.stop());

  const run = (model: string, protocol: 'http' | 'grpc', data: string) => {
    const address = `localhost:${server.remote[protocol].port}`;
    const flags = ['-m', model, '-u', address, '-i', protocol, '--input-data', data, '--time-limit', '0.3'];
    return tma(folder(), 'load', ...flags);
  };
  /** What a model wrote down, a line for each request. */
  const seen = (model: string): Record<string, unknown>[] =>
    readFileSync(join(repository, model, 'seen.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  test.each(['http', 'grpc'] as const)('%s: integers beyond 2^53, also as text', async (protocol) => {
    const { code, output } = await run('echo64', protocol, join(CASES, 'int64-in-input-file', 'id.json'));
    expect(code, output).toBe(0);
    expect(seen('echo64').at(-1)).toMatchObject({
      id: ['9007199254740993'],
      text: ['-3345936507911876459'],
    });
  });

  test.each(['http', 'grpc'] as const)(
    '%s: an answer that differs in its last bit is wrong',
    async (protocol) => {
      const file = (answer: string): string => {
        const path = join(folder(), 'data.json');
        const step = '{"id": ["9007199254740993"], "text": ["a"]}';
        writeFileSync(path, `{"data": [${step}], "validation_data": [{"out": [${answer}]}]}`);
        return path;
      };
      const right = await run('echo64', protocol, file('9007199254740993'));
      expect(right.code, right.output).toBe(0);
      const wrong = await run('echo64', protocol, file('9007199254740992'));
      expect(wrong.output).toContain('output "out" is not what validation_data says: value 1 differs');
      expect(wrong.code).toBe(3);
    },
  );

  test.each([
    ['u8', 'b64_nested.json', { INPUT: Array.from({ length: 64 }, (_, value) => `${value}`) }],
    ['f16', 'b64_f16_nested.json', { X: ['1.5', '2.5'] }],
    ['image', 'b64_nested_str.json', { INPUT: ['abcde'] }],
  ])('base64 with a shape: %s', async (model, file, wanted) => {
    const { code, output } = await run(model, 'http', join(CASES, 'b64-nested', file));
    expect(code, output).toBe(0);
    expect(seen(model).at(-1)).toMatchObject(wanted);
  });

  test("sequences are as long as the file's streams", async () => {
    const { code, output } = await run('strseq', 'http', join(CASES, 'seq-stream-length', 'seq_data.json'));
    expect(code, output).toBe(0);
    const [START, END] = [1, 2];
    const found = seen('strseq').slice(0, 9);
    expect(found.map(({ flags }) => flags)).toEqual([START, 0, 0, END, START, 0, END, START, END]);
    expect(found.map(({ id }) => id)).toEqual([1, 1, 1, 1, 2, 2, 2, 3, 3]);
    expect(found.map(({ INPUT }) => (INPUT as string[])[0]).join('')).toBe('123411111');
  });
});
