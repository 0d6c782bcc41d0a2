import { connect } from 'node:net';
import type { Endpoint } from '../../server/triton.ts';
import type { OpenSocket } from './connection.ts';

const READ_BUFFER = 256 * 1024;

/** A TCP socket that reads into one buffer all its life. */
export const openTcp =
  ({ host, port }: Endpoint): OpenSocket =>
  (onRead) => {
    const buffer = Buffer.allocUnsafe(READ_BUFFER);
    return connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          onRead(buffer.subarray(0, bytes));
          return true;
        },
      },
    });
  };
