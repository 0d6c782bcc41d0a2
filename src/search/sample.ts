import { counted } from '../ground/wording.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import { randomSource } from '../statistics/random-source.ts';
import { altered, type Earlier, type Search } from './search.ts';

/** Learning over more points than this takes seconds a step, and memory that a machine may not have. */
const MOST_POINTS = 40_000;
/** At least so many configurations are kept, however many loads there are. */
const LEAST_CONFIGURATIONS = 20;

/**
 * The part of a large space that tma's own search looks among: the default, what earlier runs measured, and
 * configurations by chance; where these have too many loads, every second, third ... of them.
 * @param most points to keep, about.
 */
export function sampleOf(
  space: Space,
  earlier: readonly Earlier[] = [],
  most = MOST_POINTS,
): { readonly space: Space; readonly points: number } {
  const all = (candidates: readonly Candidate[]): number =>
    candidates.reduce((sum, candidate) => sum + space.pointsOf(candidate).length, 0);
  const size = all(space.candidates);
  if (size <= most) return { space, points: size };
  const kept = Math.max(LEAST_CONFIGURATIONS, Math.floor(most / (size / space.candidates.length)));
  const known = new Set(earlier.map(({ candidateKey }) => candidateKey));
  const isKept = (candidate: Candidate): boolean => candidate.isDefault || known.has(candidate.key);
  const chosen = new Set(space.candidates.filter(isKept).slice(0, kept));
  const random = randomSource(space.plan.search.seed);
  const others = space.candidates.filter((candidate) => !chosen.has(candidate));
  for (let left = Math.min(kept - chosen.size, others.length); left > 0; left--) {
    const at = Math.floor(random() * others.length);
    chosen.add(others[at]!);
    others[at] = others.at(-1)!;
    others.pop();
  }
  const candidates = space.candidates.filter((candidate) => chosen.has(candidate));
  const step = Math.ceil(all(candidates) / most);
  const points = new Map<Candidate, readonly LoadPoint[]>(
    candidates.map((candidate) => [
      candidate,
      space.pointsOf(candidate).filter((_, index) => index % step === 0),
    ]),
  );
  const part = { ...space, candidates, pointsOf: (candidate: Candidate) => points.get(candidate) ?? [] };
  return { space: part, points: [...points.values()].reduce((sum, list) => sum + list.length, 0) };
}

/** A search that says that it looked among a part only. */
export function amongSome(search: Search, points: number, all: number): Search {
  if (points >= all) return search;
  return altered(search, {
    account() {
      const own = search.account();
      const remark = `of ${counted(all, 'point')} it looked among ${counted(points, 'point')} of configurations chosen by chance (--search-seed)`;
      return { ...own, remarks: [...own.remarks, remark] };
    },
  });
}
