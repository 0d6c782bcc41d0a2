import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type UserError, userError } from '../ground/errors.ts';
import { isFolder, onDisk, statOf } from '../ground/paths.ts';
import { counted } from '../ground/wording.ts';
import type { ComparedRun, Side } from '../record/comparison.ts';
import type { History } from '../record/history.ts';
import { complete, type StoredRecord } from '../record/one-model.ts';
import { parseResults } from '../record/results.ts';
import { loadedName, type Run, SCHEMA_VERSION, type Trial } from '../record/run.ts';
import { journalPath, readJournal } from './journal.ts';
import { type Checkpoint, readCheckpoint, readCheckpointFile } from './model-analyzer.ts';
import { sessionOf } from './read-recorded.ts';

/** A run to compare, and what was wrong with what it was read from. */
export interface ReadSide extends ComparedRun {
  readonly warnings: readonly string[];
}

/** Which session of a journal is meant. */
export interface WantedSession {
  /** When it began, or the beginning of that time (`2026-11-01`); `last`, or undefined: the last one. */
  readonly session?: string | undefined;
  /** The option by which it is asked for. */
  readonly flag: string;
}

/** The last session, by name. */
const LAST = 'last';
/** The folders that tma profile makes below the export path. */
const [CHECKPOINTS, RESULTS] = ['checkpoints', join('results', 'results.json')];

/**
 * Reads a run to compare: of a checkpoint directory or its journal, of a results.json, of a checkpoint of Model Analyzer's,
 * or of an export path that one of them lies below.
 * @throws UserError when it can't be read, nothing is recorded there, or there is no such session.
 */
export function readSide(path: string, wanted: WantedSession = { flag: '--session' }): ReadSide {
  const there = placeOf(path);
  if (there.kind === 'journal') return ofJournal(path, readJournal(there.file), wanted);
  if (wanted.session !== undefined && wanted.session !== LAST)
    throw userError(
      `${wanted.flag}: ${path} holds no sessions`,
      'name a checkpoint directory of tma profile',
    );
  return there.kind === 'results' ? ofResults(there.file) : ofModelAnalyzer(path, there.checkpoint);
}

/**
 * Reads two sessions of one journal: one, and the one that was measured before it.
 * @throws UserError when there are no two.
 */
export function readLastTwo(path: string, next: WantedSession = { flag: '--session' }): LastTwo {
  const there = placeOf(path);
  if (there.kind !== 'journal') {
    throw userError(`${path} holds one run alone`, 'name what to compare it with: tma compare BASE NEW');
  }
  const { base, new: after } = lastTwo(path, readJournal(there.file), next);
  if (!base) {
    throw userError(
      `nothing in ${there.file} was measured before the session ${after.side.session ?? ''}`.trim(),
      'name what to compare it with: tma compare BASE NEW',
    );
  }
  return { base, new: after };
}

/**
 * The same of the journal of a checkpoint directory; undefined where there is none, or nothing was measured before.
 * @throws UserError when there is no such session.
 */
export function findLastTwo(directory: string, session?: string): LastTwo | undefined {
  const file = journalPath(directory);
  if (!statOf(file)) return undefined;
  const journal = readJournal(file);
  if (journal.history.variants.length === 0) return undefined;
  const { base, new: after } = lastTwo(directory, journal, { session, flag: '--session' });
  return base && { base, new: after };
}

/** Two sessions of one journal, the later one and what was measured before it. */
export interface LastTwo {
  readonly base: ReadSide;
  readonly new: ReadSide;
}

function lastTwo(
  path: string,
  journal: ReturnType<typeof readJournal>,
  next: WantedSession,
): Partial<LastTwo> & Pick<LastTwo, 'new'> {
  const after = ofJournal(path, journal, next);
  const before = sessionBefore(journal.history, after.side.session);
  return before === undefined
    ? { new: after }
    : { base: ofRun(path, journal.history.runOf(before), []), new: after };
}

/**
 * Reads a run that one which is to begin is compared with, as `readSide` does; of the journal that this one will write, the
 * newest session that measured any of its models and that it will not go on with.
 * @param own the journal that the new run writes, its models, and the session there that it will go on with.
 * @throws UserError as `readSide`, and where there is no such session.
 */
export function readBefore(
  path: string,
  wanted: WantedSession,
  own: {
    readonly journal: string;
    readonly models: readonly string[];
    goesOnWith(history: History): string | undefined;
  },
): ReadSide {
  const nothingYet = (of: string): UserError =>
    userError(
      `nothing${of} is recorded in ${path} yet`,
      'the first run has nothing to compare with: leave it out there',
    );
  const isOwn = [path, join(path, CHECKPOINTS)].some(
    (folder) => resolve(folder) === dirname(resolve(own.journal)),
  );
  if (isOwn && !findPlace(path)) throw nothingYet('');
  const there = placeOf(path);
  const isNamed = wanted.session !== undefined && wanted.session !== LAST;
  if (isNamed || there.kind !== 'journal' || resolve(there.file) !== resolve(own.journal))
    return readSide(path, wanted);
  const { history, warnings } = readJournal(there.file);
  const isOfOwn = (trial: Trial): boolean => isMeasured(trial) && own.models.includes(loadedName(trial));
  const before = sessionBefore(history, own.goesOnWith(history) ?? null, isOfOwn);
  if (before === undefined) throw nothingYet(` of ${own.models.join(', ')}`);
  return ofRun(path, history.runOf(before), warnings);
}

