import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { TlsSettings } from '../config/experiment.ts';
import { messageOf, reasonOf, userError } from '../ground/errors.ts';

/** TLS to one server, whose certificate is for a name. */
export interface EndpointTls extends TlsSettings {
  readonly serverName: string;
}

/** Contents of the files that settings name, as PEM. @throws UserError when one can't be read or used. */
export function tlsFiles({ caFile, keyFile, certificateFile }: TlsSettings) {
  const files = {
    ca: read(caFile, certificateAsPem),
    key: read(keyFile, keyAsPem),
    cert: read(certificateFile, certificateAsPem),
  };
  try {
    createSecureContext(defined(files));
  } catch (error) {
    const names = [caFile, keyFile, certificateFile].filter((file) => file !== undefined).join(', ');
    throw userError(
      `TLS: ${names}: ${messageOf(error)}`,
      'certificates and keys are to be PEM or DER, and fit together',
    );
  }
  return files;
}

/** How Node connects by TLS. */
export function tlsOptions(tls: EndpointTls): ConnectionOptions {
  return {
    ...defined(tlsFiles(tls)),
    rejectUnauthorized: tls.verifyPeer,
    ...(isIP(tls.serverName) === 0 && { servername: tls.serverName }),
    ...(!tls.verifyHost && { checkServerIdentity: () => undefined }),
  };
}

function read(file: string | undefined, asPem: (der: Buffer) => string): Buffer | undefined {
  if (file === undefined) return undefined;
  let contents: Buffer;
  try {
    contents = readFileSync(file);
  } catch (error) {
    throw userError(`TLS: cannot read ${file}: ${reasonOf(error)}`);
  }
  // DER is binary, and begins with the tag of a sequence; PEM is text, whatever it begins with.
  if (contents[0] !== 0x30 || contents.includes('-----BEGIN')) return contents;
  try {
    return Buffer.from(asPem(contents));
  } catch (error) {
    throw userError(`TLS: ${file} is neither PEM nor DER: ${messageOf(error)}`);
  }
}

const certificateAsPem = (der: Buffer): string => new X509Certificate(der).toString();

/** Nothing in DER says which of the three forms of a key it has. */
function keyAsPem(der: Buffer): string {
  const forms = ['pkcs8', 'pkcs1', 'sec1'] as const;
  for (const type of forms) {
    try {
      return createPrivateKey({ key: der, format: 'der', type })
        .export({ format: 'pem', type: 'pkcs8' })
        .toString();
    } catch {
      // Another form, or none.
    }
  }
  throw new Error(`no private key of the forms ${forms.join(', ')}, unencrypted`);
}

const defined = <T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
