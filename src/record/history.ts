import {
  type Chapter,
  chainOf,
  driftsOf,
  everythingOf,
  isEmpty,
  isThere,
  mayFollow,
  measuredBy,
  newChapter,
  newestOf,
  wantedIn,
} from './chapter.ts';
import { markDrifted } from './drifted.ts';
import type { Entry } from './entry.ts';
import { nameOfModels } from './goal.ts';
import type { Begins } from './line.ts';
import {
  loadedName,
  type PointRecord,
  type Run,
  SCHEMA_VERSION,
  type SearchRecord,
  type Session,
  type Trial,
  tellingOf,
  type VariantRecord,
} from './run.ts';
import { asTaken, isMeasured, type Measured, settled, toTrial } from './told-trial.ts';

/** What a session says after its beginning. */
type Told = Exclude<Entry, { kind: 'session' }>;

/** What a session is called whose beginning can't be read. */
const NO_NAME = '';

/**
 * Everything that a journal tells, session by session. Of a session whose beginning can't be read nothing is known but
 * what it measured: that is not joined with what others did, and is found where it is looked for.
 */
export class History {
  readonly #chapters: Chapter[] = [];
  /** Lines since the last entry that can't be read, from the first on that may have been the beginning of a session. */
  #unclear = 0;
  /** Whether the last chapter holds such a line, and might go on in what is of another session after all. */
  #isDoubtful = false;

  constructor(entries: readonly Entry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  /** Returns whether a session begins with it, or seems to have begun before it, in what can't be read. */
  add(entry: Entry): boolean {
    const unclear = this.#unclear;
    this.#unclear = 0;
    if (entry.kind === 'session') {
      const { kind: _, schemaVersion: __, ...session } = entry;
      this.#begin(session);
      return true;
    }
    const open = this.#chapters.at(-1);
    // After its search a session says no more of a model: what does is of one whose beginning is not there at all.
    const isOver = entry.kind === 'variant' && open?.searches.has(loadedName(entry));
    const begins = !open || isOver === true || !this.#isOfSame(open, entry, unclear);
    if (begins) this.#begin(undefined);
    else if (unclear > 0) this.#isDoubtful = true;
    this.#tell(entry);
    return begins;
  }

  #tell(entry: Told): void {
    const chapter = this.#chapters.at(-1)!;
    switch (entry.kind) {
      case 'server':
        chapter.servers.push({ name: entry.name, version: entry.version, gpus: entry.gpus });
        break;
      case 'variant': {
        const { kind: _, ...variant } = entry;
        chapter.variants.delete(entry.key);
        chapter.variants.set(entry.key, variant);
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
      case 'drift': {
        const { kind: _, ...drift } = entry;
        chapter.drifts.set(nameOfModels(entry.models), drift);
        break;
      }
    }
  }

  /** To be called for a line that can't be read. Where it may have begun a session, the next entry decides. */
  addUnreadable(begins: Begins): void {
    if (begins === 'maybe' || this.#unclear > 0) this.#unclear++;
    if (begins !== 'yes') return;
    this.#unclear = 0;
    this.#begin(undefined);
  }

  /** Whether an entry is of the session that was open before lines of which it is not clear what they were. */
  #isOfSame(open: Chapter, entry: Told, unclear: number): boolean {
    if (unclear > 0 && !(unclear === 1 && mayFollow(open, entry))) return false;
    return !((unclear > 0 || this.#isDoubtful) && isThere(open, entry));
  }

  #begin(session: Session | undefined): void {
    this.#isDoubtful = false;
    const last = this.#chapters.at(-1);
    if (last && isEmpty(last)) this.#chapters.pop();
    const at = this.#chapters.length;
    const before = session?.continues === undefined ? undefined : this.#continued(session.continues);
    this.#chapters.push(newChapter({ session, at, before }));
  }

  /** The chapter that a session goes on with: its name is not found where its beginning can't be read. */
  #continued(id: string): Chapter | undefined {
    const last = this.#chapters.at(-1);
    return this.#find(id) ?? (last?.session === undefined ? last : undefined);
  }

  #find(id: string): Chapter | undefined {
    return this.#chapters.findLast(({ session }) => session?.id === id);
  }

