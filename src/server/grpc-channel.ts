import { isIP } from 'node:net';
import { ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import { tlsFiles } from './tls.ts';
import type { Endpoint } from './triton.ts';

/** `host:port` as gRPC names it. */
export const grpcTarget = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** No limit on the size of messages: a model's files and batches of pictures are large. */
export const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
} as const;

/** How a channel to an endpoint is secured, and the channel's options that go with it. */
export function grpcCredentials({ tls }: Endpoint): {
  credentials: ChannelCredentials;
  options: Record<string, string>;
} {
  if (!tls) return { credentials: ChannelCredentials.createInsecure(), options: {} };
  const { ca, key, cert } = tlsFiles(tls);
  return {
    credentials: ChannelCredentials.createSsl(ca ?? null, key ?? null, cert ?? null, {
      rejectUnauthorized: tls.verifyPeer,
      ...(!tls.verifyHost && { checkServerIdentity: () => undefined }),
    }),
    // The endpoint is an address in numbers, and the certificate is for a name.
    options: isIP(tls.serverName) === 0 ? { 'grpc.ssl_target_name_override': tls.serverName } : {},
  };
}

/** A client of one endpoint; it connects with its first call. */
export function openChannel(endpoint: Endpoint, settings: ChannelOptions): Client {
  const { credentials, options } = grpcCredentials(endpoint);
  return new Client(grpcTarget(endpoint), credentials, { ...GRPC_OPTIONS, ...settings, ...options });
}
