import type { Candidate, Space } from '../space/space.ts';
import { randomSource } from '../statistics/random-source.ts';
import { type Budget, usedUp } from './bayes/budget.ts';
import type { Ask, Search } from './search.ts';

/** Points of the space by chance, the default configuration's first; the measure of what a search is worth. */
export function randomSearch(
  space: Pick<Space, 'candidates' | 'pointsOf'>,
  { seed, ...budget }: Pick<Budget, 'measurements' | 'because'> & { readonly seed: number },
): Search {
  const { measurements } = budget;
  const [first, ...others] = space.candidates.flatMap((candidate) =>
    space.pointsOf(candidate).map((point): Ask => ({ candidate, point })),
  );
  let open = first ? [first, ...shuffled(others, seed)] : [];
  const inFlight = new Set<Ask>();
  const dropped = new Set<Candidate>();
  let told = 0;
  const drop = (candidate: Candidate): Ask[] => {
    dropped.add(candidate);
    const gone = open.filter((ask) => ask.candidate === candidate);
    open = open.filter((ask) => ask.candidate !== candidate);
    return gone;
  };
  return {
    name: 'random',
    ask({ busy }) {
      if (open.length === 0 || told + inFlight.size >= measurements) return 'done';
      const taken = new Set([...busy, ...[...inFlight].map(({ candidate }) => candidate)]);
      const at = open.findIndex(({ candidate }) => !taken.has(candidate));
      if (at < 0) return 'wait';
      const [ask] = open.splice(at, 1);
      inFlight.add(ask!);
      return ask!;
    },
    tell(ask, outcome) {
      inFlight.delete(ask);
      if (outcome.state === 'withdrawn') {
        if (!dropped.has(ask.candidate)) open.unshift(ask);
        return;
      }
      told++;
      if (outcome.state === 'failed') drop(ask.candidate);
    },
    drop: (candidate) => drop(candidate).map(({ point }) => point),
    remaining: () => Math.min(measurements - told, open.length + inFlight.size),
    account: () => ({
      why: told < measurements ? '' : usedUp(budget),
      importance: [],
      remarks: [],
      ...(told >= measurements && open.length > 0 && { ended: 'measurements' as const }),
    }),
  };
}

function shuffled(asks: readonly Ask[], seed: number): Ask[] {
  const random = randomSource(seed);
  const list = [...asks];
  for (let left = list.length; left > 1; left--) {
    const at = Math.floor(random() * left);
    [list[at], list[left - 1]] = [list[left - 1]!, list[at]!];
  }
  return list;
}
