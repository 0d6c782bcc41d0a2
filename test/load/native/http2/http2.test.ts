import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerHeaders } from '../../../../src/load/native/http2/answer-headers.ts';
import { FLAG, FRAME, FrameReader, frame } from '../../../../src/load/native/http2/frames.ts';
import { decodeHeaders, decodeHuffman, encodeHeaders } from '../../../../src/load/native/http2/hpack.ts';
import { MessageReader, readStreamAnswer } from '../../../../src/load/native/http2/message-reader.ts';
import { cpuTimeOf } from '../../../support/cpu-time.ts';

const RUNS = 100_000;

const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
};

/** What a reader makes of these pieces, a line a frame. */
function read(pieces: readonly Buffer[], most = 1000): string[] {
  const told: string[] = [];
  let data = '';
  const reader = new FrameReader(
    {
      onDataBytes: () => {},
      onData: (stream, piece, last) => {
        data += piece.toString('hex');
        if (last) told.push(`data ${stream} ${data}`);
      },
      onFrame: (type, flags, stream, payload) => {
        told.push(`${type} ${flags} ${stream} ${payload.toString('hex')}`);
        return undefined;
      },
    },
    most,
  );
  for (const piece of pieces) {
    const wrong = reader.read(piece);
    if (wrong !== undefined) return [...told, `wrong: ${wrong}`];
  }
  return told;
}

describe('frames', () => {
  const some = Buffer.concat([
    frame(FRAME.settings, 0, 0, Buffer.alloc(0)),
    frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.from([0x88])),
    frame(FRAME.data, FLAG.padded, 1, Buffer.from([2, 0xaa, 0xbb, 0, 0])),
    frame(FRAME.data, FLAG.endStream, 1, Buffer.alloc(0)),
    frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8)),
  ]);
  const whole = ['4 0 0 ', '1 4 1 88', 'data 1 aabb', '6 1 0 0000000000000000'];

  test('padding is left out, an empty last piece is told', () => {
    expect(read([some])).toEqual(whole);
  });

  test('a frame that is too large, or more padding than bytes, is refused', () => {
    expect(read([frame(FRAME.data, 0, 1, Buffer.alloc(1001))])).toEqual([
      'wrong: a frame of 1001 bytes, 1000 are allowed',
    ]);
    expect(read([frame(FRAME.data, FLAG.padded, 1, Buffer.from([9, 1]))]).at(-1)).toContain('more padding');
    expect(read([frame(FRAME.data, 0, 0, Buffer.from('x'))]).at(-1)).toContain('without a stream');
  });

  test('a flood of what has to be answered is refused, many requests with a PING each are not', () => {
    const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
    expect(read(Array(10_001).fill(ping)).at(-1)).toBe('wrong: a flood of PINGs or SETTINGS');
    const each = Buffer.concat([ping, frame(FRAME.data, FLAG.endStream, 1, Buffer.from('x'))]);
    expect(read(Array(11_000).fill(each)).at(-1)).not.toContain('wrong');
  });

  test('fuzzed: the same however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 8 }),
        (places) => read(cut(some, places)).join() === whole.join(),
      ),
      { numRuns: RUNS / 4 },
    );
  });

  test('fuzzed: garbage, and good frames with garbage in them, never throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 4 }),
        (garbage, place, places) => {
          const at = place % (some.length + 1);
          return Array.isArray(
            read(cut(Buffer.concat([some.subarray(0, at), garbage, some.subarray(at)]), places)),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('header blocks', () => {
  test("the examples of the RFC: literals, the static table, Huffman's code", () => {
    const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
    // RFC 7541, C.2.4 and C.2.1 without indexing, C.4.1's Huffman string.
    expect(decodeHeaders(hex('82'))).toEqual([[':method', 'GET']]);
    expect(decodeHeaders(hex('040c 2f73 616d 706c 652f 7061 7468'))).toEqual([[':path', '/sample/path']]);
    expect(decodeHuffman(hex('f1e3 c2e5 f23a 6ba0 ab90 f4ff'))).toBe('www.example.com');
    expect(decodeHuffman(hex('9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3'))).toBe('https://www.example.com');
  });

  test('what is encoded is decoded', () => {
    const headers: [string, string][] = [
      [':status', '200'],
      ['x', 'y'.repeat(500)],
      ['empty', ''],
    ];
    expect(decodeHeaders(encodeHeaders(headers))).toEqual(headers);
  });

  test('the dynamic table is not there: what needs it is refused', () => {
    expect(decodeHeaders(Buffer.from([0xbe]))).toBeUndefined();
    expect(decodeHeaders(Buffer.from([0x3f, 0xe1, 0x1f]))).toBeUndefined();
    expect(decodeHeaders(Buffer.from([0x20, 0x88]))).toEqual([[':status', '200']]);
  });

  test('fuzzed: garbage never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        decodeHeaders(Buffer.from(bytes));
        decodeHuffman(Buffer.from(bytes));
        return true;
      }),
      { numRuns: RUNS / 2 },
    );
  });

  test('fuzzed: texts survive', () => {
    const pair = fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 300 }));
    const latin = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 5 }), (headers) => {
        const wanted = headers.map(([name, value]) => [latin(name), latin(value)]);
        return JSON.stringify(decodeHeaders(encodeHeaders(headers))) === JSON.stringify(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  test('a block in several frames is put together; a flood of them ends', () => {
    const block = encodeHeaders([
      [':status', '200'],
      ['grpc-status', '5'],
      ['grpc-message', 'not%20found'],
    ]);
    const headers = new AnswerHeaders();
    expect(headers.begin(3, FLAG.endStream, block.subarray(0, 5))).toBeUndefined();
    expect(headers.openStream).toBe(3);
    expect(headers.continue(0, block.subarray(5, 9))).toBeUndefined();
    expect(headers.continue(FLAG.endHeaders, block.subarray(9))).toEqual({
      stream: 3,
      last: true,
      answer: { status: 200, grpcStatus: 5, message: 'not found' },
    });
    expect(headers.continue(0, block)).toBe('a CONTINUATION of nothing');
    headers.begin(5, 0, block);
    let wrong: unknown;
    for (let count = 0; count < 2000 && wrong === undefined; count++)
      wrong = headers.continue(0, Buffer.alloc(0));
    expect(wrong).toBe('the headers of the answer are too long');
  });
});

