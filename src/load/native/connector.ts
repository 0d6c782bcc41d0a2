import type { Connect } from './connection.ts';
import { Http1Connection } from './http1/http1-connection.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import { GrpcConnection } from './library/grpc-connection.ts';
import { UndiciConnection } from './library/undici-connection.ts';
import type { EngineSettings } from './protocol.ts';
import { socketsTo } from './sockets.ts';

/** How a thread connects, and what the connections carry. */
export interface Connector {
  readonly connect: Connect;
  /** Requests at a time on one connection. */
  readonly capacity: number;
  readonly decoupled: boolean;
}

/** The connections of an engine. */
export function connectorOf(engine: EngineSettings): Connector {
  switch (engine.kind) {
    case 'http1': {
      const open = socketsTo(engine.endpoint, 'http/1.1');
      return single((events) => new Http1Connection(open, events));
    }
    case 'http2': {
      const { http2 } = engine;
      const open = socketsTo(engine.endpoint, 'h2');
      return {
        connect: (events) => new Http2Connection(open, http2, events),
        capacity: http2.capacity,
        decoupled: http2.streaming === 'decoupled',
      };
    }
    case 'undici':
      return single((events) => new UndiciConnection(engine, events));
    case 'grpc-js':
      return {
        ...single((events) => new GrpcConnection(engine.endpoint, engine.http2, events)),
        decoupled: engine.http2.streaming === 'decoupled',
      };
  }
}

const single = (connect: Connect): Connector => ({ connect, capacity: 1, decoupled: false });

/** The engine, in words. */
export function describeEngine(engine: EngineSettings): string {
  const over = engine.endpoint.tls ? ' over TLS' : '';
  switch (engine.kind) {
    case 'http1':
      return `HTTP/1.1 on raw sockets${over}`;
    case 'http2':
      return `gRPC on raw HTTP/2${over}`;
    case 'undici':
      return `HTTP through undici${engine.proxy ? ' and a proxy' : ''}${over}`;
    case 'grpc-js':
      return `gRPC through grpc-js${over}`;
  }
}
