import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { diskError, statOf } from '../ground/paths.ts';
import { filesOfModel } from './files.ts';

/**
 * Hash of the names and contents of all files below a model's folder, the top config.pbtxt and caches left out.
 * @throws UserError when they can't be read.
 */
export async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of filesOfModel(folder)) await add(hash, folder, name);
  return hash.digest('hex').slice(0, 16);
}

/** Hash of the models in these folders: of their files, and their config.pbtxt. */
export async function fingerprintOfAll(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    hash.update(`\n${await fingerprintOf(folder)}\n`);
    if (statOf(join(folder, 'config.pbtxt'))?.isFile()) await add(hash, folder, 'config.pbtxt');
  }
  return hash.digest('hex').slice(0, 16);
}

async function add(hash: Hash, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  hash.update(`\n${name}\n`);
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { end: false });
  } catch (error) {
    throw diskError(`cannot read ${path}`, 'let yourself read it', error);
  }
}
