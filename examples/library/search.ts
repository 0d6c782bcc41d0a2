import type { Answer, Ask, Candidate, Search, Space } from 'triton-model-analyzer';

/** Measures every configuration at its heaviest load, and nothing else. */
export function heaviestLoad(space: Space): Search {
  const open = new Map<Candidate, Ask>();
  for (const candidate of space.candidates) {
    const point = space.pointsOf(candidate).at(-1);
    if (point) open.set(candidate, { candidate, point });
  }
  const inFlight = new Set<Ask>();
  return {
    name: 'heaviest load',
    ask({ on, busy }): Answer {
      // What the slot's server runs already costs no start.
      const candidates = [...(on ? [on] : []), ...open.keys()];
      const next = candidates.find((candidate) => open.has(candidate) && !busy.has(candidate));
      if (!next) return inFlight.size > 0 ? 'wait' : 'done';
      const ask = open.get(next)!;
      open.delete(next);
      inFlight.add(ask);
      return ask;
    },
    tell(ask, outcome) {
      inFlight.delete(ask);
      if (outcome.state === 'withdrawn') open.set(ask.candidate, ask);
    },
    drop(candidate) {
      const ask = open.get(candidate);
      open.delete(candidate);
      return ask ? [ask.point] : [];
    },
    remaining: () => open.size + inFlight.size,
    account: () => ({ why: 'every configuration was measured once', importance: [], remarks: [] }),
  };
}
