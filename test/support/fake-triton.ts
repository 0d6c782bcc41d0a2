import { createServer, type Socket } from 'node:net';
import type { Endpoint } from '../../src/server/triton.ts';

/** What a Triton server is asked for. */
export const CALLS = [
  'ready',
  'live',
  'server',
  'index',
  'load',
  'unload',
  'metadata',
  'config',
  'stats',
  'infer',
  'metrics',
] as const;
export type Call = (typeof CALLS)[number];

/** What is written to a connection instead of the good answer. */
type Misbehaviour = (socket: Socket, good: string, call: Call) => void;

const response = (status: string, body: string, more = ''): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;

const says =
  (body: string | ((good: string, call: Call) => string), status = '200 OK'): Misbehaviour =>
  (socket, good, call) =>
    socket.write(response(status, typeof body === 'string' ? body : body(good, call)));

const sends =
  (bytes: string | Buffer): Misbehaviour =>
  (socket) =>
    socket.write(bytes);

/** A head, then a piece again and again, without an end. */
const drips =
  (head: string, piece: string, everyMs: number): Misbehaviour =>
  (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), everyMs);
    socket.on('close', () => clearInterval(timer));
  };

/** As much as the other side takes, up to a limit. */
const pours =
  (head: string, piece: string, pieces: number): Misbehaviour =>
  (socket) => {
    let left = pieces;
    socket.write(head);
    const pour = (): void => {
      while (left > 0 && !socket.destroyed) {
        left--;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', pour);
    pour();
  };

/** The good answer as JSON with one value changed. */
const altered =
  (change: (json: never) => void): Misbehaviour =>
  (socket, good) => {
    let body = good;
    try {
      const json = JSON.parse(good) as never;
      change(json);
      body = JSON.stringify(json);
    } catch {
      // This call's answer has no such value.
    }
    socket.write(response('200 OK', body));
  };

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const MIB = 'a'.repeat(2 ** 20);

/** Ways not to answer as Triton does, by what goes wrong. */
export const MISBEHAVIOURS = {
  // Nothing, or too little.
  'says nothing': () => {},
  closes: (socket) => socket.destroy(),
  'ends in the head': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-'),
  'ends in the body': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"a":'),
  'stops in the body': sends('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"a":'),
  // Without an end.
  'drips blanks': drips(CHUNKED, '1\r\n \r\n', 20),
  'drips until it closes': drips('HTTP/1.1 200 OK\r\n\r\n', ' ', 20),
  'drips headers': drips('HTTP/1.1 200 OK\r\n', 'X-A: a\r\n', 20),
  'continues for ever': drips('', 'HTTP/1.1 100 Continue\r\n\r\n', 5),
  'gives early hints for ever': drips('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 5),
  // Too much.
  'pours without an end': pours(CHUNKED, `100000\r\n${MIB}\r\n`, 10_000),
  'answers 600 MB': pours(`HTTP/1.1 200 OK\r\nContent-Length: ${600 * 2 ** 20}\r\n\r\n`, MIB, 600),
  'claims a petabyte': sends('HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n{}'),
  'has too many headers': sends(
    `HTTP/1.1 200 OK\r\n${'X-Long: '.padEnd(100, 'a')}\r\n`.repeat(2000).concat('\r\n'),
  ),
  // Another protocol, or none.
  'sends garbage': sends(Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919 + 13) % 256))),
  'speaks HTTP/2': sends(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])),
  'speaks SSH': sends('SSH-2.0-OpenSSH_9.2\r\n'),
  'speaks HTTP/0.9': (socket) => socket.end('hello'),
  'switches protocols': sends(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  ),
  'has a negative length': sends('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'),
  'has two lengths': sends('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x'),
  'has a wrong chunk': sends(`${CHUNKED}ZZZ\r\n`),
  'answers twice': sends(response('200 OK', '{}').repeat(2)),
  // Another status.
  'has no content': sends('HTTP/1.1 204 No Content\r\n\r\n'),
  redirects: sends(response('302 Found', '', 'Location: http://127.0.0.1:1/\r\n')),
  'has an unknown status': sends('HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n'),
  'fails with a long page': says(`<html>${'x'.repeat(100_000)}</html>`, '500 Oops'),
  'fails without an end': pours(
    'HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n',
    `100000\r\n${MIB}\r\n`,
    10_000,
  ),
  'fails with an object': says('{"error": {"a": [1]}}', '400 Bad'),
  'fails with terminal escapes': says('{"error": "no \\u001b[31mred\\u001b]0;title\\u0007"}', '400 Bad'),
  // No JSON, or other JSON.
  'answers a page': says('<html>hello</html>'),
  'answers nothing': says(''),
  'answers half': says((good) => `${good.slice(0, good.length / 2)}{`),
  'answers bytes that are no text': sends(
    Buffer.concat([Buffer.from(response('200 OK', 'xxxx').slice(0, -4)), Buffer.from([0xff, 0xfe, 0, 0x80])]),
  ),
  'claims gzip': sends(response('200 OK', '\x1f\x8b\x08', 'Content-Encoding: gzip\r\n')),
  'nests deeply': says('['.repeat(200_000) + ']'.repeat(200_000)),
  'nests deeply with long numbers': says(`${'['.repeat(50_000)}12345678901234567890${']'.repeat(50_000)}`),
  'answers null': says('null'),
  'answers a list': says('[]'),
  'answers an object': says('{}'),
  'answers a text': says('"x"'),
  'answers a list of anything': says('[null, 1, "a", {}]'),
  'answers prototypes': says('{"__proto__": {"a": 1}, "constructor": {"prototype": {"b": 1}}}'),
  // Lies.
  'tells of nothing': altered((json: { model_stats: unknown; name: unknown }) => {
    if (json.model_stats) json.model_stats = [{}];
    else json.name = undefined;
  }),
  'tells of another model': altered((json: { model_stats?: { name: string }[]; name: string }) => {
    if (json.model_stats) json.model_stats[0]!.name = 'other';
    else json.name = 'other';
  }),
  'counts backwards': altered(({ model_stats: [stats] }: { model_stats: Record<string, unknown>[] }) => {
    stats!['inference_count'] = -5;
  }),
  'counts in words': altered(({ model_stats: [stats] }: { model_stats: Record<string, unknown>[] }) => {
    stats!['inference_stats'] = { success: { count: 'many', ns: {} }, queue: null };
  }),
  'counts beyond all numbers': altered(
    ({ model_stats: [stats] }: { model_stats: Record<string, unknown>[] }) => {
      stats!['execution_count'] = 1e300;
    },
  ),
  'has types of its own': altered((json: Record<string, unknown>) => {
    if (!Array.isArray(json)) Object.assign(json, { max_batch_size: 'x', input: 'y', inputs: { a: 1 } });
    if (!Array.isArray(json)) Object.assign(json, { model_stats: { a: 1 }, version: [] });
    else json[0] = { name: 1, state: 2 };
  }),
  'has shapes of its own': altered((json: { inputs: { shape: unknown }[]; input: { dims: unknown }[] }) => {
    if (json.inputs) json.inputs[0]!.shape = [-7, 1e300, 'a'];
    else json.input[0]!.dims = [1.5, 'a'];
  }),
} as const satisfies Record<string, Misbehaviour>;

