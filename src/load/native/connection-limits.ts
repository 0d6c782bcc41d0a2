import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Endpoint } from '../../server/triton.ts';

/** Open files that a load needs beside its connections. */
const SPARE_FILES = 32;

/** What of this machine limits the connections to one server; undefined = not known. */
export interface ConnectionLimits {
  /** Files that may still be opened, and how many there may be in all. */
  readonly files: { readonly left: number; readonly most: number } | undefined;
  /** Ports that connections to one address can come from. */
  readonly ports: number | undefined;
}

/** Why so many connections at a time can't be made from here, and what to do; undefined when they can. */
export function whyTooMany(connections: number, { files, ports }: ConnectionLimits): string | undefined {
  if (files && connections + SPARE_FILES > files.left)
    return `${connections} connections need more open files than the ${files.most} that are allowed here: raise the limit with \`ulimit -n ${roundUp(connections + files.most - files.left + SPARE_FILES)}\`, or ask for fewer requests in flight`;
  if (ports !== undefined && connections > ports)
    return `${connections} connections to one server need more ports than the ${ports} of this machine (net.ipv4.ip_local_port_range): ask for fewer requests in flight`;
  return undefined;
}

/** A round number that is not below. */
const roundUp = (count: number): number => Math.ceil(count / 1024) * 1024;

/** The limits of this process. */
export function connectionLimits({ host }: Endpoint): ConnectionLimits {
  const most = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1];
  const range = /^(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range'));
  // Of a name it is not known how many addresses it has.
  const single = isIP(host) !== 0 || host === 'localhost';
  return {
    files: most === undefined ? undefined : { most: Number(most), left: Number(most) - openFiles() },
    ports: range && single ? Number(range[2]) - Number(range[1]) + 1 : undefined,
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