  /** The last that holds anything. */
  get #last(): Chapter | undefined {
    return this.#chapters.findLast((chapter) => !isEmpty(chapter));
  }

  /** In order. */
  get sessions(): readonly Session[] {
    return this.#chapters.flatMap(({ session }) => session ?? []);
  }

  /** The last session; undefined where there is none, or its beginning can't be read. */
  get lastSession(): Session | undefined {
    return this.#last?.session;
  }

  /** The variants as they were last named, in the order in which they were last wanted. */
  get variants(): readonly VariantRecord[] {
    return [...wantedIn(this.#chapters).values()];
  }

  /** Whether a session, or one that it goes on with, was to measure everything anew. */
  isFresh(id: string): boolean {
    return chainOf(this.#find(id)).some(({ session }) => session?.fresh === true);
  }

  /** What a session came to for each model. */
  searchesOf(id: string): readonly SearchRecord[] {
    return [...(this.#find(id)?.searches.values() ?? [])];
  }

  /**
   * When a session, and those that it goes on with, measured first and last, ms since 1970: the beginning of the first
   * measurement and the end of the last one; both are when the session began where nothing was measured.
   */
  spanOf(id: string): { readonly fromMs: number; readonly toMs: number } {
    const chain = chainOf(this.#find(id));
    const begunMs = Date.parse(chain.at(-1)?.session?.startedAt ?? '');
    const made = chain
      .flatMap(({ points }) => [...points.values()].flat())
      .filter(isMeasured)
      .map(({ measurement: { startedAt, warmupS, durationS } }) => {
        const fromMs = Date.parse(startedAt);
        return { fromMs, toMs: fromMs + (warmupS + durationS) * 1000 };
      });
    return {
      fromMs: made.reduce((least, { fromMs }) => Math.min(least, fromMs), begunMs),
      toMs: made.reduce((most, { toMs }) => Math.max(most, toMs), begunMs),
    };
  }

  /**
   * What is known of a point when a session begins, by the newest session that measured it, and which that was: nothing
   * where all that this one measured drifted.
   * @param besides a session that is not asked, nor are those that it goes on with.
   */
  newest(
    variant: string,
    key: string,
    besides?: string,
  ): { readonly from: string; readonly records: readonly Measured[] } | undefined {
    const left = new Set(besides === undefined ? [] : chainOf(this.#find(besides)));
    const asked = this.#chapters.filter((chapter) => !left.has(chapter));
    const found = newestOf(asked, variant, key);
    return found && { from: found.chapter.session?.id ?? NO_NAME, records: takeable(found.records) };
  }

  /** What a session and those that it goes on with measured of a point. */
  measured(id: string, variant: string, key: string): readonly Measured[] {
    return measuredBy(this.#find(id), variant, key);
  }

  /** The sessions before the last, newest first, each with the models of which it tells anything. */
  get earlier(): readonly { readonly id: string; readonly models: readonly string[] }[] {
    const last = this.#last;
    return this.#chapters.toReversed().flatMap((chapter) => {
      if (chapter === last || !chapter.session) return [];
      const { points, taken, ends } = chapter;
      const told = [...chapter.variants].filter(([key]) => [points, taken, ends].some((by) => by.has(key)));
      return [
        { id: chapter.session.id, models: [...new Set(told.map(([, variant]) => loadedName(variant)))] },
      ];
    });
  }

  /**
   * The run that a session tells: what it measured, and what it took over. Figures of different sessions are never one,
   * unless one went on with the other.
   * @param id of the session; absent: the last one, also where its beginning can't be read.
   */
  runOf(id?: string): Run {
    return this.#runOf(id === undefined ? this.#last : this.#find(id));
  }

  /** What each session tells, the newest first. */
  *runs(): Generator<Run> {
    for (const chapter of this.#chapters.toReversed()) if (!isEmpty(chapter)) yield this.#runOf(chapter);
  }

  #runOf(chapter: Chapter | undefined): Run {
    const upTo = this.#chapters.slice(0, (chapter?.at ?? -1) + 1);
    const drifts = driftsOf(chainOf(chapter));
    return {
      schemaVersion: SCHEMA_VERSION,
      sessions: upTo.flatMap(({ session }) => session ?? []),
      servers: upTo.flatMap(({ servers }) => servers),
      trials: this.#trials(chapter, chapter?.session?.takesAll === true),
      searches: [...(chapter?.searches.values() ?? [])],
      ...(drifts.length > 0 && { drifts }),
      ...(chapter !== this.#last && { isPast: true }),
    };
  }

  /** Everything that was ever measured, each point by the newest session that did. */
  whole(): Run {
    return {
      schemaVersion: SCHEMA_VERSION,
      sessions: this.sessions,
      servers: this.#chapters.flatMap(({ servers }) => servers),
      trials: this.#trials(this.#last, true),
      searches: [...new Map(this.#chapters.flatMap(({ searches }) => [...searches])).values()],
    };
  }

  /** @param all everything up to this chapter, instead of what it and those that it goes on with say. */
  #trials(own: Chapter | undefined, all: boolean): Trial[] {
    const upTo = this.#chapters.slice(0, (own?.at ?? -1) + 1);
    const chain = chainOf(own);
    const drifts = driftsOf(chain);
    const variants = all ? wantedIn(upTo) : this.#wantedBy(chain);
    return [...variants.values()].map((variant) => {
      const { key } = variant;
      const own = chain.flatMap((chapter) => chapter.points.get(key) ?? []);
      const points = settled(markDrifted(drifts, key, own));
      const taken = all ? everythingOf(key, upTo) : this.#taken(key, chain);
      const measured = new Set(points.flatMap((record) => (isMeasured(record) ? [record.key] : [])));
      const others = taken.filter((record) => record.state === 'skipped' || !measured.has(record.key));
      const ends = (all ? upTo : chain).flatMap((chapter) => chapter.ends.get(key) ?? []);
      const last = ends.length > 0 ? ends : upTo.flatMap((chapter) => chapter.ends.get(key) ?? []).slice(-1);
      return toTrial(variant, settled([...others, ...points]), last);
    });
  }

  /**
   * The variants of a session and of those that it goes on with, as the newest of them named each. Where its search of a
   * model came to its end, its own alone: what else was there before is no longer wanted.
   */
  #wantedBy(chain: readonly Chapter[]): Map<string, VariantRecord> {
    const own = chain.at(-1);
    const wanted = wantedIn(
      chain,
      (variant, key) => own?.searches.has(loadedName(variant)) !== true || own.variants.has(key),
    );
    // What is told of variants whose own line can't be read: an earlier session may have one. It goes before the others,
    // as its name may since have become another's.
    const told = new Set(
      chain.flatMap(({ points, taken, ends }) => [points, taken, ends].flatMap((by) => [...by.keys()])),
    );
    const known = new Set(chain.flatMap(({ variants }) => [...variants.keys()]));
    const lost = [...told.difference(known)].flatMap((key) => {
      const earlier = this.#chapters.slice(0, own?.at).findLast(({ variants }) => variants.has(key));
      return earlier ? [[key, earlier.variants.get(key)!] as const] : [];
    });
    return new Map([...lost, ...wanted]);
  }

  /** What sessions of a chain took over of a variant. */
  #taken(variant: string, chain: readonly Chapter[]): PointRecord[] {
    return chain.flatMap(({ taken, at }) =>
      [...(taken.get(variant) ?? [])].flatMap(([key, from]) =>
        this.#source(from, at, variant, key).map(asTaken),
      ),
    );
  }

  /**
   * What a chapter took over of a point. It took what the newest before it had measured, so that is where it is looked for
   * when the session that it names is not found.
   */
  #source(from: string, at: number, variant: string, key: string): readonly Measured[] {
    const named = measuredBy(this.#find(from), variant, key);
    if (named.length > 0) return takeable(named);
    return takeable(newestOf(this.#chapters.slice(0, at), variant, key)?.records ?? []);
  }
}

/** What another session may take over of these: what tells of the point, on a machine as it usually was. */
const takeable = (records: readonly Measured[]): readonly Measured[] =>
  tellingOf(records).filter(({ measurement, sentinel }) => !measurement.drifted && !sentinel);

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const there = lists.get(key);
  if (there) return there;
  const list: T[] = [];
  lists.set(key, list);
  return list;
}
