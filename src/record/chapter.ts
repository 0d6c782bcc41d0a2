import type { DriftRecord } from './drift.ts';
import { markDrifted } from './drifted.ts';
import type { Entry } from './entry.ts';
import { nameOfModels } from './goal.ts';
import {
  loadedName,
  type PointRecord,
  type SearchRecord,
  type ServerRecord,
  type Session,
  type TrialEnd,
  type VariantRecord,
} from './run.ts';
import { isMeasured, type Measured, settled } from './told-trial.ts';

/** What one session wrote down. */
export interface Chapter {
  /** undefined: its beginning can't be read, or lines that stand before any session. */
  readonly session: Session | undefined;
  /** Where it stands among all. */
  readonly at: number;
  /** The one that it goes on with. */
  readonly before: Chapter | undefined;
  readonly servers: ServerRecord[];
  /** Those that it wanted, as it named them, by key and in the order in which they were last wanted. */
  readonly variants: Map<string, VariantRecord>;
  /** By the key of their variant, in order. */
  readonly points: Map<string, PointRecord[]>;
  readonly ends: Map<string, TrialEnd[]>;
  /** By the key of a variant and that of a point: the session that measured it. */
  readonly taken: Map<string, Map<string, string>>;
  /** By model. */
  readonly searches: Map<string, SearchRecord>;
  /** By model. */
  readonly drifts: Map<string, DriftRecord>;
}

/** One that holds nothing yet. */
export const newChapter = (place: Pick<Chapter, 'session' | 'at' | 'before'>): Chapter => ({
  ...place,
  servers: [],
  variants: new Map(),
  points: new Map(),
  ends: new Map(),
  taken: new Map(),
  searches: new Map(),
  drifts: new Map(),
});

/** A chapter and those that it goes on with, oldest first. */
export function chainOf(chapter: Chapter | undefined): Chapter[] {
  const chain: Chapter[] = [];
  for (let next = chapter; next; next = next.before) chain.unshift(next);
  return chain;
}

export const isEmpty = ({
  session,
  servers,
  variants,
  points,
  ends,
  taken,
  searches,
  drifts,
}: Chapter): boolean =>
  session === undefined &&
  servers.length + variants.size + points.size + ends.size + taken.size + searches.size + drifts.size === 0;

/** The variants of chapters by key, each as it was last named, in the order in which they were last wanted. */
export function wantedIn(
  chapters: readonly Chapter[],
  isWanted: (variant: VariantRecord, key: string) => boolean = () => true,
): Map<string, VariantRecord> {
  const wanted = new Map<string, VariantRecord>();
  for (const [key, variant] of chapters.flatMap(({ variants }) => [...variants])) {
    if (!isWanted(variant, key)) continue;
    wanted.delete(key);
    wanted.set(key, variant);
  }
  return wanted;
}

/** What a chapter and those that it goes on with measured of a point; what drifted is marked. */
export function measuredBy(chapter: Chapter | undefined, variant: string, key: string): Measured[] {
  const chain = chainOf(chapter);
  const records = chain.flatMap((each) => measuredIn(each, variant, key));
  return markDrifted(driftsOf(chain), variant, records);
}

/** What chapters that go on with each other found out of the machine: the newest knows all that those before it measured. */
export const driftsOf = (chain: readonly Chapter[]): DriftRecord[] => [
  ...new Map(chain.flatMap(({ drifts }) => [...drifts])).values(),
];

/** The newest of these chapters that has a point measured, and what it has. */
export function newestOf(
  chapters: readonly Chapter[],
  variant: string,
  key: string,
): { readonly chapter: Chapter; readonly records: readonly Measured[] } | undefined {
  for (const chapter of chapters.toReversed()) {
    const records = measuredBy(chapter, variant, key);
    if (records.length > 0) return { chapter, records };
  }
  return undefined;
}

/** Every point of a variant by the newest session that measured it, and the last word on the others. */
export function everythingOf(variant: string, upTo: readonly Chapter[]): PointRecord[] {
  const newest = new Map<string, Chapter>();
  const others: PointRecord[] = [];
  for (const chapter of upTo) {
    for (const record of chapter.points.get(variant) ?? []) {
      if (isMeasured(record)) newest.set(record.key, chapter);
      else others.push(record);
    }
  }
  const measured = [...newest].flatMap(([key, chapter]) => measuredBy(chapter, variant, key));
  return settled([...others, ...measured]);
}

const measuredIn = ({ points }: Chapter, variant: string, key: string): Measured[] =>
  (points.get(variant) ?? []).filter(isMeasured).filter((record) => record.key === key);

/**
 * Whether an entry may follow a chapter's last one with a single line between that can't be read, and then is of the same
 * session. That line was no session's beginning: a session names a variant before it says anything else of it.
 */
export function mayFollow({ session, variants, searches }: Chapter, entry: Entry): boolean {
  switch (entry.kind) {
    case 'point':
    case 'taken':
    case 'end': {
      const variant = variants.get(entry.variant);
      if (variant) return !searches.has(loadedName(variant));
      // The line between may have named it.
      const isThrough = session?.goals.every(({ models }) => searches.has(nameOfModels(models)));
      return !(isThrough ?? searches.size > 0);
    }
    case 'drift':
    case 'search': {
      const model = nameOfModels(entry.models);
      return [...variants.values()].some((variant) => loadedName(variant) === model);
    }
    default:
      return false;
  }
}

/** Whether a chapter has already said what a session says only once. */
export function isThere(chapter: Chapter, entry: Entry): boolean {
  switch (entry.kind) {
    case 'server':
      return chapter.servers.length > 0;
    case 'variant':
      return chapter.variants.has(entry.key);
    case 'point': {
      const { variant, record } = entry;
      return (
        isMeasured(record) &&
        record.again === undefined &&
        measuredIn(chapter, variant, record.key).length > 0
      );
    }
    case 'taken':
      return chapter.taken.get(entry.variant)?.has(entry.key) === true;
    case 'search':
      return chapter.searches.has(nameOfModels(entry.models));
    default:
      return false;
  }
}
