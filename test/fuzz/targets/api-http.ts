import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fetchMetrics, HttpTriton } from '../../../src/server/triton-http.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { isServerError, type MakeTarget } from '../target.ts';

/** Milliseconds that a call has: most answers end by the end of their connection. */
const PATIENCE = { timeoutMs: 300 };
/** Connections of one port: the kernel keeps each a while after its end, and there are only so many. */
const CONNECTIONS = 10_000;

/** What is asked, and a good answer. */
interface Call {
  readonly body: string;
  ask(triton: HttpTriton): Promise<unknown>;
}

const fixture = (name: string): string => textInProject(`test/fixtures/triton/${name}`);

const CALLS: readonly Call[] = [
  { body: '', ask: (triton) => triton.isReady(PATIENCE) },
  { body: '{"name":"triton","version":"2.51.0","extensions":[]}', ask: (triton) => triton.server(PATIENCE) },
  { body: '[{"name":"m","version":"1","state":"READY"}]', ask: (triton) => triton.repositoryIndex(PATIENCE) },
  { body: '', ask: (triton) => triton.load('m', { name: 'm' }, PATIENCE) },
  { body: '', ask: (triton) => triton.unload('m', PATIENCE) },
  { body: fixture('model_config.json'), ask: (triton) => triton.config('text_recognition', PATIENCE) },
  { body: fixture('model_metadata_add_sub.json'), ask: (triton) => triton.metadata('add_sub', PATIENCE) },
  { body: fixture('stats_add_sub.json'), ask: (triton) => triton.statistics('add_sub', PATIENCE) },
  { body: fixture('metrics_cpu_only.txt'), ask: ({ endpoint }) => fetchMetrics(endpoint, PATIENCE) },
];

const answer = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Answers of servers that are none, or are not well. */
const ODD = [
  'HTTP/1.1 400 Bad Request\r\nContent-Length: 21\r\n\r\n{"error":"no \u001b[31mred"}',
  'HTTP/1.1 500 Oops\r\n\r\n<html>until it is closed',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x',
  'SSH-2.0-OpenSSH_9.2\r\n',
  '',
];

/**
 * Triton's API by HTTP on a real socket: whatever a server sends before it closes, a call brings something or fails with
 * the reason. The first byte says which call it is.
 */
export const apiHttp: MakeTarget = () => {
  const wires = [
    ...CALLS.map(({ body }) => Buffer.from(answer(body))),
    ...ODD.map((text) => Buffer.from(text)),
  ];
  let place: { server: Server; triton: HttpTriton } | undefined;
  let wire = Buffer.alloc(0);
  let connections = 0;
  const open = async (): Promise<HttpTriton> => {
    if (place && connections++ % CONNECTIONS > 0) return place.triton;
    place?.triton.close();
    place?.server.close();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(wire));
    });
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    place = { server, triton: new HttpTriton({ host: '127.0.0.1', port }) };
    return place.triton;
  };
  return {
    make(random) {
      const call = random.below(CALLS.length);
      const from = random.chance(0.7) ? wires[call]! : random.pick(wires);
      return Buffer.concat([Buffer.from([call]), changeBytes(random, from, wires)]);
    },
    async run(input) {
      const triton = await open();
      wire = input.subarray(1) as Buffer<ArrayBuffer>;
      await CALLS[(input[0] ?? 0) % CALLS.length]!.ask(triton);
    },
    isOurs: isServerError,
  };
};
