import type { Experiment } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import { placeOf } from '../executor/place.ts';
import { CONFIGURATION } from '../record/fingerprints.ts';
import { loadedName, type Run, type Trial } from '../record/run.ts';
import type { Space } from '../space/space.ts';
import type { BaseModel } from '../variant/base.ts';
import { type Generator, partHash, pointKey, variantKey } from './key.ts';

/** Nothing is started, so that what the server is made of is not known. */
const SERVER = 'the server';

/**
 * How many points of a space a journal has, as far as that can be said without the server: where that is the one it was, and
 * the shell and the machine's Python are as they were, they are not measured again.
 */
export function knownPoints(
  run: Pick<Run, 'trials' | 'sessions'>,
  space: Space,
  base: BaseModel,
  { launch, reuse, generator }: Pick<Experiment, 'launch' | 'reuse' | 'generator'>,
  lane: Lane,
): number {
  if (reuse.fresh) return 0;
  const { plan, candidates, pointsOf } = space;
  const trials = Map.groupBy(
    run.trials.filter((trial) => loadedName(trial) === plan.name),
    ({ parts }) => parts?.[CONFIGURATION],
  );
  if (trials.size === 0) return 0;
  const by = generatorOf(run, generator.kind);
  const place = placeOf(lane, launch, plan);
  const isSame = (trial: Trial, parts: Readonly<Record<string, string>>): boolean =>
    Object.entries(parts).every(([name, part]) => name === SERVER || trial.parts?.[name] === part);
  const measuredOn = (trial: Trial): Set<string> =>
    new Set(
      trial.points.flatMap((record) =>
        record.state === 'measured' && isYoung(record.measurement.startedAt, reuse.maxAgeMs)
          ? [record.key]
          : [],
      ),
    );
  return candidates.reduce((sum, candidate) => {
    const alike = trials.get(partHash(candidate.key));
    if (!alike) return sum;
    const identity = { hash: '', path: '' };
    const { parts } = variantKey(candidate, base, plan, identity, place);
    const known = alike
      .filter((trial) => isSame(trial, parts))
      .map((trial) => ({ trial, keys: measuredOn(trial) }));
    const isKnown = (point: (typeof space.loads)[number]): boolean =>
      known.some(({ trial, keys }) => keys.has(pointKey(trial.key, point, plan.load, by)));
    return sum + pointsOf(candidate).filter(isKnown).length;
  }, 0);
}

/** As it was recorded last: how its program tells its version is asked by a run only. */
const generatorOf = ({ sessions }: Pick<Run, 'sessions'>, name: Generator['name']): Generator => {
  const last = sessions.findLast(({ environment }) => environment.generator === name)?.environment;
  return { name, version: last?.generatorVersion };
};

const isYoung = (startedAt: string, maxAgeMs = Number.POSITIVE_INFINITY): boolean =>
  !(Date.parse(startedAt) < Date.now() - maxAgeMs);
