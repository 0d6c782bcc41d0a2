import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResponseReader } from '../../../../src/load/native/http1/response-reader.ts';

/** What a reader makes of an answer that comes in these pieces, as a sentence. */
function read(pieces: readonly (string | Buffer)[], end = false): string {
  let body = '';
  let ended = 0;
  const reader = new ResponseReader({
    onBody: (piece) => {
      body += piece.toString('latin1');
    },
    onEnd: () => {
      ended++;
    },
  });
  reader.expect();
  for (const piece of pieces) {
    const wrong = reader.read(Buffer.from(piece as string, 'latin1'));
    if (wrong !== undefined) return `wrong: ${wrong}`;
  }
  const missing = end ? reader.close() : undefined;
  if (missing !== undefined) return `wrong: ${missing}`;
  return ended === 1 ? `${reader.status} ${body.length > 100 ? body.length : body}` : 'not over';
}

const head = (status: string, ...fields: string[]): string =>
  `HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

describe('an answer', () => {
  test.each<[string, (string | Buffer)[], string, boolean?]>([
    ['in one piece', [`${head('200 OK', 'Content-Length: 3')}abc`], '200 abc'],
    ['cut anywhere', ['HTTP/1.', '1 200 OK\r\ncontent-LENGTH:', ' 3\r\n\r', '\nab', 'c'], '200 abc'],
    ['without a body', [head('200 OK', 'Content-Length: 0')], '200 '],
    ['without words', ['HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na'], '200 a'],
    [
      'a large body',
      [head('200 OK', 'Content-Length: 600000'), Buffer.alloc(600_000), Buffer.alloc(0)],
      '200 600000',
    ],
    ['an error', [`${head('503 Busy', 'Content-Length: 4')}wait`], '503 wait'],
    ['no content', [head('204 No Content')], '204 '],
    [
      '100 Continue first',
      ['HTTP/1.1 100 Continue\r\n\r\n', `${head('200 OK', 'Content-Length: 1')}a`],
      '200 a',
    ],
    [
      'nothing but 100 Continue',
      Array(20).fill('HTTP/1.1 100 Continue\r\n\r\n'),
      'wrong: more than 16 informational answers (100)',
    ],
    [
      '101',
      [head('101 Switching Protocols', 'Upgrade: x')],
      'wrong: the server changes to another protocol (101)',
    ],
    ['enormous', [`${head('200 OK', 'Content-Length: 2000000000')}a`], 'wrong: an answer of more than 1 GiB'],
    [
      'chunked',
      [head('200 OK', 'Transfer-Encoding: chunked'), '3\r\nabc\r\n', '2;x=y\r\nde\r\n0\r\n\r\n'],
      '200 abcde',
    ],
    [
      'chunked, cut anywhere, with trailers',
      [
        `${head('200 OK', 'Transfer-Encoding: gzip, chunked')}A`,
        '\r\n01234',
        '56789\r',
        '\n0\r\nx: y\r\n',
        '\r\n',
      ],
      '200 0123456789',
    ],
    ['until the connection is closed', [head('200 OK', 'Connection: close'), 'abc'], '200 abc', true],
    ['longer than announced', [`${head('200 OK', 'Content-Length: 3')}abcd`], 'wrong: the answer is longer'],
    ['no HTTP', ['SSH-2.0-OpenSSH\r\n\r\n'], 'wrong: the answer is not HTTP/1.1'],
    ['no HTTP, and no end', ['\x15\x03\x01\x00\x02\x02'], 'wrong: the answer is not HTTP/1.1'],
    ['HTTP/2', ['HTTP/2 200 OK\r\n\r\n'], 'wrong: the answer is not HTTP/1.1'],
    [
      'a length that is none',
      [head('200 OK', 'Content-Length: many')],
      'wrong: the answer\'s Content-Length is "many"',
    ],
    [
      'a head without end',
      [`HTTP/1.1 200 OK\r\n${'a'.repeat(70_000)}`],
      'wrong: the head of the answer is too long',
    ],
    [
      'a flood of headers in small pieces',
      [
        'HTTP/1.1 200 OK\r\n',
        ...Array.from({ length: 80 }, (_, index) => `h${index}: ${'x'.repeat(1000)}\r\n`),
      ],
      'wrong: the head of the answer is too long',
    ],
    [
      'a chunk without a size',
      [head('200 OK', 'Transfer-Encoding: chunked'), 'zz\r\n'],
      'wrong: the answer has a chunk without a size',
    ],
    [
      'a chunk of another size',
      [head('200 OK', 'Transfer-Encoding: chunked'), '2\r\nabc\r\n'],
      'wrong: a chunk of the answer is longer than announced',
    ],
    [
      'a chunk size without end',
      [head('200 OK', 'Transfer-Encoding: chunked'), '1;'.repeat(5000)],
      'wrong: a line of the chunked answer is too long',
    ],
    [
      'cut short',
      [`${head('200 OK', 'Content-Length: 30')}abc`],
      'wrong: the server closed the connection',
      true,
    ],
    ['never', [], 'not over'],
  ])('%s', (_name, pieces, told, end = false) => {
    expect(read(pieces, end)).toContain(told);
  });

  test('the head of the next one is read again where it differs', () => {
    const bodies: string[] = [];
    let body = '';
    const reader = new ResponseReader({
      onBody: (piece) => {
        body += piece.toString();
      },
      onEnd: () => {
        bodies.push(`${reader.status} ${body} ${reader.jsonLength ?? '-'} ${reader.closes}`);
        body = '';
      },
    });
    const answers = [
      `${head('200 OK', 'Content-Length: 2', 'Inference-Header-Content-Length: 1')}ab`,
      `${head('200 OK', 'Content-Length: 2', 'Inference-Header-Content-Length: 1')}cd`,
      `${head('200 OK', 'Content-Length: 3')}efg`,
      `${head('400 Bad', 'Content-Length: 1', 'Connection: close')}h`,
    ];
    for (const answer of answers) {
      reader.expect();
      expect(reader.read(Buffer.from(answer))).toBeUndefined();
    }
    expect(bodies).toEqual(['200 ab 1 false', '200 cd 1 false', '200 efg - false', '400 h - true']);
  });
});

const RUNS = 100_000;

/** Bytes cut at these places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
};

describe('fuzzed', () => {
  test('a good answer is the same however it is cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 5 }),
        (body, places, chunked, sizes) => {
          const bytes = Buffer.from(body);
          const chunks = chunked
            ? cut(bytes, sizes)
                .filter((piece) => piece.length > 0)
                .map((piece) =>
                  Buffer.concat([
                    Buffer.from(`${piece.length.toString(16)}\r\n`),
                    piece,
                    Buffer.from('\r\n'),
                  ]),
                )
            : [];
          const answer = chunked
            ? Buffer.concat([
                Buffer.from(head('200 OK', 'Transfer-Encoding: chunked')),
                ...chunks,
                Buffer.from('0\r\n\r\n'),
              ])
            : Buffer.concat([Buffer.from(head('200 OK', `Content-Length: ${bytes.length}`)), bytes]);
          const text = bytes.toString('latin1');
          return read(cut(answer, places)) === `200 ${text.length > 100 ? text.length : text}`;
        },
      ),
      { numRuns: RUNS / 2 },
    );
  });

  test('garbage, and good answers with garbage in them, never throw', () => {
    const good = Buffer.from(`${head('200 OK', 'Content-Length: 3', 'X: y')}abc`);
    const chunked = Buffer.from(`${head('200 OK', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(),
        fc.constantFrom(good, chunked, Buffer.alloc(0)),
        fc.array(fc.nat(), { maxLength: 4 }),
        (garbage, place, base, places) => {
          const at = place % (base.length + 1);
          const bytes = Buffer.concat([base.subarray(0, at), garbage, base.subarray(at)]);
          return typeof read(cut(bytes, places), true) === 'string';
        },
      ),
      { numRuns: RUNS },
    );
  });
});
