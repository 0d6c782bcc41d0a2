import { isClientBound } from '../record/measurement.ts';
import { LEAST_SURE } from './belief.ts';
import { missesForSure } from './limit-noise.ts';
import { isDifferent, widened, widerForBestOf } from './noise.ts';
import type { RankedEntry, Standings } from './standings.ts';

/** A gain of fewer percent is not worth a change, however sure it is. */
export const LEAST_GAIN = 2;

/**
 * What a run comes to for one model. Everything that names, colours, writes or deploys a configuration follows it:
 * `entry` is what to serve the model with, and nothing else is.
 */
export type Decision =
  | {
      readonly kind: 'deploy';
      readonly entry: RankedEntry;
      /**
       * better: than the default, by more than the noise. Or the default is no choice: it breaks the constraints, did not
       * work, or can't take the loads that were asked for.
       */
      readonly reason: 'better' | 'default misses' | 'default failed' | 'default skipped';
    }
  | {
      readonly kind: 'keep';
      /** The default. */
      readonly entry: RankedEntry;
      /** only: nothing else was measured; best: nothing else is better; noise: what is better may be so by chance. */
      readonly reason: 'only' | 'best' | 'noise';
    }
  | {
      readonly kind: 'none';
      readonly entry: undefined;
      readonly reason: 'nothing measured' | 'constraints';
    }
  | {
      /** What was measured does not suffice to decide. */
      readonly kind: 'unfinished';
      readonly entry: undefined;
      /**
       * interrupted: the run did not come to its end; client: the load generator was the limit of what is compared;
       * no default: there is nothing to compare with; too close: whether the default keeps the limits is within the noise,
       * or the search itself doubts that its best does.
       * constraints unknown: whether the best keeps the limits was not measured; default unknown: the best keeps them and is
       * not better for sure, and whether the default does was not measured.
       */
      readonly reason:
        | 'interrupted'
        | 'client'
        | 'no default'
        | 'too close'
        | 'constraints unknown'
        | 'default unknown'
        /** What is better is so at a load that the default was not looked at with. */
        | 'other load';
    };

/** Decides by what was measured; changing a server needs a difference that a test supports. */
export function decide(standings: Standings): Decision {
  const { entries, leader, default: base } = standings;
  if (standings.interrupted) return unfinished('interrupted');
  if (!leader) return { kind: 'none', entry: undefined, reason: 'nothing measured' };
  if (leader.best.verdict === 'unknown') return unfinished('constraints unknown');
  if (isInDoubt(standings)) return unfinished('too close');
  if (leader.best.verdict === 'missed') {
    return entries.some(missesByClient)
      ? unfinished('client')
      : { kind: 'none', entry: undefined, reason: 'constraints' };
  }
  if (leader === base) return besideDefault(leader, entries);
  if (!base) return withoutDefault(standings, leader);
  const supported = isSupported(standings);
  if (base.best.verdict === 'unknown' && !supported) return unfinished('default unknown');
  if (base.best.verdict === 'missed') {
    if (missesByClient(base)) return unfinished('client');
    return supported || missesForSure(base.best)
      ? { kind: 'deploy', entry: leader, reason: 'default misses' }
      : unfinished('too close');
  }
  // Where the client was the limit, the default's figures are the least that it can do: it may be as good.
  if (isByClient(base)) return unfinished('client');
  if (supported)
    return standings.sameLoad
      ? { kind: 'deploy', entry: leader, reason: 'better' }
      : unfinished('other load');
  // The leader may be no better than the default, as what was measured again is ranked first.
  const isWorse = standings.gain !== undefined && standings.gain.percent <= 0;
  return { kind: 'keep', entry: base, reason: isWorse ? 'best' : 'noise' };
}

const unfinished = (reason: Extract<Decision, { kind: 'unfinished' }>['reason']): Decision => ({
  kind: 'unfinished',
  entry: undefined,
  reason,
});

/**
 * Whether the search itself doubts that its best keeps the limits: as it says, or as what was measured breaks one, by less
 * than the noise.
 */
export const isInDoubt = ({ belief, leader, goal }: Pick<Standings, 'belief' | 'leader' | 'goal'>): boolean =>
  belief !== undefined &&
  goal.constraints.length > 0 &&
  (belief.keeps < LEAST_SURE || leader?.best.verdict === 'missed');

const isByClient = ({ best }: RankedEntry): boolean => isClientBound(best.measurement);

/** Whether a configuration may keep the limits after all: it misses figures of the client only, and the client was the limit. */
const missesByClient = ({ best: { checks, measurement } }: RankedEntry): boolean =>
  checks.some(({ verdict }) => verdict === 'missed') &&
  isClientBound(measurement) &&
  checks.every(({ verdict, constraint: { tag } }) => verdict !== 'missed' || tag.startsWith('perf_'));

/** The default leads: it stays, unless the client held it back together with something that it is compared with. */
function besideDefault(base: RankedEntry, entries: readonly RankedEntry[]): Decision {
  const others = entries.filter((entry) => entry !== base);
  if (isByClient(base) && (others.length === 0 || others.some(isByClient))) return unfinished('client');
  return { kind: 'keep', entry: base, reason: others.length > 0 ? 'best' : 'only' };
}

function withoutDefault({ unmeasured }: Standings, leader: RankedEntry): Decision {
  const trial = unmeasured.find(({ isDefault }) => isDefault);
  if (trial?.state === 'failed') return { kind: 'deploy', entry: leader, reason: 'default failed' };
  // Only loads that were skipped say that the default can take none; a default that was not reached says nothing.
  const isIllegal = trial?.points.some(({ state }) => state === 'skipped') === true;
  return isIllegal ? { kind: 'deploy', entry: leader, reason: 'default skipped' } : unfinished('no default');
}

/** Whether the leader's gain over the default is worth a change, and more than the best of so many shows by chance. */
const isSupported = (standings: Standings): boolean => isSure(standings, 1);

/**
 * Whether it would be, with noise that is so many times less.
 * @param narrower 1: by what is known.
 */
export function isSure({ gain, entries }: Standings, narrower: number): boolean {
  if (!gain || gain.percent < LEAST_GAIN) return false;
  const rivals = entries.filter(({ trial, best }) => !trial.isDefault && best.verdict !== 'missed').length;
  return isDifferent(widened(gain, widerForBestOf(rivals) / narrower));
}
