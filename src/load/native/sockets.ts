import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tlsOptions } from '../../server/tls.ts';
import type { Endpoint } from '../../server/triton.ts';
import type { OpenSocket } from './connection.ts';

const READ_BUFFER = 256 * 1024;

/** Opens TCP or TLS sockets to an endpoint. TCP ones read into one buffer all their life. */
export function socketsTo(endpoint: Endpoint, protocol: 'http/1.1' | 'h2'): OpenSocket {
  const { host, port, tls } = endpoint;
  if (tls) {
    const options = { host, port, ALPNProtocols: [protocol], ...tlsOptions(tls) };
    return (onRead, onReady) => {
      const socket = connectTls(options, onReady);
      socket.setNoDelay(true);
      socket.on('data', onRead);
      return socket;
    };
  }
  return (onRead, onReady) => {
    const buffer = Buffer.allocUnsafe(READ_BUFFER);
    const onread = {
      buffer,
      callback: (bytes: number): boolean => {
        onRead(buffer.subarray(0, bytes));
        return true;
      },
    };
    return connect({ host, port, noDelay: true, onread }, onReady);
  };
}
