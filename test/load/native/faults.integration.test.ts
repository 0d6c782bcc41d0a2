import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { LoadSettings } from '../../../src/config/experiment.ts';
import { type LoadedModel, LoadFailure, type LoadJob } from '../../../src/load/load-generator.ts';
import { FLAG, FRAME, frame } from '../../../src/load/native/http2/frames.ts';
import { nativeGenerator } from '../../../src/load/native/native.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import type { EndpointTls } from '../../../src/server/tls.ts';
import { load } from '../../support/experiment.ts';

// Real sockets and threads, also on a machine that is busy with something else.
vi.setConfig({ testTimeout: 60_000 });

const model = {
  name: 'm',
  platform: '',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [],
};
const windows = { kind: 'windows', intervalMs: 100, minRequests: 2, stability: 9, maxWindows: 3 } as const;

/** One load on whatever listens there; ends within seconds, one way or the other. */
async function run(
  server: Pick<Server, 'listen' | 'address' | 'close'>,
  protocol: 'http' | 'grpc',
  settings: Partial<LoadSettings> = {},
  tls?: EndpointTls,
  point: LoadJob<number>['point'] = inFlight('m', 2),
  config: LoadedModel['config'] = { max_batch_size: 4 },
  outputs: LoadedModel['metadata']['outputs'] = [],
) {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: '127.0.0.1', port, ...(tls && { tls }) };
  const job: LoadJob<number> = {
    http: endpoint,
    grpc: endpoint,
    models: [{ metadata: { ...model, outputs }, config }],
    point,
    settings: load({
      stopRule: windows,
      requestTimeoutMs: 10_000,
      engine: 'raw',
      ...(protocol === 'grpc' && { protocol }),
      ...settings,
    }),
    scrape: async () => 0,
    signal: new AbortController().signal,
  };
  const begun = performance.now();
  try {
    return await nativeGenerator.run(job);
  } finally {
    server.close();
    expect(performance.now() - begun).toBeLessThan(40_000);
  }
}

/** A TCP server that answers every piece it reads with what `answer` gives. */
const tcp = (answer: (socket: Socket, bytes: Buffer) => void): Server =>
  createTcp((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => answer(socket, bytes));
  });

const failure = async (outcome: Promise<unknown>): Promise<LoadFailure> => {
  const error = await outcome.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LoadFailure);
  return error as LoadFailure;
};

const head = (...fields: string[]): string =>
  `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}`;

describe.concurrent('HTTP servers that misbehave: a cause, in time', () => {
  test.each<[string, (socket: Socket) => void, string, string]>([
    ['closes every connection', (socket) => socket.destroy(), 'connection closed', 'closed'],
    ['never answers', () => {}, 'timeout', 'no answer within 0.8 s'],
    [
      'an answer that never ends',
      (socket) => socket.write(`${head('Content-Length: 100')}\r\nabc`),
      'timeout',
      'no answer within 0.8 s',
    ],
    ['garbage', (socket) => socket.write(Buffer.alloc(400, 0xfe)), 'malformed answer', 'not HTTP/1.1'],
    [
      'a body larger than announced',
      (socket) => socket.write(`${head('Content-Length: 2')}\r\nabcdef`),
      'malformed answer',
      'longer than announced',
    ],
    [
      'a flood of headers',
      (socket) =>
        socket.write(head(...Array.from({ length: 3000 }, (_, index) => `x-${index}: ${'y'.repeat(30)}`))),
      'malformed answer',
      'head of the answer is too long',
    ],
    [
      '503',
      (socket) => socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 16\r\n\r\n{"error":"full"}'),
      'HTTP 503',
      'full',
    ],
  ])('%s', async (_name, answer, kind, words) => {
    const error = await failure(run(tcp(answer), 'http', { requestTimeoutMs: 800 }));
    expect(error.class).toBe(kind);
    expect(error.message).toContain(words);
  });

  test('a port that nobody listens on', async () => {
    const error = await failure(run({ ...closed() }, 'http'));
    expect(error.class).toBe('connection refused');
  });

  test('a connection that is closed after each answer is opened again, and nothing fails', async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        response.setHeader('Connection', 'close');
        response.setHeader('Content-Length', 2);
        response.end('{}');
      });
    });
    const result = await run(server, 'http');
    expect(result.failures).toEqual({});
    expect(result.requests).toBeGreaterThan(20);
  });

  test('a chunked answer is understood', async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        response.write('{');
        response.end('}');
      });
    });
    expect((await run(server, 'http')).failures).toEqual({});
  });

  test('some failures are counted by class and do not fail the load below the limit', async () => {
    let count = 0;
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        response.statusCode = ++count % 10 === 0 ? 503 : 200;
        response.setHeader('Content-Length', 2);
        response.end('{}');
      });
    });
    const result = await run(server, 'http', { failureLimit: 0.3 });
    expect(Object.keys(result.failures)).toEqual(['HTTP 503']);
    expect(result.failures['HTTP 503']!.count / result.requests).toBeCloseTo(1 / 9, 1);
  });
});

