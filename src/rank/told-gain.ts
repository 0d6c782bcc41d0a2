import { isClientBound } from '../record/measurement.ts';
import { type Gain, isDifferent } from './noise.ts';
import { gainOver, type Ranking, wasLookedAt } from './rank.ts';
import type { RankedEntry } from './standings.ts';

/** Why no gain over the default can be told, for programs. */
type NoGainReason =
  | 'is the default'
  | 'default not measured'
  | 'default misses'
  | 'other load'
  | 'client'
  | 'not comparable';

const TEXTS: Readonly<Record<NoGainReason, string>> = {
  'is the default': 'it is the default',
  'default not measured': 'the default was not measured',
  'default misses': 'the default breaks the constraints',
  'other load': 'the default was not measured at this load',
  client: 'the load generator was the limit of both',
  'not comparable': 'it can not be told in percent',
};

/** A gain over the default that stands by itself, or why there is none. */
export type ToldGain =
  | {
      readonly kind: 'gain';
      readonly gain: Gain;
      /** Where the client set the figures of one of the two, the gain is the least or the most. */
      readonly is: 'measured' | 'at least' | 'at most';
      /** Whether it is more than the noise; else the configuration is tied with the default. */
      readonly differs: boolean;
    }
  | { readonly kind: 'none'; readonly reason: NoGainReason; readonly text: string };

/**
 * How much better a configuration is than the default, for those who see the figure alone: only over a default that does
 * not break the limits and was looked at with the same load. It is the best of the one against the best of the other.
 */
export function toldGain(entry: RankedEntry, { default: base, goal, noise }: Ranking): ToldGain {
  const none = (reason: NoGainReason): ToldGain => ({ kind: 'none', reason, text: TEXTS[reason] });
  if (!base) return none('default not measured');
  if (entry === base) return none('is the default');
  if (base.best.verdict === 'missed') return none('default misses');
  const { point } = entry.best.measurement;
  if (!wasLookedAt(base.trial, point)) return none('other load');
  const [least, most] = [entry, base].map(({ best }) => isClientBound(best.measurement));
  if (least && most) return none('client');
  const gain = gainOver(entry, base, goal, noise);
  if (!gain) return none('not comparable');
  return {
    kind: 'gain',
    gain,
    is: least ? 'at least' : most ? 'at most' : 'measured',
    differs: isDifferent(gain),
  };
}
