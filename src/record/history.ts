import type { Entry } from './entry.ts';
import { nameOfModels } from './goal.ts';
import { isSamePoint } from './load-point.ts';
import {
  type PointRecord,
  type Run,
  SCHEMA_VERSION,
  type SearchRecord,
  type ServerRecord,
  type Session,
  type StepTimes,
  type Trial,
  type TrialEnd,
  type VariantRecord,
} from './run.ts';

/** A measurement of a point. */
export type Measured = Extract<PointRecord, { state: 'measured' }>;

/** What one session wrote down. */
interface Chapter {
  /** undefined: lines that stand before any session. */
  readonly session: Session | undefined;
  readonly servers: ServerRecord[];
  /** Keys of the variants that it wanted. */
  readonly wanted: Set<string>;
  /** By the key of their variant, in order. */
  readonly points: Map<string, PointRecord[]>;
  readonly ends: Map<string, TrialEnd[]>;
  /** By the key of a variant and that of a point: the session that measured it. */
  readonly taken: Map<string, Map<string, string>>;
  /** By model. */
  readonly searches: Map<string, SearchRecord>;
}

/** Everything that a journal tells, session by session. */
export class History {
  readonly #chapters: Chapter[] = [];
  /** By key, in the order in which they were last wanted. */
  readonly #variants = new Map<string, VariantRecord>();

