import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { FLAG, FRAME, FrameReader, frame, MOST_WINDOW, SETTING } from './http2/frames.ts';
import { encodeHeaders } from './http2/hpack.ts';

/** What the null server is to answer, and to what. */
export interface NullServerInput {
  readonly protocol: 'http1' | 'http2';
  /** Bytes of a whole HTTP/1.1 request: so many that come are one. */
  readonly requestBytes: number;
  /** Bytes of an answer's body. */
  readonly answerBytes: number;
}

const READ_BUFFER = 256 * 1024;
const PREFACE_BYTES = 24;
const REFILL = 2 ** 29;

/** A server that answers at once, always the same: what the client alone can do is measured against it. */
export function nullServer(input: NullServerInput): Server {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', input.protocol === 'http1' ? http1(socket, input) : http2(socket, input));
  });
}

function http1(socket: Socket, { requestBytes, answerBytes }: NullServerInput): (bytes: Buffer) => void {
  const answer = Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${answerBytes}\r\n\r\n`,
    ),
    Buffer.alloc(answerBytes),
  ]);
  let have = 0;
  return (bytes) => {
    for (have += bytes.length; have >= requestBytes; have -= requestBytes) socket.write(answer);
  };
}

function http2(socket: Socket, { answerBytes }: NullServerInput): (bytes: Buffer) => void {
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(SETTING.initialWindowSize, 0);
  settings.writeUInt32BE(MOST_WINDOW, 2);
  settings.writeUInt16BE(SETTING.maxFrameSize, 6);
  settings.writeUInt32BE(2 ** 20, 8);
  socket.write(frame(FRAME.settings, 0, 0, settings));
  const refill = Buffer.alloc(4);
  refill.writeUInt32BE(2 ** 30);
  socket.write(frame(FRAME.windowUpdate, 0, 0, refill));
  const head = encodeHeaders([
    [':status', '200'],
    ['content-type', 'application/grpc'],
  ]);
  const message = Buffer.alloc(5 + answerBytes);
  message.writeUInt32BE(answerBytes, 1);
  const trailers = encodeHeaders([['grpc-status', '0']]);
  const begin = frame(FRAME.headers, FLAG.endHeaders, 1, head);
  const end = frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, trailers);
  const answer = Buffer.concat([begin, ...dataFrames(message), end]);
  // Where the stream's number stands in each frame.
  const places: number[] = [];
  for (let at = 0; at < answer.length; at += 9 + answer.readUIntBE(at, 3)) places.push(at + 5);
  let received = 0;
  const reader = new FrameReader(
    {
      onDataBytes(_stream, length) {
        received += length;
        if (received < REFILL) return;
        refill.writeUInt32BE(received);
        socket.write(frame(FRAME.windowUpdate, 0, 0, refill));
        received = 0;
      },
      onData(stream, _piece, last) {
        if (!last) return;
        const bytes = Buffer.from(answer);
        for (const place of places) bytes.writeUInt32BE(stream, place);
        socket.write(bytes);
      },
      onFrame(type, flags) {
        if (type === FRAME.settings && !(flags & FLAG.ack))
          socket.write(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)));
        return undefined;
      },
    },
    2 ** 24,
  );
  let preface = PREFACE_BYTES;
  return (bytes) => {
    const skipped = Math.min(preface, bytes.length);
    preface -= skipped;
    if (skipped < bytes.length && reader.read(bytes.subarray(skipped)) !== undefined) socket.destroy();
  };
}

function dataFrames(message: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < message.length; at += READ_BUFFER)
    frames.push(frame(FRAME.data, 0, 1, message.subarray(at, at + READ_BUFFER)));
  return frames;
}

if (parentPort && (workerData as { nullServer?: NullServerInput } | null)?.nullServer) {
  const server = nullServer((workerData as { nullServer: NullServerInput }).nullServer);
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}
