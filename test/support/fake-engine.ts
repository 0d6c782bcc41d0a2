import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { folder } from './experiment.ts';

/** Calls of the engine's API that the fake knows. */
export type Call =
  | 'info'
  | 'list'
  | 'image'
  | 'pull'
  | 'create'
  | 'attach'
  | 'start'
  | 'wait'
  | 'stop'
  | 'remove';

/** An engine on a socket of its own, which never answers certain calls. */
export interface FakeEngine extends AsyncDisposable {
  /** What DOCKER_HOST has to say. */
  readonly url: string;
  readonly calls: readonly Call[];
}

type Answer = readonly [status: number, value?: unknown];

const ANSWERS: Partial<Record<Call, Answer>> = {
  info: [200, { Runtimes: {} }],
  list: [200, []],
  create: [201, { Id: 'c'.repeat(64) }],
  start: [204],
  stop: [204],
  remove: [204],
  wait: [200, { StatusCode: 0 }],
};

const CALLS: readonly [RegExp, Call][] = [
  [/^GET \/info/, 'info'],
  [/^GET \/containers\/json/, 'list'],
  [/^GET \/images\/.*\/json/, 'image'],
  [/^POST \/images\/create/, 'pull'],
  [/^POST \/containers\/create/, 'create'],
  [/^POST \/containers\/[^/]+\/attach/, 'attach'],
  [/^POST \/containers\/[^/]+\/start/, 'start'],
  [/^POST \/containers\/[^/]+\/wait/, 'wait'],
  [/^POST \/containers\/[^/]+\/stop/, 'stop'],
  [/^DELETE \/containers\//, 'remove'],
];

/**
 * An engine that is there and accepts everything, for faults that a real one can't be made to show.
 * @param silent what it never answers.
 * @param has whether it has the image already.
 */
export async function fakeEngine(silent: readonly Call[], has = true): Promise<FakeEngine> {
  const path = join(folder(), 'docker.sock');
  const calls: Call[] = [];
  const sockets = new Set<Socket>();
  const image: Answer = has ? [200, { Id: `sha256:${'a'.repeat(64)}` }] : [404, { message: 'no such image' }];
  const answers: Partial<Record<Call, Answer>> = { ...ANSWERS, image };
  const server = createServer((request: IncomingMessage, response) => {
    const line = `${request.method} ${request.url?.replace(/^\/v[\d.]+/, '')}`;
    const call = CALLS.find(([pattern]) => pattern.test(line))?.[1];
    if (call) calls.push(call);
    request.resume();
    const begins = call === 'pull' || call === 'attach';
    if (call && silent.includes(call)) {
      // A pull that says it begins, and then nothing more.
      if (call === 'pull') response.writeHead(200).flushHeaders();
    } else if (begins) {
      response.writeHead(200).flushHeaders();
    } else {
      const [status, value] = (call && answers[call]) ?? [404, { message: 'not here' }];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    }
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(path, done));
  return {
    url: `unix://${path}`,
    calls,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
