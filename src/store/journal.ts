import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, messageOf, userError } from '../errors.ts';
import { type Entry, foldEntries } from './entry.ts';
import { type Run, SCHEMA_VERSION } from './run.ts';

/** Where the journal of a checkpoint directory lies. */
export const journalPath = (checkpointDirectory: string): string =>
  join(checkpointDirectory, 'journal.jsonl');

/** A journal as read: its run, and what was wrong with it. */
export interface ReadJournal {
  readonly entries: readonly Entry[];
  readonly run: Run;
  /** A line each, for the user; lines that can't be read are left out of the run. */
  readonly warnings: readonly string[];
}

/**
 * Reads a journal; a missing one is empty.
 * @throws UserError when a newer tma wrote it.
 */
export function readJournal(path: string): ReadJournal {
  const entries: Entry[] = [];
  const warnings: string[] = [];
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const entry = parseEntry(line);
    if (entry?.kind === 'session' && entry.schemaVersion > SCHEMA_VERSION) {
      throw userError(
        `${path}:${index + 1}: written by a newer tma (schema ${entry.schemaVersion}, this one knows ${SCHEMA_VERSION})`,
        'use that tma, or another --checkpoint-directory',
      );
    }
    if (entry) entries.push(entry);
    else
      warnings.push(
        `${path}:${index + 1}: a line that was cut short is left out; its point is measured again`,
      );
  }
  return { entries, run: foldEntries(entries), warnings };
}

function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return typeof entry.kind === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The open journal of a run: every entry is on the disk before `append` returns, so that whatever ends tma takes
 * at most the point in flight along.
 */
export class Journal {
  readonly path: string;
  readonly warnings: readonly string[];
  readonly #entries: Entry[];
  readonly #descriptor: number;

  /** @throws UserError when the folder can't be written. */
  constructor(checkpointDirectory: string) {
    this.path = journalPath(checkpointDirectory);
    const before = readJournal(this.path);
    this.warnings = before.warnings;
    this.#entries = [...before.entries];
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#descriptor = openSync(this.path, 'a');
      // A line that was cut short must not swallow the next one.
      if (endsMidLine(this.path)) writeSync(this.#descriptor, '\n');
    } catch (error) {
      throw userError(`cannot write the journal ${this.path}: ${messageOf(error)}`, adviceFor(error));
    }
  }

  /** Everything so far, this session's and earlier ones'. */
  get run(): Run {
    return foldEntries(this.#entries);
  }

  /** @throws UserError when the disk does not take it; the entry is then kept in a file that the message names. */
  append(entry: Entry): void {
    const line = `${JSON.stringify(entry)}\n`;
    this.#entries.push(entry);
    try {
      writeFully(this.#descriptor, line);
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      // EINVAL: a device or pipe that can't be flushed has taken the line all the same.
      if (codeOf(error) === 'EINVAL') return;
      throw userError(
        `cannot write the journal ${this.path}: ${messageOf(error)}`,
        `${rescue(line)}; ${adviceFor(error)}, then run the same command again: it goes on where it stopped`,
      );
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function writeFully(descriptor: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

const adviceFor = (error: unknown): string =>
  codeOf(error) === 'ENOSPC'
    ? 'free some space on its disk'
    : 'name another folder with --checkpoint-directory';

/** Keeps a line that the journal could not take; answers where. */
function rescue(line: string): string {
  const file = join(tmpdir(), `tma-unsaved-${process.pid}.jsonl`);
  try {
    appendFileSync(file, line);
    return `what was just measured is kept in ${file} (append it to the journal)`;
  } catch {
    return `what was just measured: ${line.trim()}`;
  }
}

function endsMidLine(path: string): boolean {
  const text = readFileSync(path);
  return text.length > 0 && text.at(-1) !== 10;
}
