import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { diskError, isFolder, statOf } from '../ground/paths.ts';

/** Of a file only this many bytes of its beginning and its end are hashed: a program's build id is among them. */
const ENDS_BYTES = 65_536;
/** Where a Triton has its version, library and backends: NVIDIA's folder, and that of `tma install triton`. */
const PARTS = [
  'TRITON_VERSION',
  'lib',
  'backends',
  'caches',
  'wheel/pytriton/tritonserver',
  'wheel/nvidia_pytriton.libs',
];

/**
 * A hash that changes when a tritonserver does: of the program and all that lies with it. A start script alone says
 * nothing, and a server's backends are most of it.
 * @param program the path of tritonserver.
 * @throws UserError when it can't be read.
 */
export function programHash(program: string): string {
  const real = realpathSync(program);
  const folder = dirname(dirname(real));
  // Beside a program in /usr/bin lies what is none of its own.
  const whole = isFolder(join(folder, 'backends'));
  return hashOf([real, ...(whole ? partsOf(folder) : [])]);
}

/** The same of an installation whose library is loaded. */
export const installationHash = (folder: string): string => hashOf(partsOf(folder));

/** What runs a program in the environment that an installation of `tma install triton` needs; undefined for any other. */
export const scriptIn = (installation: string): string | undefined => {
  const script = join(installation, 'environment');
  return statOf(script) ? script : undefined;
};

/** The same of the installation that a tritonserver belongs to. */
export const environmentScript = (program: string): string | undefined =>
  scriptIn(join(dirname(dirname(realpathSync(program))), 'c_api'));

const partsOf = (folder: string): string[] => PARTS.map((part) => join(folder, part));

function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) addAll(hash, path, '');
  return hash.digest('hex').slice(0, 16);
}

/** Adds a file, or every file below a folder, each by its place there, its size and its ends. */
function addAll(hash: Hash, path: string, place: string, above: readonly string[] = []): void {
  const there = statOf(path);
  if (there?.isDirectory()) {
    const real = realpathSync(path);
    if (above.includes(real)) return;
    for (const name of readdirSync(path).sort()) {
      // What Python compiled comes and goes.
      if (name !== '__pycache__') addAll(hash, join(path, name), `${place}/${name}`, [...above, real]);
    }
  } else if (there?.isFile()) {
    hash.update(`\n${place} ${there.size}\n`);
    for (const end of endsOf(path, there.size)) hash.update(end);
  }
}

function endsOf(path: string, size: number): Buffer[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const length = Math.min(size, ENDS_BYTES);
    const [head, tail] = [Buffer.alloc(length), Buffer.alloc(length)];
    readSync(descriptor, head, 0, length, 0);
    readSync(descriptor, tail, 0, length, size - length);
    return [head, tail];
  } catch (error) {
    throw diskError(`cannot read ${path}`, 'let yourself read it', error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
