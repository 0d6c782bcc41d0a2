import { counted } from '../ground/wording.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import { randomSource } from '../statistics/random-source.ts';
import type { Ask, Search } from './search.ts';

/** Points of the space by chance, the default configuration's first; the measure of what a search is worth. */
export function randomSearch(
  space: Pick<Space, 'candidates' | 'pointsOf'>,
  { measurements, seed }: { readonly measurements: number; readonly seed: number },
): Search {
  const random = randomSource(seed);
  const open: Ask[] = space.candidates.flatMap((candidate) =>
    space.pointsOf(candidate).map((point: LoadPoint) => ({ candidate, point })),
  );
  let left = measurements;
  let next = open.shift();
  const draw = (): Ask | undefined => open.splice(Math.floor(random() * open.length), 1)[0];
  const drop = (candidate: Candidate): LoadPoint[] => {
    const gone = open.filter((ask) => ask.candidate === candidate);
    for (const ask of gone) open.splice(open.indexOf(ask), 1);
    if (next?.candidate === candidate) next = draw();
    return gone.map(({ point }) => point);
  };
  return {
    name: 'random',
    ask(others: ReadonlySet<Candidate> = new Set()) {
      return left > 0 && next && !others.has(next.candidate) ? next : undefined;
    },
    tell({ candidate }, outcome) {
      left--;
      next = draw();
      if (outcome.state === 'failed') drop(candidate);
    },
    drop,
    remaining: () => Math.min(left, open.length + (next ? 1 : 0)),
    account: () => ({
      why: left > 0 ? '' : `its budget of ${counted(measurements, 'measurement')} is used`,
      importance: [],
      remarks: [],
    }),
  };
}