export type MisbehaviourName = keyof typeof MISBEHAVIOURS;

const STATES = { name: 'm', version: '1' };
const TENSOR = { datatype: 'FP32', shape: [-1, 4] };
const CONFIG = {
  name: 'm',
  backend: 'python',
  max_batch_size: 4,
  input: [{ name: 'X', data_type: 'TYPE_FP32', dims: [4] }],
  output: [{ name: 'Y', data_type: 'TYPE_FP32', dims: [4] }],
  instance_group: [{ kind: 'KIND_CPU', count: 1, name: 'm' }],
};

/** A server that answers as Triton does, with one model `m`, until it is told otherwise. */
export interface FakeTriton extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** How often each call was made. */
  readonly asked: Readonly<Record<Call, number>>;
  /** From now on, or after `after` more good answers to it, a call is answered so. */
  break(call: Call, how: MisbehaviourName, after?: number): void;
}

export async function fakeTriton(port = 0): Promise<FakeTriton> {
  const asked = Object.fromEntries(CALLS.map((call) => [call, 0])) as Record<Call, number>;
  const broken = new Map<Call, { how: MisbehaviourName; from: number }>();
  const sockets = new Set<Socket>();
  let isReady = true;
  let executed = 0;
  const good: Record<Call, () => string> = {
    ready: () => '',
    live: () => '',
    server: () => JSON.stringify({ name: 'triton', version: '2.51.0', extensions: ['statistics'] }),
    index: () => JSON.stringify([{ ...STATES, state: isReady ? 'READY' : 'UNAVAILABLE' }]),
    load: () => {
      isReady = true;
      return '';
    },
    unload: () => {
      isReady = false;
      return '';
    },
    metadata: () =>
      JSON.stringify({
        name: 'm',
        versions: ['1'],
        platform: 'python',
        inputs: [{ name: 'X', ...TENSOR }],
        outputs: [{ name: 'Y', ...TENSOR }],
      }),
    config: () => JSON.stringify(CONFIG),
    stats: () => {
      executed += 10;
      const counter = { count: executed, ns: executed * 1_000_000 };
      const stages = { success: counter, queue: counter, compute_infer: counter };
      return JSON.stringify({
        model_stats: [
          { ...STATES, inference_count: executed, execution_count: executed, inference_stats: stages },
        ],
      });
    },
    infer: () =>
      JSON.stringify({
        model_name: 'm',
        model_version: '1',
        outputs: [{ name: 'Y', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
      }),
    metrics: () =>
      [
        'nv_gpu_utilization{gpu_uuid="GPU-1"} 0.5',
        'nv_gpu_memory_used_bytes{gpu_uuid="GPU-1"} 1000000000',
        'nv_gpu_memory_total_bytes{gpu_uuid="GPU-1"} 2000000000',
        'nv_gpu_power_usage{gpu_uuid="GPU-1"} 250',
        // 200 W.
        `nv_energy_consumption{gpu_uuid="GPU-1"} ${(200 * performance.now()) / 1000}\n`,
      ].join('\n'),
  };
  const answer = (socket: Socket, path: string): void => {
    const call = callOf(path);
    asked[call]++;
    const body = good[call]();
    const fault = broken.get(call);
    if (fault && asked[call] > fault.from) (MISBEHAVIOURS[fault.how] as Misbehaviour)(socket, body, call);
    else socket.write(response('200 OK', body));
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = received.toString('latin1', 0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        received = received.subarray(end + 4 + length);
        answer(socket, head.split(' ')[1] ?? '');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    endpoint: { host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : port },
    asked,
    break: (call, how, after = 0) => broken.set(call, { how, from: asked[call] + after }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function callOf(path: string): Call {
  if (path === '/v2/health/ready') return 'ready';
  if (path === '/v2/health/live') return 'live';
  if (path === '/v2') return 'server';
  if (path === '/metrics') return 'metrics';
  if (path === '/v2/repository/index') return 'index';
  const last = /^\/v2\/(?:repository\/)?models\/[^/]+\/(load|unload|config|stats|infer)$/.exec(path)?.[1];
  return (last as Call | undefined) ?? 'metadata';
}
