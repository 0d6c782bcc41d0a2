import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JOURNAL } from '../config/layout.ts';
import { codeOf, messageOf, UserError, userError } from '../ground/errors.ts';
import { diskFault, onDisk } from '../ground/paths.ts';
import { counted } from '../ground/wording.ts';
import { firstFew } from '../record/checks.ts';
import type { Entry } from '../record/entry.ts';
import { commandToGoOn } from '../record/go-on.ts';
import { History } from '../record/history.ts';
import { type Line, LineReader, lineOf } from '../record/line.ts';
import { type Run, SCHEMA_VERSION } from '../record/run.ts';
import { endLastLine, linesOf } from './lines.ts';
import { Rescue } from './rescue.ts';

const OTHER_FOLDER = 'name another folder with --checkpoint-directory';

/** Where the journal of a checkpoint directory lies. */
export const journalPath = (checkpointDirectory: string): string => join(checkpointDirectory, JOURNAL);

/** A journal as read: its run, and what was wrong with it. */
export interface ReadJournal {
  readonly history: History;
  /** What the last session tells. */
  readonly run: Run;
  /** A line each, for the user; lines that can't be read are left out of the run. */
  readonly warnings: readonly string[];
  /** Whether tma wrote it, or nobody yet. */
  readonly isOurs: boolean;
}

/**
 * Reads a journal; a missing one is empty. A line that says nothing is named, counted and left out.
 * @throws UserError when it is no file that can be read, and when a newer tma wrote it.
 */
export function readJournal(path: string): ReadJournal {
  const entries: Entry[] = [];
  const history = new History();
  const bad: string[] = [];
  /** Where in `bad` stand those of which the next entry says what they were. */
  let unclear: { at: number; place: string }[] = [];
  const reader = new LineReader();
  let begunAsOurs = false;
  for (const { number, text } of linesOf(path, 'the journal')) {
    if (text?.trim() === '') continue;
    begunAsOurs ||= text?.startsWith('{"kind":"') === true;
    const line: Line =
      text === undefined ? { kind: 'wrong', why: 'it is too long', begins: 'no' } : reader.read(text);
    const place = `${path}:${number}`;
    refuseNewer(line, text, place);
    if (line.kind === 'entry') {
      entries.push(line.entry);
      const hasBegun = history.add(line.entry) && line.entry.kind !== 'session';
      if (hasBegun) for (const { at, place } of unclear) bad[at] = `${place}: ${CUT}; ${BEGUN}`;
      unclear = [];
      continue;
    }
    if (line.kind !== 'unknown') history.addUnreadable(line.begins);
    if (line.kind === 'cut' && line.begins === 'maybe') unclear.push({ at: bad.length, place });
    bad.push(`${place}: ${whyLeftOut(line)}`);
  }
  const warnings = [
    ...firstFew(bad, (left) => `${path}: ${counted(left, 'more line')} of that kind, ${bad.length} in all`),
    ...orphans(path, entries),
  ];
  const isOurs = entries.length > 0 || bad.length === 0 || begunAsOurs;
  return { history, run: history.runOf(), warnings, isOurs };
}

const CUT = 'a line that was cut short is left out';
const BEGUN =
  'a session may have begun there, so what follows it is taken for one of its own, of which only the figures are known';

function whyLeftOut(line: Exclude<Line, { kind: 'entry' }>): string {
  switch (line.kind) {
    case 'cut':
      if (line.begins === 'yes') return `${CUT}; ${BEGUN}`;
      return `${CUT}; ${line.begins === 'no' ? 'its point' : 'what it may have been'} is measured again`;
    case 'unknown':
      return `an entry of the kind ${JSON.stringify(line.what.slice(0, 40))}, which this tma does not know, is left out: a newer one may have written it`;
    case 'wrong':
      return line.begins === 'yes'
        ? `the beginning of a session that can't be read is left out; what follows it is a session of its own, of which only the figures are known (${line.why})`
        : `a line that is no entry of a journal is left out; what it may have been is measured again (${line.why})`;
  }
}

