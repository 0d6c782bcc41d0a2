import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonText } from '../../../src/load/json/json-text.ts';

const read = (text: string | Buffer) => new JsonText(Buffer.from(text as string), 'f.json');

/** The value as JSON.parse has it. */
function plain(json: JsonText, at: number): unknown {
  const kind = json.kind(at);
  if (kind === 'list') return json.items(at).map((item) => plain(json, item));
  if (kind === 'map')
    return Object.fromEntries([...json.entries(at)].map(([key, value]) => [key, plain(json, value)]));
  return kind === 'text' ? json.text(at).toString() : JSON.parse(json.source(at));
}

test('whatever JSON there is, with blanks or without, reads like JSON.parse', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(4), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const json = read(JSON.stringify(value, undefined, indent));
      expect(plain(json, json.root)).toEqual(value);
    }),
  );
});

test('whatever is no JSON is a mistake with its place', () => {
  const letters = fc.constantFrom(...'{}[]",:\\u0123e.-+ntrue/ \n');
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 30 }), (text) => {
      let isJson = true;
      try {
        // A repeated key is JSON for others.
        isJson = JSON.stringify(JSON.parse(text)) !== undefined && !text.includes('{');
      } catch {
        isJson = false;
      }
      if (isJson) read(text);
      else if (!text.includes('{')) expect(() => read(text)).toThrow(/^f\.json:\d+:\d+: /);
    }),
  );
});

test('long values, whose ends are kept, and a mark that says UTF-8', () => {
  const value = {
    a: Array.from({ length: 500 }, (_, index) => [index, 'x'.repeat(20)]),
    b: { c: '}'.repeat(2000) },
  };
  const json = read(`\uFEFF${JSON.stringify(value)}`);
  expect(plain(json, json.root)).toEqual(value);
});

test('numbers and texts as they stand there', () => {
  const json = read(
    '[9007199254740993, 1.0, -0, 1e3, NaN, Infinity, -Infinity, "a\\u00e9\\ud83d\\ude00\\n\\/"]',
  );
  const items = json.items(json.root);
  expect(items.slice(0, 7).map((item) => json.source(item))).toEqual([
    ...['9007199254740993', '1.0', '-0', '1e3', 'NaN', 'Infinity', '-Infinity'],
  ]);
  expect(json.text(items[7]!).toString()).toBe('aé😀\n/');
});

test('bytes that are no UTF-8 stay what they are', () => {
  const json = read(Buffer.from([0x22, 0xff, 0xe9, 0x22]));
  expect(json.text(json.root)).toEqual(Buffer.from([0xff, 0xe9]));
});

test('keys that objects have of themselves', () => {
  const json = read('{"__proto__": 1, "constructor": 2, "toString": 3}');
  expect([...json.entries(json.root).keys()]).toEqual(['__proto__', 'constructor', 'toString']);
});

describe('a mistake has its line and column, and what to write instead', () => {
  test.each([
    ['', 'f.json:1:1: the file is empty\n  expected {"data": [...]}'],
    ['\n  [1,\n   2,]', 'f.json:3:5: a comma before the end of the list\n  take it away'],
    ['{"é": tru}', 'f.json:1:7: "tru" is no JSON\n  a text stands in double quotes'],
    ['[True]', 'f.json:1:2: "True" is no JSON\n  write true'],
    ['[nan, 1]', '"nan" is no JSON\n  write NaN'],
    ['[None]', 'write null'],
    ["{'a': 1}", 'expected a key in double quotes, found'],
    ["['a']", 'texts stand in double quotes'],
    ['[1 // one\n]', 'expected a comma or the end of the list, found "//"'],
    ['// all\n[]', 'JSON has no comments'],
    ['[01]', '"01" is no JSON\n  a number is written like 5, -0.5 or 1e-3'],
    ['[.5]', '".5" is no JSON'],
    ['[1.]', '"1." is no JSON'],
    ['[+1]', '"+1" is no JSON'],
    ['[0x10]', '"0x10" is no JSON'],
    ['{"a" 1}', 'expected a colon behind the key, found "1"'],
    ['{"a": 1 "b": 2}', 'f.json:1:9: expected a comma or the end of the map, found "b"'],
    ['{"a": [1, 2}', 'expected a comma or the end of the list, found "}"'],
    ['{"a":\n [1, ', 'f.json:2:6: the file ends within the list that begins at 2:2'],
    ['{"a": ', 'the file ends within the map that begins at 1:1'],
    ['{"a": "b', 'f.json:1:7: the text that begins here never ends'],
    ['["a\nb"]', 'f.json:1:4: a control character within a text\n  write \\n for a line break'],
    ['["\\x"]', 'is no escape of JSON\n  write \\\\ for a backslash'],
    ['["\\ud800"]', 'half of a letter that takes two escapes'],
    ['["\\ud800\\u0041"]', 'half of a letter that takes two escapes'],
    ['["\\udc00"]', 'half of a letter that takes two escapes'],
    ['{"a": 1}\n{"a": 2}', 'f.json:2:1: more text behind the end of the JSON\n  put all steps into one'],
    ['{"a": 1,\n "a": 2}', 'f.json:2:2: the key "a" stands twice, first at 1:2\n  keep one of the two'],
    ['{"a": 1, "\\u0061": 12}', 'stands twice'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test('a key may be repeated with the same value', () => {
    expect(read('{"a": [1], "a": [1]}').entries(0).size).toBe(1);
  });

  test('UTF-16', () => {
    expect(() => read(Buffer.from('\uFEFF{}', 'utf16le'))).toThrow('the text is UTF-16\n  save it as UTF-8');
  });

  test.each(['[', '{"a":'])('%s 50,000 deep', (open) => {
    expect(() => read(open.repeat(50_000))).toThrow(/f\.json:1:\d+: nested more than 64 levels deep/);
  });

  test('a text is not repeated whole', () => {
    expect(() => read(`[1 "${'x'.repeat(10_000)}"]`)).toThrow(/^.{0,200}$/);
  });
});
