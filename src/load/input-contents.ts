import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InputSource } from '../config/experiment.ts';

const PIECE = 2 ** 20;
/** Hashes by path, with what tells whether the file is still the same. */
const known = new Map<string, { readonly stamp: string; readonly hash: string }>();

/**
 * What the files of input data hold, as hashes: another content is another load, wherever it lies. What can't be read has
 * none; that is told when it is to be sent.
 */
export const contentsOf = (sources: readonly InputSource[]): string[] =>
  sources.flatMap((source) => ('path' in source ? hashOf(source.path) : []));

function hashOf(path: string): string {
  try {
    const found = statSync(path);
    if (found.isFile()) return hashOfFile(path, found);
    if (!found.isDirectory()) return '';
    const parts = readdirSync(path)
      .sort()
      .map((name) => [name, statSync(join(path, name)).isFile() ? hashOf(join(path, name)) : '']);
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  } catch {
    return '';
  }
}

function hashOfFile(path: string, { mtimeMs, size, ino }: Stats): string {
  const stamp = [mtimeMs, size, ino].join();
  const last = known.get(path);
  if (last?.stamp === stamp) return last.hash;
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
      hash.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  const found = hash.digest('hex').slice(0, 16);
  known.set(path, { stamp, hash: found });
  return found;
}
