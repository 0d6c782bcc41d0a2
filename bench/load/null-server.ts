import { createServer as createTcp, type Socket } from 'node:net';

/**
 * A server of its own process that answers inference by HTTP at once, always the same, and knows as much of KServe as
 * perf_analyzer asks for. Started with: BYTES of each of two FP32 inputs, and the STALL and EVERY in ms of a stop
 * of everything. Tells its port, and on every message how many requests it has answered.
 */
const bytes = Number(process.argv[2] ?? 16);
const [stallMs, everyMs] = [Number(process.argv[3] ?? 0), Number(process.argv[4] ?? 2000)];

const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, bytes / 4] });
const config = (name: string) => ({ name, data_type: 'TYPE_FP32', dims: [bytes / 4] });
const pages: Record<string, unknown> = {
  '/v2': { name: 'null', version: '1', extensions: ['binary_tensor_data'] },
  '/v2/models/null': {
    name: 'null',
    versions: ['1'],
    platform: 'null',
    inputs: [tensor('INPUT0'), tensor('INPUT1')],
    outputs: [tensor('OUTPUT0')],
  },
  '/v2/models/null/config': {
    name: 'null',
    platform: 'null',
    backend: 'null',
    max_batch_size: 8,
    input: [config('INPUT0'), config('INPUT1')],
    output: [config('OUTPUT0')],
  },
};
const json = JSON.stringify({
  model_name: 'null',
  model_version: '1',
  outputs: [
    { name: 'OUTPUT0', datatype: 'FP32', shape: [1, bytes / 4], parameters: { binary_data_size: bytes } },
  ],
});
const answer = Buffer.concat([
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nInference-Header-Content-Length: ${json.length}\r\nContent-Length: ${json.length + bytes}\r\n\r\n${json}`,
  ),
  Buffer.alloc(bytes),
]);
let answered = 0;

function page(socket: Socket, path: string): void {
  const body = pages[path] ?? (path.startsWith('/v2/health') ? {} : undefined);
  const text = JSON.stringify(body ?? { error: 'unknown' });
  const status = body ? '200 OK' : '404 Not Found';
  socket.write(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}

/** Heads are read once a connection: what follows has the same length. */
const server = createTcp({ noDelay: true }, (socket) => {
  let length = 0;
  let have = 0;
  let head = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece) => {
    if (length > 0) {
      for (have += piece.length; have >= length; have -= length) {
        socket.write(answer);
        answered++;
      }
      return;
    }
    head = Buffer.concat([head, piece]);
    for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
      const text = head.toString('latin1', 0, end);
      const body = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (text.startsWith('POST') && text.includes('/infer ')) {
        length = end + 4 + body;
        have = 0;
        socket.emit('data', head);
        head = Buffer.alloc(0);
        return;
      }
      page(socket, text.split(' ')[1]!);
      head = head.subarray(end + 4 + body);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
process.on('message', () => process.send?.(answered));
process.on('disconnect', () => process.exit());
if (stallMs > 0) {
  setInterval(() => {
    const until = performance.now() + stallMs;
    while (performance.now() < until);
  }, everyMs);
}
