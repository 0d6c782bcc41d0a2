import type { ConnectionEvents } from './connection.ts';
import type { Connect } from './driver.ts';
import { Http1Connection } from './http1/http1-connection.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import type { EngineSettings } from './protocol.ts';
import { openTcp } from './sockets.ts';

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
    case 'http1':
      return {
        connect: (events: ConnectionEvents) => new Http1Connection(openTcp(engine.endpoint), events),
        capacity: 1,
        decoupled: false,
      };
    case 'http2': {
      const { http2 } = engine;
      return {
        connect: (events: ConnectionEvents) => new Http2Connection(openTcp(engine.endpoint), http2, events),
        capacity: http2.capacity,
        decoupled: http2.streaming === 'decoupled',
      };
    }
  }
}
