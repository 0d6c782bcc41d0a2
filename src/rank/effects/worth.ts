import { mean, median } from 'simple-statistics';
import { metric } from '../../ground/metric.ts';
import type { Objective } from '../../record/goal.ts';
import { batchSizeOf, levelText } from '../../record/load-point.ts';
import { isClientBound, type Measurement } from '../../record/measurement.ts';
import type { Trial } from '../../record/run.ts';
import { overStarts } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import type { RankedEntry, RankedPoint } from '../standings.ts';

/** What a configuration is worth, comparable with the others. */
export interface Worth {
  readonly trial: Trial;
  /** Weighted mean of the logarithms of the objectives, higher is better. */
  readonly value: number;
  /** Standard deviation that its measurement says. */
  readonly noise: number;
}

/** What every configuration is worth, and how that was made comparable. */
export interface Worths {
  readonly worths: readonly Worth[];
  /** `best`: each at its best load. `adjusted`: each by what it does at the loads where it was looked at, beside the others there. */
  readonly by: 'best' | 'adjusted';
  /** Whether only points that keep the limits count. */
  readonly isLimited: boolean;
  /** Configurations that have nothing to compare. */
  readonly leftOut: number;
}

/** A configuration that was looked at with fewer than this share of the loads of others may not have seen its best. */
const SEEN_ALL = 0.75;
/** Where fewer than this share of the configurations keep the limits, those that do not count, too. */
const LEAST_KEEPING = 0.6;
/** Two-sided 95 % quantile of the normal distribution. */
const NORMAL = 1.96;

interface Look extends Worth {
  readonly load: string;
}

/**
 * What each configuration is worth. A search looks at good configurations with many loads and at others with one: where
 * that is so, loads are taken out by a model with an effect of each configuration and of each load on the logarithm (a
 * two-way layout without interaction), so that like is compared with like.
 */
export function worthsOf({ entries, goal, noise }: Ranking): Worths {
  const half = overStarts(noise);
  const looksOf = (entry: RankedEntry, isCounted: (point: RankedPoint) => boolean): Look[] =>
    entry.points
      .filter((point) => isCounted(point) && isComparable(point.measurement))
      .flatMap(({ measurement }) => {
        const value = worthOf(measurement, goal.objectives);
        if (value === undefined) return [];
        const total = goal.objectives.reduce((sum, { weight }) => sum + weight, 0);
        const parts = goal.objectives.map(({ tag, weight }) => (weight / total) * half(measurement, tag));
        const load = `${levelText(measurement.point)} ${batchSizeOf(measurement.point)}`;
        return [{ trial: entry.trial, value, noise: Math.hypot(...parts) / NORMAL, load }];
      });
  const keeping = entries.map((entry) => looksOf(entry, ({ verdict }) => verdict !== 'missed'));
  const isLimited = keeping.filter((looks) => looks.length > 0).length >= LEAST_KEEPING * entries.length;
  const all = isLimited ? keeping : entries.map((entry) => looksOf(entry, () => true));
  const known = all.filter((looks) => looks.length > 0);
  const counts = entries.map(({ points }) => points.length);
  const by = counts.length > 0 && median(counts) >= SEEN_ALL * Math.max(...counts) ? 'best' : 'adjusted';
  const worths = by === 'best' ? known.map(bestOf) : adjusted(known);
  return {
    worths,
    by,
    isLimited: isLimited && goal.constraints.length > 0,
    leftOut: entries.length - worths.length,
  };
}

/** Of what the client limited only the least is known, and what drifted was measured on another machine, so to speak. */
const isComparable = (measurement: Measurement): boolean =>
  !measurement.drifted && !isClientBound(measurement);

/** undefined where an objective was not measured, or is nothing. */
function worthOf({ whole: { values } }: Measurement, objectives: readonly Objective[]): number | undefined {
  let [sum, total] = [0, 0];
  for (const { tag, weight } of objectives) {
    const value = values[tag];
    if (value === undefined || value <= 0) return undefined;
    sum += weight * Math.log(value) * (metric(tag).better === 'higher' ? 1 : -1);
    total += weight;
  }
  return total > 0 ? sum / total : undefined;
}

const bestOf = (looks: readonly Look[]): Worth =>
  looks.reduce((best, look) => (look.value > best.value ? look : best));

/** Rounds of fitting; two-way layouts that hang together by many loads need some ten. */
const MOST_ROUNDS = 1000;
/** A round that changes no effect of a load by more than this is the last. */
const SETTLED = 1e-9;

/**
 * Each configuration by its effect beside those of the loads, fitted by turns (backfitting, which comes to the least
 * squares); only those that loads connect with each other.
 */
function adjusted(all: readonly (readonly Look[])[]): Worth[] {
  const known = connected(all);
  const looks = known.flatMap((own, of) => own.map((look) => ({ ...look, of })));
  const byLoad = Map.groupBy(looks, ({ load }) => load);
  const loads = new Map([...byLoad.keys()].map((load) => [load, 0]));
  let values: number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    values = known.map((own) => mean(own.map(({ value, load }) => value - loads.get(load)!)));
    let moved = 0;
    for (const [load, own] of byLoad) {
      const effect = mean(own.map(({ value, of }) => value - values[of]!));
      moved = Math.max(moved, Math.abs(effect - loads.get(load)!));
      loads.set(load, effect);
    }
    if (moved < SETTLED) break;
  }
  const middle = loads.size > 0 ? mean([...loads.values()]) : 0;
  return known.map((own, index) => ({
    trial: own[0]!.trial,
    value: values[index]! + middle,
    noise: Math.hypot(...own.map(({ noise }) => noise)) / own.length,
  }));
}

/** The largest group of configurations that share loads with each other, one by one. */
function connected(all: readonly (readonly Look[])[]): readonly (readonly Look[])[] {
  const groups: { readonly loads: Set<string>; readonly members: (readonly Look[])[] }[] = [];
  for (const looks of all) {
    const loads = new Set(looks.map(({ load }) => load));
    const members = [looks];
    for (const group of groups.filter((other) => !other.loads.isDisjointFrom(loads))) {
      for (const load of group.loads) loads.add(load);
      members.push(...group.members);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push({ loads, members });
  }
  return groups.toSorted((a, b) => b.members.length - a.members.length)[0]?.members ?? [];
}