  constructor(entries: readonly Entry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  add(entry: Entry): void {
    if (entry.kind === 'session') {
      const { kind: _, schemaVersion: __, ...session } = entry;
      this.#chapters.push(newChapter(session));
      return;
    }
    if (this.#chapters.length === 0) this.#chapters.push(newChapter(undefined));
    const chapter = this.#chapters.at(-1)!;
    switch (entry.kind) {
      case 'server':
        chapter.servers.push({ name: entry.name, version: entry.version, gpus: entry.gpus });
        break;
      case 'variant': {
        const { kind: _, ...variant } = entry;
        this.#variants.delete(entry.key);
        this.#variants.set(entry.key, variant);
        chapter.wanted.add(entry.key);
        break;
      }
      case 'point':
        listOf(chapter.points, entry.variant).push(entry.record);
        break;
      case 'taken':
        chapter.taken.set(
          entry.variant,
          (chapter.taken.get(entry.variant) ?? new Map<string, string>()).set(entry.key, entry.from),
        );
        break;
      case 'end':
        listOf(chapter.ends, entry.variant).push(entry.end);
        break;
      case 'search': {
        const { kind: _, ...search } = entry;
        chapter.searches.set(nameOfModels(entry.models), search);
        break;
      }
    }
  }

  /** In order. */
  get sessions(): readonly Session[] {
    return this.#chapters.flatMap(({ session }) => session ?? []);
  }

  /** The variants, in the order in which they were last wanted. */
  get variants(): readonly VariantRecord[] {
    return [...this.#variants.values()];
  }

  /** What a session came to for each model. */
  searchesOf(id: string): readonly SearchRecord[] {
    return [...(this.#chapters[this.#at(id)]?.searches.values() ?? [])];
  }

  /**
   * What is known of a point when a session begins, by the newest session that measured it, and which that was.
   * @param besides sessions that are not asked.
   */
  newest(
    variant: string,
    key: string,
    besides: ReadonlySet<string | undefined> = new Set(),
  ): { readonly from: string; readonly records: readonly Measured[] } | undefined {
    for (const { session } of this.#chapters.toReversed()) {
      if (besides.has(session?.id)) continue;
      const chain = this.#chain(session?.id).filter((chapter) => !besides.has(chapter.session?.id));
      const records = chain.flatMap((chapter) => measuredIn(chapter, variant, key));
      if (records.length > 0) return { from: session?.id ?? '', records };
    }
    return undefined;
  }

  /** The ids of a session and of those that it goes on with. */
  chainOf(id: string): ReadonlySet<string | undefined> {
    return new Set(this.#chain(id).map(({ session }) => session?.id));
  }

  /** What a session and those that it goes on with measured of a point. */
  measured(id: string, variant: string, key: string): readonly Measured[] {
    return this.#chain(id).flatMap((chapter) => measuredIn(chapter, variant, key));
  }

  /**
   * The run that a session tells: what it measured, and what it took over. Figures of different sessions are never one,
   * unless one went on with the other.
   * @param id of the session; absent: the last.
   */
  runOf(id: string | undefined = this.sessions.at(-1)?.id): Run {
    const at = id === undefined ? this.#chapters.length - 1 : this.#at(id);
    const upTo = this.#chapters.slice(0, at + 1);
    return {
      schemaVersion: SCHEMA_VERSION,
      sessions: upTo.flatMap(({ session }) => session ?? []),
      servers: upTo.flatMap(({ servers }) => servers),
      trials: this.#trials(this.#chain(id), upTo, upTo.at(-1)?.session?.takesAll === true),
      searches: [...(upTo.at(-1)?.searches.values() ?? [])],
    };
  }

  /** Everything that was ever measured, each point by the newest session that did. */
  whole(): Run {
    const chapters = this.#chapters;
    return {
      schemaVersion: SCHEMA_VERSION,
      sessions: this.sessions,
      servers: chapters.flatMap(({ servers }) => servers),
      trials: this.#trials(chapters.slice(-1), chapters, true),
      searches: [...new Map(chapters.flatMap(({ searches }) => [...searches])).values()],
    };
  }

  #at(id: string): number {
    return this.#chapters.findIndex(({ session }) => session?.id === id);
  }

  /** The chapters of a session and of those that it goes on with, oldest first. */
  #chain(id: string | undefined): Chapter[] {
    const chain: Chapter[] = [];
    for (let next = id, at = this.#chapters.length; ; ) {
      const found = this.#chapters.findLastIndex(({ session }, index) => index < at && session?.id === next);
      if (found < 0) return chain;
      chain.unshift(this.#chapters[found]!);
      next = this.#chapters[found]!.session?.continues;
      if (next === undefined) return chain;
      at = found;
    }
  }

  #trials(chain: readonly Chapter[], upTo: readonly Chapter[], all: boolean): Trial[] {
    return this.variants.flatMap((variant) => this.#trial(variant, chain, upTo, all) ?? []);
  }

  #trial(
    variant: VariantRecord,
    chain: readonly Chapter[],
    upTo: readonly Chapter[],
    all: boolean,
  ): Trial | undefined {
    const { key } = variant;
    const sources = all ? upTo : chain;
    if (!sources.some(({ wanted }) => wanted.has(key))) return undefined;
    const points = settled(chain.flatMap((chapter) => chapter.points.get(key) ?? []));
    const taken = all ? this.#everything(key, upTo) : this.#taken(key, chain);
    const own = new Set(points.flatMap((record) => (record.state === 'measured' ? [record.key] : [])));
    const others = taken.filter((record) => record.state === 'skipped' || !own.has(record.key));
    const records = settled([...others, ...points]);
    const ends = sources.flatMap((chapter) => chapter.ends.get(key) ?? []);
    const last = ends.length > 0 ? ends : upTo.flatMap((chapter) => chapter.ends.get(key) ?? []).slice(-1);
    return toTrial(variant, records, last);
  }

  /** What sessions of a chain took over of a variant. */
  #taken(variant: string, chain: readonly Chapter[]): PointRecord[] {
    return chain.flatMap(({ taken }) =>
      [...(taken.get(variant) ?? [])].flatMap(([key, from]) =>
        this.measured(from, variant, key).map(asTaken),
      ),
    );
  }

  /** Every point of a variant by the newest session that measured it, and the last word on the others. */
  #everything(variant: string, upTo: readonly Chapter[]): PointRecord[] {
    const newest = new Map<string, PointRecord[]>();
    const others: PointRecord[] = [];
    for (const chapter of upTo) {
      const records = chapter.points.get(variant) ?? [];
      for (const [key, list] of Map.groupBy(records.filter(isMeasured), (record) => record.key)) {
        const isOn = chapter.session?.continues !== undefined;
        newest.set(key, isOn ? [...(newest.get(key) ?? []), ...list] : list);
      }
      others.push(...records.filter((record) => !isMeasured(record)));
    }
    return settled([...others, ...[...newest.values()].flat()]);
  }
}

const newChapter = (session: Session | undefined): Chapter => ({
  session,
  servers: [],
  wanted: new Set(),
  points: new Map(),
  ends: new Map(),
  taken: new Map(),
  searches: new Map(),
});

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

const isMeasured = (record: PointRecord): record is Measured => record.state === 'measured';

const measuredIn = ({ points }: Chapter, variant: string, key: string): Measured[] =>
  (points.get(variant) ?? []).filter(isMeasured).filter((record) => record.key === key);

/** A measurement as a session has it that did not make it. */
export const asTaken = (record: Measured): Measured => ({
  ...record,
  measurement: { ...record.measurement, takenOver: true },
});

/** What stands in the end: every measurement of a point, or else the latest word on it. */
function settled(records: readonly PointRecord[]): PointRecord[] {
  const points = new Map<string, PointRecord[]>();
  for (const record of records) {
    const id = pointId(record);
    points.set(id, [...(points.get(id) ?? []).filter(isMeasured), record]);
    if (record.state !== 'skipped') unskip(points, record);
  }
  return [...points.values()].flat();
}

/** A point that was skipped once and tried later is not skipped any more. */
function unskip(points: Map<string, PointRecord[]>, tried: Exclude<PointRecord, { state: 'skipped' }>): void {
  const point = tried.state === 'measured' ? tried.measurement.point : tried.point;
  for (const [id, [record]] of points) {
    if (record?.state !== 'skipped') continue;
    const rest = record.points.filter((other) => !isSamePoint(other, point));
    if (rest.length === 0) points.delete(id);
    else if (rest.length < record.points.length) points.set(id, [{ ...record, points: rest }]);
  }
}

const pointId = (record: PointRecord): string =>
  record.state === 'skipped' ? `skipped: ${record.reason}` : record.key;

function toTrial(variant: VariantRecord, points: readonly PointRecord[], ends: readonly TrialEnd[]): Trial {
  const end = ends.length > 0 ? ends.reduce(withStepsOf) : undefined;
  return {
    ...variant,
    state: stateOf(points, end),
    points,
    end,
    ...(ends.length > 1 && { starts: ends.length }),
  };
}

/** How a variant's last trial ended, with the time that all of them took. */
function withStepsOf(before: TrialEnd, end: TrialEnd): TrialEnd {
  const names = Object.keys(end.steps) as (keyof StepTimes)[];
  const sums = names.map((name) => [name, end.steps[name] + before.steps[name]]);
  return { ...end, steps: Object.fromEntries(sums) as unknown as StepTimes };
}

/** What became of a configuration with these points. */
function stateOf(points: readonly PointRecord[], end: TrialEnd | undefined): Trial['state'] {
  if (points.some(({ state }) => state === 'measured')) return 'measured';
  const failed = end?.cause !== undefined || points.some(({ state }) => state === 'failed');
  return failed ? 'failed' : 'skipped';
}

/** A trial with those of its points alone that `belongs` says; undefined where nothing is left that was measured. */
export function trialOf(trial: Trial, belongs: (record: PointRecord) => boolean): Trial | undefined {
  const points = trial.points.filter(belongs);
  if (points.length === 0 && trial.points.length > 0) return undefined;
  return { ...trial, points, state: stateOf(points, trial.end) };
}
