import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { codeOf, environmentError, messageOf, UserError } from '../../ground/errors.ts';
import type { Evidence } from '../evidence.ts';
import { classify, faultOfFailure } from '../failure.ts';

/** Where an engine answers, and who said so. */
export interface EngineAddress {
  /** `unix://PATH` or `tcp://HOST:PORT`. */
  readonly url: string;
  readonly saidBy: string;
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly certificates?: string;
}

export interface Engine {
  readonly docker: Docker;
  readonly address: EngineAddress;
  /** The host that the engine runs on; undefined = this machine. */
  readonly host: string | undefined;
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly exists: (path: string) => boolean;
}

const here = (): Surroundings => ({ env: process.env, home: homedir(), exists: existsSync });

/** The folder of Docker's own configuration. */
export const dockerConfigFolder = ({ env, home }: Pick<Surroundings, 'env' | 'home'> = here()): string =>
  env['DOCKER_CONFIG'] ?? join(home, '.docker');

/**
 * The engine that `docker` would use: DOCKER_HOST, the current context, else the first socket there is (Docker's,
 * a rootless Docker's, Podman's).
 * @throws UserError when there is none.
 */
export function locateEngine(surroundings: Surroundings = here()): EngineAddress {
  const { env, home, exists } = surroundings;
  const folder = dockerConfigFolder(surroundings);
  if (env['DOCKER_HOST']) {
    const certificates = env['DOCKER_CERT_PATH'] ?? (env['DOCKER_TLS_VERIFY'] ? folder : undefined);
    return { url: env['DOCKER_HOST'], saidBy: 'DOCKER_HOST', ...(certificates && { certificates }) };
  }
  const context = env['DOCKER_CONTEXT'] ?? currentContext(folder);
  if (context && context !== 'default') return engineOfContext(folder, context);
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
  const sockets = [
    '/var/run/docker.sock',
    join(runtime, 'docker.sock'),
    join(home, '.docker', 'run', 'docker.sock'),
    join(runtime, 'podman', 'podman.sock'),
    '/run/podman/podman.sock',
  ];
  const socket = sockets.find(exists);
  if (socket) return { url: `unix://${socket}`, saidBy: socket };
  throw environmentError(
    `no Docker engine found: no DOCKER_HOST, no context, and none of ${sockets.join(', ')}`,
    'start Docker or Podman (its socket: `systemctl --user start podman.socket`), or set DOCKER_HOST',
  );
}

function currentContext(folder: string): string | undefined {
  return readJson<{ currentContext?: string }>(join(folder, 'config.json'))?.currentContext;
}

function engineOfContext(folder: string, name: string): EngineAddress {
  const hash = createHash('sha256').update(name).digest('hex');
  const meta = readJson<{ Endpoints?: { docker?: { Host?: string } } }>(
    join(folder, 'contexts', 'meta', hash, 'meta.json'),
  );
  const url = meta?.Endpoints?.docker?.Host;
  if (!url) throw environmentError(`the Docker context "${name}" is not there`, 'see `docker context ls`');
  const certificates = join(folder, 'contexts', 'tls', hash, 'docker');
  return { url, saidBy: `context ${name}`, ...(existsSync(certificates) && { certificates }) };
}

/** A JSON file's content; undefined when there is none or it is none. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** A client of the engine; nothing is sent yet. */
export function connect(address: EngineAddress): Engine {
  const { url, certificates } = address;
  if (url.startsWith('unix://')) {
    return { docker: new Docker({ socketPath: url.slice('unix://'.length) }), address, host: undefined };
  }
  const match = /^(tcp|http|https):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(url);
  if (!match) {
    throw environmentError(
      `the engine's address ${url} (${address.saidBy}) can't be used`,
      url.startsWith('ssh:')
        ? 'an engine behind SSH sees neither this machine’s models nor its ports: run tma there, or use --triton-launch-mode remote'
        : 'expected unix://PATH or tcp://HOST:PORT',
    );
  }
  const secure = certificates !== undefined || match[1] === 'https';
  const host = match[2]!.replace(/^\[|\]$/g, '');
  const docker = new Docker({
    host,
    port: Number(match[3] ?? (secure ? 2376 : 2375)),
    protocol: secure ? 'https' : 'http',
    ...(certificates && {
      ca: readFileSync(join(certificates, 'ca.pem')),
      cert: readFileSync(join(certificates, 'cert.pem')),
      key: readFileSync(join(certificates, 'key.pem')),
    }),
  });
  const own = ['localhost', '127.0.0.1', '::1'].includes(host);
  return { docker, address, host: own ? undefined : host };
}

/** What an engine refused, as one clear message with the way out. */
export function engineError(doing: string, step: Evidence['step'], error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { kind, cause, advice } = classify({ step, message: engineMessage(error), log: [] });
  return new UserError({ message: `${doing}: ${kind}: ${cause}`, hint: advice, fault: faultOfFailure(kind) });
}

/** The engine's own words, without the client's around them. */
export function engineMessage(error: unknown): string {
  const json = (error as { json?: { message?: string } }).json?.message;
  // Several addresses that all failed come as one error without a message.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const text = json ?? messageOf(first).replace(/^\(HTTP code \d+\) [^-]*- /, '');
  return text.trim() || codeOf(first) || 'no answer';
}
