import { hostname, networkInterfaces } from 'node:os';
import type { Endpoint } from '../../server/triton.ts';

/** Whether a server runs on this machine, as far as its address tells. */
export function sharesHost(endpoint: Endpoint | undefined): boolean {
  if (!endpoint) return true;
  const host = endpoint.host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (['localhost', '::1', '::', '0.0.0.0', hostname().toLowerCase()].includes(host)) return true;
  if (/^(::ffff:)?127\./.test(host)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === host),
  );
}
