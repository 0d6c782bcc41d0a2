import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { TlsSettings } from '../config/experiment.ts';
import { messageOf, userError } from '../errors.ts';

/** TLS to one server, whose certificate is for a name. */
export interface EndpointTls extends TlsSettings {
  readonly serverName: string;
}

/** Contents of the files that settings name. @throws UserError when one can't be read. */
export function tlsFiles({ caFile, keyFile, certificateFile }: TlsSettings) {
  const read = (file: string | undefined): Buffer | undefined => {
    if (file === undefined) return undefined;
    try {
      return readFileSync(file);
    } catch (error) {
      throw userError(`TLS: cannot read ${file}: ${messageOf(error)}`);
    }
  };
  return { ca: read(caFile), key: read(keyFile), cert: read(certificateFile) };
}

/** How Node connects by TLS. */
export function tlsOptions(tls: EndpointTls): ConnectionOptions {
  const { ca, key, cert } = tlsFiles(tls);
  return {
    ...(ca && { ca }),
    ...(key && { key }),
    ...(cert && { cert }),
    rejectUnauthorized: tls.verifyPeer,
    ...(isIP(tls.serverName) === 0 && { servername: tls.serverName }),
    ...(!tls.verifyHost && { checkServerIdentity: () => undefined }),
  };
}
