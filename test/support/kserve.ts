import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Endpoint } from '../../src/server/triton.ts';

/** An HTTP server for what a real Triton can't be made to do; `answer` decides what becomes of each request. */
export async function serve(
  answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void,
): Promise<{ endpoint: Endpoint } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, Buffer.concat(parts), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const answerOk = (response: ServerResponse): void => {
  response.setHeader('Content-Length', 2);
  response.end('{}');
};

/** What becomes of a server that was well at first. */
export const BREAKS = ['errors', 'silence', 'closes', 'refuses', 'slow'] as const;
export type Break = (typeof BREAKS)[number];

/** What a request meets: an answer, now or later, an error, or the end of its connection. */
type Meets = 'answer' | 'slow answer' | 'error' | 'nothing' | 'end';
const SLOW_MS = 400;

/** A server that answers well for so long, or so often, and is broken in one way from then on. */
export async function serveThenBreak(
  protocol: 'http' | 'grpc',
  how: Break,
  good: { readonly answers: number; readonly milliseconds: number },
): Promise<{ endpoint: Endpoint } & AsyncDisposable> {
  let answers = 0;
  let firstMs: number | undefined;
  const sockets = new Set<Socket>();
  const server = protocol === 'http' ? createServer() : createHttp2();
  const gone = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const meets = (): Meets => {
    firstMs ??= performance.now();
    if (++answers <= good.answers || performance.now() - firstMs <= good.milliseconds) return 'answer';
    if (how === 'refuses') gone();
    return (
      { errors: 'error', silence: 'nothing', closes: 'end', refuses: 'end', slow: 'slow answer' } as const
    )[how];
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  if (protocol === 'http') onHttp(server as HttpServer, meets);
  else onGrpc(server as Http2Server, meets);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: { host: '127.0.0.1', port }, [Symbol.asyncDispose]: async () => gone() };
}

function onHttp(server: HttpServer, meets: () => Meets): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    request.on('end', () => {
      const what = meets();
      if (what === 'answer') answerOk(response);
      else if (what === 'slow answer') setTimeout(() => answerOk(response), SLOW_MS);
      else if (what === 'end') request.socket.destroy();
      else if (what === 'error') {
        response.statusCode = 500;
        response.end('{"error":"CUDA error: an illegal memory access was encountered"}');
      }
    });
  });
}

function onGrpc(server: Http2Server, meets: () => Meets): void {
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.resume();
    const answer = (status: string, message?: string): void => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': status, ...(message && { 'grpc-message': message }) }),
      );
      // An empty message is a ModelInferResponse of a model without outputs.
      stream.end(status === '0' ? Buffer.alloc(5) : undefined);
    };
    stream.on('end', () => {
      const what = meets();
      if (what === 'answer') answer('0');
      else if (what === 'slow answer') setTimeout(() => answer('0'), SLOW_MS);
      else if (what === 'end') stream.session?.destroy();
      else if (what === 'error') answer('13', 'CUDA error: an illegal memory access was encountered');
    });
  });
}
