import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Connection } from '../../src/load/native/connection.ts';
import { nativeGenerator } from '../../src/load/native/native.ts';
import { loadGeneratorContract } from '../contract/load-generator.ts';

loadGeneratorContract(nativeGenerator);

/** What a connection tells of one request that is answered with these pieces, a moment apart. */
async function exchange(pieces: readonly (string | Buffer)[], end = false): Promise<string> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (end) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const told = await new Promise<string>((resolve) => {
    const connection = new Connection(
      { host: '127.0.0.1', port },
      {
        onConnect: () => connection.send(Buffer.from('POST / HTTP/1.1\r\n\r\n')),
        onAnswer: (_start, _sendRecv, _end, error) =>
          resolve(error === undefined ? 'ok' : `refused: ${error}`),
        onBroken: (error) => resolve(`broken: ${error}`),
      },
    );
    setTimeout(() => resolve('nothing'), 400).unref();
  });
  server.close();
  return told;
}

describe('reading answers', () => {
  const head = (status: string, length: number): string =>
    `HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n`;
  test.each([
    ['in one piece', [`${head('200 OK', 3)}abc`], 'ok'],
    ['cut anywhere', ['HTTP/1.', '1 200 OK\r\ncontent-LENGTH:', ' 3\r\n\r', '\nab', 'c'], 'ok'],
    ['without a body', [head('200 OK', 0)], 'ok'],
    ['a large body', [head('200 OK', 600_000), Buffer.alloc(600_000)], 'ok'],
    ['an error of Triton', [`${head('400 Bad Request', 15)}{"error":"too"}`], 'refused: too'],
    ['an error of somebody else', [`${head('503 Busy', 4)}wait`], 'refused: HTTP 503 wait'],
    [
      'longer than announced',
      [`${head('200 OK', 3)}abcd`],
      'broken: the answer is longer than its Content-Length',
    ],
    [
      'no length',
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      'broken: the answer has no Content-Length',
    ],
    ['no HTTP', ['SSH-2.0-OpenSSH\r\n\r\n'], 'broken: the answer is not HTTP/1.1'],
    ['a head without end', [Buffer.alloc(70_000, 'a')], 'broken: the head of the answer is too long'],
    ['cut short', [`${head('200 OK', 30)}abc`], 'broken: the server closed the connection', true],
    ['never', [], 'nothing'],
  ] as [string, (string | Buffer)[], string, boolean?][])('%s', async (_name, pieces, told, end = false) => {
    expect(await exchange(pieces, end)).toBe(told);
  });
});
