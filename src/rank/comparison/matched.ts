import { canonicalJson } from '../../model-config/config.ts';
import { isClientBound, type Measurement, startsOf } from '../../record/measurement.ts';
import { measurementsOf, type Trial } from '../../record/run.ts';

/** A load of one configuration, measured in one run. */
export interface Look {
  readonly measurement: Measurement;
  /** On how many servers, and how often, at least one. */
  readonly servers: number;
  readonly looks: number;
}

/** A load that both runs measured on one configuration. */
export interface MatchedPoint {
  /** Whether both are of one configuration; else of two that differ from their defaults alike. */
  readonly isSameConfiguration: boolean;
  readonly base: Look;
  readonly new: Look;
  /** Why it says nothing of a change: see `leftOut` of a compared point. */
  readonly leftOut?: 'client' | 'same measurement' | 'drifted';
}

/** A configuration that both runs measured. */
export interface MatchedTrial {
  readonly base: Trial;
  readonly new: Trial;
  readonly matchedBy: 'configuration' | 'parameters';
  readonly points: readonly MatchedPoint[];
}

/** The configurations of two runs of one model. */
export interface Matched {
  readonly trials: readonly MatchedTrial[];
  readonly onlyBase: readonly Trial[];
  readonly onlyNew: readonly Trial[];
}

/**
 * Finds what both runs measured. A configuration is known by what it is, all of its models' configurations, as its name may
 * be another's in the next run. What has no equal is looked for by how it differs from the default of its run: the user may
 * have changed the default, and with it every configuration that is made of it.
 */
export function matchTrials(base: readonly Trial[], next: readonly Trial[]): Matched {
  const [left, right] = [measured(base), measured(next)];
  const equal = pairsBy(left, right, contentOf);
  const others = (all: readonly Trial[], found: readonly Trial[]): Trial[] => {
    const known = new Set(found);
    return all.filter((trial) => !known.has(trial));
  };
  const restOfBase = others(
    left,
    equal.map(([trial]) => trial),
  );
  const restOfNew = others(
    right,
    equal.map(([, trial]) => trial),
  );
  const [differs, differsNow] = [differenceFrom(left), differenceFrom(right)];
  const alike = differs && differsNow ? pairsBy(restOfBase, restOfNew, differs, differsNow) : [];
  const matched = (pairs: readonly Pair[], matchedBy: MatchedTrial['matchedBy']): MatchedTrial[] =>
    pairs.map(([a, b]) => ({ base: a, new: b, matchedBy, points: matchPoints(a, b, matchedBy) }));
  return {
    trials: [...matched(equal, 'configuration'), ...matched(alike, 'parameters')],
    onlyBase: others(
      restOfBase,
      alike.map(([trial]) => trial),
    ),
    onlyNew: others(
      restOfNew,
      alike.map(([, trial]) => trial),
    ),
  };
}

type Pair = readonly [base: Trial, next: Trial];

/** Those that were measured; the newest of those that have a name, as a journal of an early version may hold several. */
const measured = (trials: readonly Trial[]): Trial[] => [
  ...new Map(trials.filter(({ state }) => state === 'measured').map((trial) => [trial.name, trial])).values(),
];

/** Pairs of equal keys, each trial once, defaults with defaults first: a listed configuration may equal the default. */
function pairsBy(
  base: readonly Trial[],
  next: readonly Trial[],
  keyOfBase: (trial: Trial) => string,
  keyOfNew = keyOfBase,
): Pair[] {
  const waiting = Map.groupBy(base.toSorted(defaultFirst), keyOfBase);
  const pairs = next.toSorted(defaultFirst).flatMap((trial): Pair[] => {
    const found = waiting.get(keyOfNew(trial))?.shift();
    return found ? [[found, trial]] : [];
  });
  const order = new Map(next.map((trial, index) => [trial, index]));
  return pairs.sort(([, a], [, b]) => order.get(a)! - order.get(b)!);
}

const defaultFirst = (a: Trial, b: Trial): number => Number(b.isDefault) - Number(a.isDefault);

/** What a configuration is: the configurations of all its models. */
export const contentOf = ({ models }: Pick<Trial, 'models'>): string =>
  canonicalJson(models.map(({ name, role, config }) => [name, role, { ...config, name }]));

/** How a configuration differs from the default of its run, field by field; undefined where the default was not measured. */
function differenceFrom(trials: readonly Trial[]): ((trial: Trial) => string) | undefined {
  const base = trials.find(({ isDefault }) => isDefault);
  if (!base) return undefined;
  return (trial) =>
    canonicalJson(
      trial.models.map(({ name, config }, index) => {
        const before = base.models[index]?.config ?? {};
        const fields = [...new Set([...Object.keys(before), ...Object.keys(config)])].sort();
        return [
          name,
          fields
            .filter((field) => canonicalJson(config[field]) !== canonicalJson(before[field]))
            .map((field) => [field, config[field] ?? null]),
        ];
      }),
    );
}

const loadKey = ({ point: { streams } }: Measurement): string =>
  streams
    .map(
      ({ model, batchSize, load }) =>
        `${model} ${batchSize} ${load.kind} ${load.kind === 'rate' ? load.perSecond : load.inFlight}`,
    )
    .join(', ');

/** The loads that both runs measured, of one configuration each. */
export function matchPoints(base: Trial, next: Trial, matchedBy: MatchedTrial['matchedBy']): MatchedPoint[] {
  const isSameConfiguration = matchedBy === 'configuration';
  const before = new Map(looksOf(base).map((look) => [loadKey(look.measurement), look]));
  return looksOf(next).flatMap((look): MatchedPoint[] => {
    const old = before.get(loadKey(look.measurement));
    if (!old) return [];
    const why = whyLeftOut(old.measurement, look.measurement);
    return [{ isSameConfiguration, base: old, new: look, ...(why && { leftOut: why }) }];
  });
}

function whyLeftOut(base: Measurement, next: Measurement): MatchedPoint['leftOut'] {
  if (isSameMeasurement(base, next)) return 'same measurement';
  if (base.drifted || next.drifted) return 'drifted';
  return isClientBound(base) || isClientBound(next) ? 'client' : undefined;
}

/** Whether NEW has the very measurement that BASE has: it took it over, or the two are one run. */
export const isSameMeasurement = (base: Measurement, next: Measurement): boolean =>
  base.startedAt === next.startedAt &&
  (next.takenOver === true || areEqual(base.whole.values, next.whole.values));

const areEqual = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean => {
  const tags = Object.keys(a);
  return tags.length === Object.keys(b).length && tags.every((tag) => a[tag] === b[tag]);
};

/** Every load of a trial, with how often it was looked at, and on how many servers. */
const looksOf = (trial: Trial): Look[] => measurementsOf(trial).map(lookOf);

/** A measurement, with how often it was made, and on how many servers. */
export const lookOf = (measurement: Measurement): Look => ({
  measurement,
  servers: startsOf(measurement),
  looks: measurement.looks ?? 1,
});