/** An address that nobody listens on. */
function closed(): Pick<Server, 'listen' | 'address' | 'close'> {
  const server = createTcp();
  let address: AddressInfo;
  return {
    listen: ((_port: number, _host: string, done: () => void) =>
      server.listen(0, '127.0.0.1', () => {
        address = server.address() as AddressInfo;
        server.close(done);
      })) as Server['listen'],
    address: () => address,
    close: (() => server) as Server['close'],
  };
}

const settings = frame(FRAME.settings, 0, 0, Buffer.alloc(0));
const goAway = (last: number): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(last, 0);
  return frame(FRAME.goAway, 0, 0, payload);
};

describe.concurrent('gRPC servers that misbehave: a cause, in time', () => {
  test.each<[string, (socket: Socket) => void, string, string]>([
    ['closes every connection', (socket) => socket.destroy(), 'connection closed', 'closed'],
    ['never answers', () => {}, 'timeout', 'no answer within 0.8 s'],
    [
      'speaks HTTP/1.1',
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'malformed answer',
      'a frame of',
    ],
    ['garbage', (socket) => socket.write(Buffer.alloc(400, 0xfe)), 'malformed answer', 'a frame of'],
    [
      'leaves at once',
      (socket) => socket.write(Buffer.concat([settings, goAway(0)])),
      'connection closed',
      'is leaving',
    ],
    [
      'resets every call',
      (socket) => {
        socket.write(settings);
        const resets = Array.from({ length: 20 }, (_, index) =>
          frame(FRAME.reset, 0, 2 * index + 1, Buffer.from([0, 0, 0, 7])),
        );
        const reset = (): boolean => socket.write(Buffer.concat(resets));
        reset();
        socket.on('data', reset);
      },
      'connection closed',
      'reset the call (code 7)',
    ],
    [
      'a flood of headers',
      (socket) => {
        socket.write(Buffer.concat([settings, frame(FRAME.headers, 0, 1, Buffer.alloc(1))]));
        for (let count = 0; count < 20; count++)
          socket.write(frame(FRAME.continuation, 0, 1, Buffer.alloc(5000)));
      },
      'malformed answer',
      'headers of the answer are too long',
    ],
    [
      'data without an end',
      (socket) =>
        socket.write(
          Buffer.concat([
            settings,
            frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.from([0x88])),
            frame(FRAME.data, 0, 1, Buffer.alloc(10)),
          ]),
        ),
      'timeout',
      'no answer within',
    ],
  ])('%s', async (_name, answer, kind, words) => {
    const once = new WeakSet<Socket>();
    const server = tcp((socket) => {
      if (once.has(socket)) return;
      once.add(socket);
      answer(socket);
    });
    const error = await failure(run(server, 'grpc', { requestTimeoutMs: 800 }));
    expect(error.class).toBe(kind);
    expect(error.message).toContain(words);
  });

  /** A gRPC server of Node's own HTTP/2. */
  const http2 = (answer: (count: number) => { status: string; message?: string }, onSession = () => {}) => {
    let count = 0;
    const server = createHttp2();
    server.on('session', onSession);
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.resume();
      stream.on('end', () => {
        const { status, message } = answer(++count);
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'grpc-status': status, ...(message && { 'grpc-message': message }) }),
        );
        stream.end(status === '0' ? Buffer.alloc(5) : undefined);
      });
    });
    return server;
  };

  test('another implementation of HTTP/2 is spoken to, also by the library', async () => {
    for (const engine of ['raw', 'library'] as const) {
      const result = await run(
        http2(() => ({ status: '0' })),
        'grpc',
        { engine },
      );
      expect(result.failures).toEqual({});
      expect(result.requests).toBeGreaterThan(20);
    }
  });

  test("a status of gRPC's is a class with the server's words", async () => {
    const error = await failure(
      run(
        http2(() => ({ status: '14', message: 'no%20room' })),
        'grpc',
      ),
    );
    expect(error.class).toBe('gRPC UNAVAILABLE');
    expect(error.message).toContain('no room');
  });

  test('a server that leaves in good order after some calls loses none', async () => {
    const sessions: { close(): void }[] = [];
    const server = http2((count) => {
      if (count % 20 === 0) for (const session of sessions.splice(0)) session.close();
      return { status: '0' };
    });
    server.on('session', (session) => sessions.push(session));
    const result = await run(server, 'grpc');
    expect(result.failures).toEqual({});
    expect(result.requests).toBeGreaterThan(40);
  });

  test('requests larger than any window arrive whole', async () => {
    let bytes = 0;
    const server = createHttp2();
    server.on('stream', (stream) => {
      stream.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      stream.on('end', () => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.alloc(5));
      });
    });
    const result = await run(server, 'grpc', { shapes: {} }, undefined, inFlight('m', 2, 20_000));
    expect(result.failures).toEqual({});
    expect(bytes / (20_000 * 16)).toBeGreaterThan(result.requests);
  });
});

