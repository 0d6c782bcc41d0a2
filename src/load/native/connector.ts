import type { Connect } from './connection.ts';
import { Http1Connection } from './http1/http1-connection.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import type { EngineSettings } from './protocol.ts';
import { socketsTo } from './sockets.ts';

/** How a thread connects, and what the connections carry. */
export interface Connector {
  readonly connect: Connect;
  /** Requests at a time on one connection. */
  readonly capacity: number;
  readonly decoupled: boolean;
}

/** The connections of an engine; a library is loaded by the threads that use it. */
export async function connectorOf(engine: EngineSettings): Promise<Connector> {
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
    case 'undici': {
      const { UndiciConnection } = await import('./library/undici-connection.ts');
      return single((events) => new UndiciConnection(engine, events));
    }
    case 'grpc-js': {
      const { GrpcConnection } = await import('./library/grpc-connection.ts');
      return {
        ...single((events) => new GrpcConnection(engine.endpoint, engine.http2, events)),
        decoupled: engine.http2.streaming === 'decoupled',
      };
    }
  }
}

const single = (connect: Connect): Connector => ({ connect, capacity: 1, decoupled: false });