type Place =
  | { readonly kind: 'journal'; readonly file: string }
  | { readonly kind: 'results'; readonly file: string }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint };

/** What lies at a path. @throws UserError where nothing does, or nothing is recorded there. */
function placeOf(path: string): Place {
  if (!statOf(path)) throw userError(`there is no ${path}`, WHAT);
  const place = findPlace(path);
  if (!place) throw userError(`nothing is recorded in ${path}`, WHAT);
  return place;
}

function findPlace(path: string): Place | undefined {
  if (!statOf(path)) return undefined;
  if (!isFolder(path)) {
    if (path.endsWith('.jsonl')) return { kind: 'journal', file: path };
    if (path.endsWith('.ckpt')) return { kind: 'checkpoint', checkpoint: readCheckpointFile(path) };
    return { kind: 'results', file: path };
  }
  for (const folder of [path, join(path, CHECKPOINTS)]) {
    if (statOf(journalPath(folder))) return { kind: 'journal', file: journalPath(folder) };
    const checkpoint = readCheckpoint(folder);
    if (checkpoint) return { kind: 'checkpoint', checkpoint };
  }
  for (const name of [RESULTS, 'results.json']) {
    if (statOf(join(path, name))) return { kind: 'results', file: join(path, name) };
  }
  return undefined;
}

const WHAT =
  "name a checkpoint directory of tma profile, a results.json, or a checkpoint of Model Analyzer's";

function ofJournal(
  path: string,
  { history, run, warnings }: ReturnType<typeof readJournal>,
  { session, flag }: WantedSession,
): ReadSide {
  if (history.variants.length === 0) throw userError(`nothing is recorded in ${path}`, WHAT);
  if (session === undefined || session === LAST) return ofRun(path, run, warnings);
  const { id, others } = sessionOf(history, session, flag);
  const which = `${flag} ${session} may be any of ${counted(others + 1, 'run')}: the newest of them, ${id}, is meant`;
  return ofRun(path, history.runOf(id), [...warnings, ...(others > 0 ? [which] : [])]);
}

function ofRun(path: string, run: Run, warnings: readonly string[]): ReadSide {
  const session = run.sessions.at(-1);
  const goals = run.sessions.toReversed().flatMap((item) => item.goals);
  return { run, goals, side: sideOf(path, 'journal', run, session?.id), warnings };
}

/** What is told of where a run was read from. */
export function sideOf(path: string, kind: Side['kind'], run: Run, session: string | undefined): Side {
  const server = run.servers.at(-1);
  return {
    path,
    kind,
    session: session ?? null,
    startedAt: run.sessions.at(-1)?.startedAt ?? firstMeasured(run) ?? null,
    environment: run.sessions.at(-1)?.environment ?? null,
    server: server && server.version !== 'unknown' ? `${server.name} ${server.version}` : null,
  };
}

const firstMeasured = ({ trials }: Run): string | undefined =>
  trials
    .flatMap(({ points }) =>
      points.flatMap((record) => (record.state === 'measured' ? [record.measurement.startedAt] : [])),
    )
    .sort()[0];

/**
 * The newest session before one that measured anything, and that this one does not go on with.
 * @param id of one that is there; null: one that is to begin.
 */
function sessionBefore(
  history: History,
  id: string | null,
  counts: (trial: Trial) => boolean = isMeasured,
): string | undefined {
  const all = history.sessions;
  const found = all.findIndex((session) => session.id === id);
  const at = found === -1 ? all.length : found;
  const goesOn = new Set<string>();
  for (let session = all[at]; session; session = all.find((other) => other.id === session!.continues)) {
    if (goesOn.has(session.id)) break;
    goesOn.add(session.id);
  }
  return all
    .slice(0, Math.max(0, at))
    .findLast(({ id: other }) => !goesOn.has(other) && history.runOf(other).trials.some(counts))?.id;
}

const isMeasured = ({ state }: Trial): boolean => state === 'measured';

/** As results.json has it: the marks follow from the measurement. */
type MarkedRecord = StoredRecord & { readonly marks?: unknown };

function ofResults(file: string): ReadSide {
  const text = onDisk(`cannot read ${file}`, WHAT, () => readFileSync(file, 'utf8'));
  const { sessions, servers, trials, models } = parseResults(text, file);
  const run = {
    schemaVersion: SCHEMA_VERSION,
    sessions,
    servers,
    trials: trials.map(({ points, ...trial }) => ({
      ...trial,
      points: (points as readonly MarkedRecord[]).map(({ marks: _, ...record }) =>
        complete(record as StoredRecord),
      ),
    })),
    searches: models.flatMap(({ search }) => search ?? []),
    // Which measurements drifted stands with them.
    drifts: models.flatMap(({ drift }) => (drift ? [{ ...drift, drifted: [] }] : [])),
  } as Run;
  const goals = models.map(({ model, objectives, constraints, prices }) => ({
    models: model.split(',') as [string, ...string[]],
    objectives,
    constraints: constraints.map(({ tag, bound, value }) => ({ tag, bound, value })),
    ...(prices && { prices }),
  }));
  return { run, goals, side: sideOf(file, 'results.json', run, sessions.at(-1)?.id), warnings: [] };
}

const ofModelAnalyzer = (path: string, { run, warnings }: Checkpoint): ReadSide => ({
  run,
  goals: [],
  side: sideOf(path, 'Model Analyzer', run, undefined),
  warnings,
});
