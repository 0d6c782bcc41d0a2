import { createServer } from 'node:net';
import { codeOf, environmentError } from '../ground/errors.ts';
import type { Ports } from './arguments.ts';

/** A TCP port on the loopback address that nothing listens on; `wanted` checks one instead of choosing. */
function probe(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}

/** Ports that no two launches of this process get, so that servers starting together do not meet. */
const handedOut = new Set<number>();

async function freePort(): Promise<number> {
  for (;;) {
    const port = await probe(0);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    return port;
  }
}

/**
 * The port that was asked for, if it can be had.
 * @throws UserError when something listens there already.
 */
async function fixedPort(port: number, option: string): Promise<number> {
  try {
    return await probe(port);
  } catch (error) {
    throw environmentError(
      codeOf(error) === 'EADDRINUSE'
        ? `port ${port} is taken: something else listens there, a server already running perhaps`
        : `port ${port} can't be used: ${codeOf(error)}`,
      `stop it, give another with --${option}, or leave that option out to get a free one`,
    );
  }
}

/** @throws UserError when one of these ports is taken on this machine. */
export async function checkPorts(fixed: Readonly<Partial<Ports>>): Promise<void> {
  await choosePorts(fixed);
}

/** Three ports of the loopback address: those that were fixed, free ones for the others. */
export async function choosePorts(fixed: Readonly<Partial<Ports>>): Promise<Ports> {
  const [http, grpc, metrics] = await Promise.all([
    fixed.http ? fixedPort(fixed.http, 'triton-http-endpoint') : freePort(),
    fixed.grpc ? fixedPort(fixed.grpc, 'triton-grpc-endpoint') : freePort(),
    fixed.metrics ? fixedPort(fixed.metrics, 'triton-metrics-url') : freePort(),
  ]);
  return { http, grpc, metrics };
}
