import type { EngineSettings } from './protocol.ts';

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
