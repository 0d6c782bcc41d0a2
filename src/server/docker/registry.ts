import { join } from 'node:path';
import { execute } from '../../ground/execute.ts';
import { dockerConfigFolder, readJson } from './engine.ts';

/** What the engine needs to pull from a registry that wants a login. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

const HUB = 'https://index.docker.io/v1/';

/** The registry that an image comes from, as Docker's configuration calls it. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : HUB;
}

/** The credentials that `docker login` left for an image's registry; undefined when there are none. */
export async function credentialsFor(
  image: string,
  folder = dockerConfigFolder(),
): Promise<Credentials | undefined> {
  const registry = registryOf(image);
  const config = readJson<DockerConfig>(join(folder, 'config.json'));
  const helper = config?.credHelpers?.[registry] ?? config?.credsStore;
  if (helper) {
    const kept = await askHelper(helper, registry);
    if (kept) return kept;
  }
  const entry = config?.auths?.[registry] ?? config?.auths?.[`https://${registry}`];
  if (entry?.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: registry };
  if (!entry?.auth) return undefined;
  const [username = '', ...password] = Buffer.from(entry.auth, 'base64').toString('utf8').split(':');
  return { username, password: password.join(':'), serveraddress: registry };
}

/** Docker's protocol of credential helpers: the registry on stdin, JSON on stdout. */
async function askHelper(helper: string, registry: string): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(helper)) return undefined;
  const answer = await execute(`docker-credential-${helper}`, ['get'], {
    input: registry,
    reject: false,
    timeout: 30_000,
  });
  if (answer.failed) return undefined;
  const { Username, Secret } = JSON.parse(answer.stdout) as { Username: string; Secret: string };
  return Username === '<token>'
    ? { identitytoken: Secret, serveraddress: registry }
    : { username: Username, password: Secret, serveraddress: registry };
}
