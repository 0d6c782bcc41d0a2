import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { type FinishNotice, parseNotice } from '../../src/record/finish-notice.ts';
import { postNotice } from '../../src/report/post-notice.ts';

const NOTICE: FinishNotice = {
  schemaVersion: 1,
  state: 'done',
  exitCode: 0,
  session: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  durationS: 1,
  tma: '0.1.0',
  text: 'ä',
  models: [],
  modelsLeftOut: 0,
  mistakes: [],
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server and what it was asked, each request with its body. */
async function serve(answer: RequestListener) {
  const requests: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests.push({ request, body });
    answer(request, response);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Posts, and says how long that took. */
async function timed(address: string, signal?: AbortSignal) {
  const start = performance.now();
  const why = await postNotice(address, NOTICE, signal);
  return { why, seconds: (performance.now() - start) / 1000 };
}

describe('a server that answers', () => {
  test('gets the notice as JSON, with the name and password of the address', async () => {
    const { host, requests } = await serve((_request, response) => response.writeHead(204).end());
    expect(await postNotice(`http://us%40er:pa%3Ass@${host}/hooks/1?a=b`, NOTICE)).toBeUndefined();
    expect(requests).toHaveLength(1);
    const { request, body } = requests[0]!;
    expect(request).toMatchObject({ method: 'POST', url: '/hooks/1?a=b' });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`,
    });
    expect(parseNotice(JSON.parse(body))).toEqual(NOTICE);
  });

  test('without end is not listened to', async () => {
    const { host } = await serve((_request, response) => {
      response.writeHead(200);
      const more = () => response.write('x'.repeat(65_536), () => setImmediate(more));
      more();
    });
    const { why, seconds } = await timed(`http://${host}/`);
    expect(why).toBeUndefined();
    expect(seconds).toBeLessThan(2);
  });

  test('that it does not take it is asked once; that it is at a loss, twice', async () => {
    const refusing = await serve((_request, response) => response.writeHead(404).end());
    expect(await postNotice(`http://user:SECRET@${refusing.host}/SECRET?t=SECRET`, NOTICE)).toBe(
      `http://${refusing.host}/[not shown] was not told how it ended: it answered HTTP 404`,
    );
    expect(refusing.requests).toHaveLength(1);

    const failing = await serve((_request, response) => response.writeHead(503).end());
    expect(await postNotice(`http://${failing.host}/`, NOTICE)).toContain('HTTP 503 (tried twice)');
    expect(failing.requests).toHaveLength(2);

    let calls = 0;
    const recovering = await serve((_request, response) =>
      response.writeHead(calls++ === 0 ? 500 : 200).end(),
    );
    expect(await postNotice(`http://${recovering.host}/`, NOTICE)).toBeUndefined();
  });

  test('with another address is not followed there', async () => {
    const other = await serve((_request, response) => response.end());
    for (const status of [301, 302, 307, 308]) {
      const { host, requests } = await serve((_request, response) =>
        response.writeHead(status, { location: `http://${other.host}/` }).end(),
      );
      expect(await postNotice(`http://${host}/`, NOTICE)).toContain(
        `it answered HTTP ${status}, and redirections are not followed`,
      );
      expect(requests).toHaveLength(1);
    }
    expect(other.requests).toHaveLength(0);
  });
});

describe('a server that does not answer', () => {
  test('is asked twice, for 8.5 s in all', async () => {
    const { host, requests } = await serve(() => {});
    const { why, seconds } = await timed(`http://${host}/`);
    expect(why).toBe(`http://${host} was not told how it ended: no answer within 4 s (tried twice)`);
    expect(requests).toHaveLength(2);
    expect(seconds).toBeLessThan(9.5);
  });

  test('is given up at once when tma is stopped', async () => {
    const { host, requests } = await serve(() => {});
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const { why, seconds } = await timed(`http://${host}/`, stop.signal);
    expect(why).toContain('tma was stopped');
    expect(seconds).toBeLessThan(2);
    expect(requests).toHaveLength(1);
  });

  test('since there is none is said to be out of reach', async () => {
    const { host } = await serve(() => {});
    servers.splice(0)[0]!.close();
    const { why, seconds } = await timed(`http://${host}/SECRET`);
    expect(why).toBe(
      `http://${host}/[not shown] was not told how it ended: it can not be reached (ECONNREFUSED) (tried twice)`,
    );
    expect(seconds).toBeLessThan(3);
    expect(await postNotice('https://no-such-host.invalid/', NOTICE)).toContain('it can not be reached (');
  });

  test('but with what is no HTTP', async () => {
    const { createServer: createSocketServer } = await import('node:net');
    const server = createSocketServer((socket) => socket.on('error', () => {}).end('SSH-2.0\r\n'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await postNotice(`http://127.0.0.1:${port}/`, NOTICE)).toContain('it can not be reached (');
    server.close();
  });
});