describe('open loop', () => {
  const slow = (ms: number) =>
    createServer((request, response) => {
      request.resume();
      request.on('end', () =>
        setTimeout(() => {
          response.setHeader('Content-Length', 2);
          response.end('{}');
        }, ms),
      );
    });

  test('a trace is replayed once, from its first request to its last', async () => {
    const timesMs = Array.from({ length: 40 }, (_, index) => 20 * index);
    const seen: number[] = [];
    const server = createServer((request, response) => {
      seen.push(performance.now());
      request.resume();
      request.on('end', () => {
        response.setHeader('Content-Length', 2);
        response.end('{}');
      });
    });
    const settings = { arrivals: { kind: 'trace', timesMs } } as const;
    const result = await run(server, 'http', settings, undefined, atRate('m', 50));
    expect(result.requests).toBe(40);
    expect(seen).toHaveLength(40);
    expect(seen.at(-1)! - seen[0]!).toBeGreaterThan(700);
    // Once: what comes again would take as long again.
    expect(seen.at(-1)! - seen[0]!).toBeLessThan(1500);
  });

  test('what is due while too many are in flight is dropped, and counted', async () => {
    const result = await run(slow(100), 'http', { maxInFlight: 2 }, undefined, atRate('m', 100));
    expect(result.client.dropped).toBeGreaterThan(10);
    expect(result.values['perf_send_rate']).toBeLessThan(40);
    expect(result.values['perf_latency_p50']).toBeLessThan(1000);
  });

  test('latency counts from when a request was due, the time from its send beside it', async () => {
    let count = 0;
    const stalling = createTcp((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        // Everything stands still for 150 ms now and then, as in a stop for collecting garbage.
        if (++count % 60 === 0) {
          const until = performance.now() + 150;
          while (performance.now() < until);
        }
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    // One live sequence: what is due behind a stalled request waits for it, and is late.
    const sequences = { count: 1, length: 5, variation: 0, idStart: 1, idEnd: 9 };
    const stopRule = { ...windows, intervalMs: 700 };
    const load = atRate('m', 100);
    const config = { max_batch_size: 4, sequence_batching: {} };
    const result = await run(stalling, 'http', { sequences, stopRule }, undefined, load, config);
    expect(result.values['perf_latency_p95']).toBeGreaterThan(50);
    expect(result.values['perf_service_latency_p95']).toBeLessThan(result.values['perf_latency_p95']! / 2);
    // It is the server that kept them waiting.
    expect(result.client.waited).toBeGreaterThan(10);
    expect(result.client.full).toBe(true);
  });
});

describe.concurrent('TLS', () => {
  const file = (name: string): string => join(import.meta.dirname, '../../fixtures/tls', name);
  const server = () =>
    createSecure(
      { key: readFileSync(file('server-key.pem')), cert: readFileSync(file('server.pem')) },
      (request, response) => {
        request.resume();
        request.on('end', () => {
          response.setHeader('Content-Length', 2);
          response.end('{}');
        });
      },
    );
  const tls: EndpointTls = {
    caFile: file('ca.pem'),
    verifyPeer: true,
    verifyHost: true,
    serverName: 'localhost',
  };

  test.each(['raw', 'library'] as const)('%s: a certificate of a known authority', async (engine) => {
    const result = await run(server(), 'http', { engine }, tls);
    expect(result.failures).toEqual({});
    expect(result.client.engine).toContain('over TLS');
  });

  test.each<[string, Partial<EndpointTls>, RegExp]>([
    ['an unknown authority', { caFile: file('server.pem') }, /certificate|issuer/],
    ['another host', { serverName: 'example.org' }, /altnames|Host/],
  ])('%s is refused, unless nobody asks', async (_name, changes, words) => {
    const error = await failure(run(server(), 'http', {}, { ...tls, ...changes }));
    expect(error.message).toMatch(words);
    const lax = { ...tls, ...changes, verifyPeer: false, verifyHost: false };
    expect((await run(server(), 'http', {}, lax)).failures).toEqual({});
  });
});

test('what our own reader does not understand, a library is tried with', async () => {
  // HTTP/1.1 with a line ending that only lenient readers take.
  let asked = 0;
  const server = tcp((socket, bytes) => {
    if (!bytes.includes('POST')) return;
    asked++;
    socket.write(asked < 20 ? 'garbage!' : 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const result = await run(server, 'http', { engine: 'auto' });
  expect(result.client.engine).toBe('HTTP through undici');
});

test.each(['raw', 'library'] as const)(
  '%s: outputs that are none of the model’s fail the load',
  async (engine) => {
    const answer = '{"outputs":[{"name":"w","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.setHeader('Content-Length', answer.length).end(answer));
    });
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }];
    const error = await failure(run(server, 'http', { engine }, undefined, undefined, undefined, outputs));
    expect(error.class).toBe('wrong output');
    expect(error.message).toContain('output "w" is none of the model’s');
  },
);

test('five hundred connections at once', async () => {
  const server = tcp((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  const result = await run(server, 'http', {}, undefined, inFlight('m', 500));
  expect(result.failures).toEqual({});
});