describe('messages of a stream', () => {
  const message = (text: string): Buffer => {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(text.length, 1);
    return Buffer.concat([prefix, Buffer.from(text)]);
  };

  test('come out whole however they are cut', () => {
    const bytes = Buffer.concat(['hello', '', 'x'.repeat(1000)].map(message));
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (places) => {
        const told: string[] = [];
        const reader = new MessageReader((piece) => told.push(piece.toString()));
        for (const piece of cut(bytes, places)) {
          // The reader may not rely on the buffer after the call.
          const reused = Buffer.from(piece);
          if (reader.read(reused) !== undefined) return false;
          reused.fill(0x7a);
        }
        return told.join() === `hello,,${'x'.repeat(1000)}`;
      }),
      { numRuns: 2000 },
    );
  });

  test('a large one in many pieces is not copied over and over', () => {
    const large = 'x'.repeat(40_000_000);
    let told = 0;
    const reader = new MessageReader((whole) => {
      told = whole.length;
    });
    const bytes = message(large);
    const cpuMs = cpuTimeOf(() => {
      for (let at = 0; at < bytes.length; at += 10_000) reader.read(bytes.subarray(at, at + 10_000));
    });
    expect(told).toBe(large.length);
    // 80 GB of copying take much longer than 40 MB.
    expect(cpuMs).toBeLessThan(5000);
  });

  test('a compressed or an enormous one is refused', () => {
    const reader = () => new MessageReader(() => {});
    expect(reader().read(Buffer.from([1, 0, 0, 0, 1, 9]))).toContain('compressed');
    expect(reader().read(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).toContain('4294967295 bytes');
  });

  test('fuzzed: reading an answer never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        readStreamAnswer(Buffer.from(bytes));
        return true;
      }),
      { numRuns: RUNS / 2 },
    );
  });
});