/** The same names may mean something else in a later schema. */
function refuseNewer(line: Line, text: string | undefined, place: string): void {
  const version =
    line.kind === 'entry' && line.entry.kind === 'session'
      ? line.entry.schemaVersion
      : Number(/^\{"kind":"session","schemaVersion":(\d+)[,}]/.exec(text ?? '')?.[1] ?? 0);
  if (version <= SCHEMA_VERSION) return;
  throw userError(
    `${place}: written by a newer tma (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    'use that tma, or another --checkpoint-directory',
  );
}

/** Measurements whose variant is not there say nothing: the line of the variant was left out. */
function orphans(path: string, entries: readonly Entry[]): string[] {
  const known = new Set(entries.flatMap((entry) => (entry.kind === 'variant' ? [entry.key] : [])));
  const lost = entries.filter(
    (entry) => (entry.kind === 'point' || entry.kind === 'end') && !known.has(entry.variant),
  );
  return lost.length > 0
    ? [`${path}: ${counted(lost.length, 'line')} of variants that are not in it left out`]
    : [];
}

/**
 * The open journal of a run: every entry is on the disk before `append` returns, so that whatever ends tma takes
 * at most the point in flight along.
 */
export class Journal {
  readonly path: string;
  /** Everything so far, this session's and earlier ones'. */
  readonly history: History;
  readonly warnings: readonly string[];
  readonly #descriptor: number;
  readonly #rescue: Rescue;
  /** Why it takes no more. */
  #failure: unknown;

  /** @throws UserError when it can't be written, or is a file that tma did not write. */
  constructor(checkpointDirectory: string) {
    this.path = journalPath(checkpointDirectory);
    const before = readJournal(this.path);
    if (!before.isOurs) {
      throw userError(`${this.path} is no journal of tma's, and is not written to`, OTHER_FOLDER);
    }
    this.warnings = before.warnings;
    this.history = before.history;
    this.#rescue = new Rescue(this.path);
    this.#descriptor = onDisk(`cannot write the journal ${this.path}`, OTHER_FOLDER, () => {
      mkdirSync(dirname(this.path), { recursive: true });
      const descriptor = openSync(this.path, 'a');
      endLastLine(this.path, (text) => new LineReader().read(text).kind === 'entry');
      return descriptor;
    });
  }

  /** What the session at hand tells so far. */
  get run(): Run {
    return this.history.runOf();
  }

  /** @throws UserError when the disk does not take it; the entry is then kept in a file that the message names. */
  append(entry: Entry): void {
    const line = `${lineOf(entry)}\n`;
    this.history.add(entry);
    // What comes after a line that is kept elsewhere goes there, too: their order says what belongs to what.
    if (this.#failure !== undefined) throw this.#kept(line);
    const { size } = fstatSync(this.#descriptor);
    try {
      writeFully(this.#descriptor, line);
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      // EINVAL: a file system that can't flush has taken the line all the same.
      if (codeOf(error) === 'EINVAL') return;
      this.#failure = error;
      // Half a line would join whatever is appended next.
      truncate(this.#descriptor, size);
      throw this.#kept(line);
    }
  }

  #kept(line: string): Error {
    const advice = codeOf(this.#failure) === 'ENOSPC' ? 'free some space on its disk' : OTHER_FOLDER;
    return new UserError({
      message: `cannot write the journal ${this.path}: ${messageOf(this.#failure)}`,
      hint: `${this.#rescue.keep(line)}; ${advice}; then ${commandToGoOn(this.history.lastSession)} goes on where it stopped`,
      fault: diskFault(this.#failure, 'write'),
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function writeFully(descriptor: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function truncate(descriptor: number, size: number): void {
  try {
    ftruncateSync(descriptor, size);
  } catch {
    // The next one who opens it ends the line.
  }
}
