import { derivedTrial } from '../../goal/costs.ts';
import { diffText } from '../../model-config/diff.ts';
import type {
  Change,
  ComparedConfiguration,
  ComparedModel,
  NewFailure,
  ValueChange,
  WinnerChange,
} from '../../record/comparison.ts';
import { CONFIGURATION, differentParts } from '../../record/fingerprints.ts';
import type { Goal, Prices } from '../../record/goal.ts';
import { isSamePoint } from '../../record/load-point.ts';
import { type Measurement, startsOf } from '../../record/measurement.ts';
import { loadedName, type Run, type Trial } from '../../record/run.ts';
import { startsSeen } from '../noise.ts';
import { type Ranking, rank } from '../rank.ts';
import type { RankedEntry } from '../standings.ts';
import { bothKeepUp, followsRate } from './at-rate.ts';
import { choiceOf, chosen } from './choice.ts';
import { compareConstraints } from './constraints.ts';
import { type Judge, noChange, type Panel } from './judged.ts';
import {
  contentOf,
  isSameMeasurement,
  type Look,
  lookOf,
  type Matched,
  type MatchedPoint,
  type MatchedTrial,
  matchPoints,
  matchTrials,
} from './matched.ts';
import { Nights } from './nights.ts';
import { MetricShifts, percentOf, type Shift } from './shift.ts';

/** One model of two runs, with everything that is to be judged together with other models. */
export interface ModelPair {
  readonly base: Ranking;
  readonly new: Ranking;
  readonly matched: Matched;
  readonly failed: readonly NewFailure[];
  readonly shifts: readonly MetricShifts[];
  /** Those of configurations and of the choices, as they are asked about and judged. */
  readonly byTrial: ReadonlyMap<MatchedTrial, readonly (Shift | undefined)[]>;
  readonly ofWinner: readonly (Shift | undefined)[];
  /** NEW's default and BASE's, where they are not one pair: another configuration was made the default. */
  readonly defaults: MatchedTrial | undefined;
  readonly ofDefault: readonly (Shift | undefined)[];
  readonly overall: readonly (Shift | undefined)[];
  /** What was seen of the machine, in words. */
  readonly nights: string | undefined;
}

/** Metrics that are always compared, beside objectives and constraints. */
const ALWAYS = ['perf_throughput', 'perf_latency_p99'];

/**
 * Pairs what two runs measured of a model.
 * @param tags further metrics to compare.
 */
export function pairModel(
  runs: { readonly base: Run; readonly new: Run },
  goals: { readonly base: Goal; readonly new: Goal },
  tags: readonly string[],
): ModelPair {
  // Both by the same prices: what costs more for other prices alone is no worse.
  const prices = goals.new.prices ?? goals.base.prices;
  const [base, next] = [
    rank(runs.base, { ...goals.base, ...(prices && { prices }) }),
    rank(runs.new, { ...goals.new, ...(prices && { prices }) }),
  ];
  const [before, after] = [trialsOf(runs.base, base.model, prices), trialsOf(runs.new, next.model, prices)];
  const matched = matchTrials(before, after);
  const seen = startsSeen([...before, ...after]);
  const nights = new Nights(runs);
  const shifts = tagsOf(next.goal, [...before, ...after], tags).map(
    (tag) => new MetricShifts(tag, matched.trials, seen(tag), nights),
  );
  const [old, now] = [chosen(base), chosen(next)];
  const defaults = otherDefaults(base, next, matched);
  return {
    base,
    new: next,
    matched,
    failed: failuresOf(chosen(base), matched, after),
    shifts,
    byTrial: new Map(matched.trials.map((trial) => [trial, shifts.map((shift) => shift.of(trial))])),
    ofWinner: shifts.map((shift) =>
      old && now && whyNotWinners(old, now) === undefined
        ? shift.between(lookOf(old.best.measurement), lookOf(now.best.measurement), areOne(old, now))
        : undefined,
    ),
    defaults,
    ofDefault: shifts.map((shift) => (defaults ? shift.of(defaults) : undefined)),
    overall: shifts.map((shift) => shift.overall),
    nights: nights.text(matched.trials.flatMap(({ points }) => points.filter(({ leftOut }) => !leftOut))),
  };
}

const areOne = (base: RankedEntry, next: RankedEntry): boolean =>
  contentOf(base.trial) === contentOf(next.trial);

/** The two defaults as a pair, where what was matched does not hold them as one. */
function otherDefaults(base: Ranking, next: Ranking, { trials }: Matched): MatchedTrial | undefined {
  const [old, now] = [base.default?.trial, next.default?.trial];
  if (!old || !now || trials.some((pair) => pair.base.isDefault && pair.new.isDefault)) return undefined;
  const matchedBy = 'parameters';
  return { base: old, new: now, matchedBy, points: matchPoints(old, now, matchedBy) };
}

const trialsOf = ({ trials }: Run, model: string, prices: Prices | undefined): Trial[] =>
  trials.filter((trial) => loadedName(trial) === model).map((trial) => derivedTrial(trial, prices));

/** Objectives first, then what is limited, then what is always told, as far as it was measured anywhere. */
function tagsOf(
  { objectives, constraints }: Goal,
  trials: readonly Trial[],
  more: readonly string[],
): string[] {
  const asked = [...objectives.map(({ tag }) => tag), ...constraints.map(({ tag }) => tag), ...more];
  const others = ALWAYS.filter((tag) =>
    trials.some(({ points }) =>
      points.some(
        (record) => record.state === 'measured' && record.measurement.whole.values[tag] !== undefined,
      ),
    ),
  );
  return [...new Set([...asked, ...others])];
}

function whyNotWinners(base: RankedEntry, next: RankedEntry): string | undefined {
  const [old, now] = [base.best.measurement, next.best.measurement];
  if (isSameMeasurement(old, now)) return SAME;
  if (old.drifted || now.drifted) return DRIFTED;
  return old.bottleneck?.who === 'client' || now.bottleneck?.who === 'client' ? CLIENT : undefined;
}

const whyNoShift = (tag: string, base: RankedEntry, next: RankedEntry): string =>
  isRateItself(tag, base.best.measurement, next.best.measurement) ? RATE : NOT_MEASURED;

const SAME = 'the two have the same measurement';
const CLIENT = 'the load generator was the limit';
const RATE = 'the server kept up with the request rates in both, so that this is the rate itself';
const NOT_MEASURED = 'it was not measured in both';
const DRIFTED = 'the machine was in another state';

/**
 * How the mistakes that are allowed are shared among what is asked: most for the mean over everything, some for default and
 * choices, the rest for all other configurations together; an objective has more of them than another metric.
 */
const SHARES = { overall: 3, named: 1, others: 1, objective: 3, metric: 1 };

const DEFAULTS = ['default of BASE', 'default of NEW'] as const;

/**
 * Whether what a run decided for was measured on several servers. The best of many that were measured once is one that was
 * lucky, and is worse the next time: it has no more of the mistakes than any other configuration.
 */
function isConfirmed(ranking: Ranking): boolean {
  const entry = chosen(ranking);
  return entry !== undefined && startsOf(entry.best.measurement) > 1;
}

/** Asks about every change of a model; all models have the same weight. */
export function askAbout(panel: Panel, pair: ModelPair): void {
  const { matched, shifts, byTrial, overall, ofWinner, ofDefault } = pair;
  const roles = new Set<Role>(DEFAULTS);
  if (isConfirmed(pair.base)) roles.add('winner of BASE');
  if (isConfirmed(pair.new)) roles.add('winner of NEW');
  const isNamed = (trial: MatchedTrial): boolean => rolesOf(trial, pair).some((role) => roles.has(role));
  const [named, others] = [matched.trials.filter(isNamed), matched.trials.filter((trial) => !isNamed(trial))];
  const weights = shifts.map(({ tag }) =>
    pair.new.goal.objectives.some((objective) => objective.tag === tag) ? SHARES.objective : SHARES.metric,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, { tag }] of shifts.entries()) {
    const each = weights[index]! / total;
    const ofNamed = (each * SHARES.named) / (named.length + (pair.defaults ? 2 : 1));
    panel.ask(tag, overall[index], each * SHARES.overall);
    panel.ask(tag, ofWinner[index], ofNamed);
    panel.ask(tag, ofDefault[index], ofNamed);
    for (const trial of named) panel.ask(tag, byTrial.get(trial)![index], ofNamed);
    for (const trial of others)
      panel.ask(tag, byTrial.get(trial)![index], (each * SHARES.others) / others.length);
  }
}

/** What BASE measured and NEW tried in vain: whole configurations, and the load that BASE had decided at. */
function failuresOf(
  choice: RankedEntry | undefined,
  { trials, onlyBase }: Matched,
  after: readonly Trial[],
): NewFailure[] {
  const failed = new Map(
    after.filter(({ state }) => state === 'failed').map((trial) => [contentOf(trial), trial]),
  );
  const failedDefault = [...failed.values()].find(({ isDefault }) => isDefault);
  const whole = onlyBase.flatMap((trial): NewFailure[] => {
    // A default that was changed, and fails for it, is the default still.
    const found = failed.get(contentOf(trial)) ?? (trial.isDefault ? failedDefault : undefined);
    if (!found) return [];
    const point = found.points.find((record) => record.state === 'failed');
    const cause = found.end?.cause ?? (point?.state === 'failed' ? point.cause : 'it failed');
    return [{ base: trial.name, new: found.name, role: failedRoles(trial, choice), point: null, cause }];
  });
  const decided = trials.find(({ base }) => base === choice?.trial);
  const load = decided?.new.points.find(
    (record) => record.state === 'failed' && isSamePoint(record.point, choice!.best.measurement.point),
  );
  if (!decided || load?.state !== 'failed') return whole;
  const role = failedRoles(decided.base, choice);
  return [
    ...whole,
    { base: decided.base.name, new: decided.new.name, role, point: load.point, cause: load.cause },
  ];
}

const failedRoles = (trial: Trial, choice: RankedEntry | undefined): Role[] => [
  ...(trial.isDefault ? (['default of BASE'] as const) : []),
  ...(trial === choice?.trial ? (['winner of BASE'] as const) : []),
];

type Role = ComparedConfiguration['role'][number];

function rolesOf({ base, new: next }: MatchedTrial, pair: Pick<ModelPair, 'base' | 'new'>): Role[] {
  return [
    ...(base.isDefault ? (['default of BASE'] as const) : []),
    ...(next.isDefault ? (['default of NEW'] as const) : []),
    ...(base === chosen(pair.base)?.trial ? (['winner of BASE'] as const) : []),
    ...(next === chosen(pair.new)?.trial ? (['winner of NEW'] as const) : []),
  ];
}

/** What a model comes to, but for its verdict. */
export function comparedModel(
  pair: ModelPair,
  judge: Judge,
): Omit<ComparedModel, 'verdict' | 'text' | 'notes'> {
  const { base, new: next, matched, shifts, overall } = pair;
  const configurations = matched.trials.map((trial) => configurationOf(trial, pair, judge));
  const counted = matched.trials.flatMap(({ points }) => points);
  const leftOut = (why: MatchedPoint['leftOut']): number =>
    counted.filter((point) => point.leftOut === why).length;
  return {
    model: next.model,
    objectives: next.goal.objectives,
    ...(next.goal.prices?.currency !== undefined && { currency: next.goal.prices.currency }),
    changes: shifts.map(({ tag }, index) =>
      changeOf(tag, overall[index], judge, () => whyNothing(counted, tag)),
    ),
    common: {
      configurations: matched.trials.filter(({ points }) => points.some((point) => !point.leftOut)).length,
      points: leftOut(undefined),
      client: leftOut('client'),
      same: leftOut('same measurement'),
      drifted: leftOut('drifted'),
    },
    configurations: byImportance(configurations),
    onlyBase: matched.onlyBase.map(({ name }) => name),
    onlyNew: matched.onlyNew.map(({ name }) => name),
    failed: pair.failed,
    ...(pair.defaults && { defaults: defaultsOf(pair.defaults, pair, judge) }),
    winner: winnerOf(pair, judge),
    constraints: compareConstraints(base, next, matched.trials, shifts),
  };
}

/** Why nothing can be said of a metric. */
function whyNothing(points: readonly Omit<MatchedPoint, 'isSameConfiguration'>[], tag: string): string {
  if (points.length === 0) return 'no load of any configuration was measured in both';
  const counted = points.filter(({ leftOut }) => !leftOut);
  if (counted.length > 0)
    return counted.some(({ base, new: next }) => isRateItself(tag, base.measurement, next.measurement))
      ? RATE
      : NOT_MEASURED;
  const only = (why: MatchedPoint['leftOut']): boolean => points.every(({ leftOut }) => leftOut === why);
  return only('same measurement') ? SAME : only('drifted') ? DRIFTED : CLIENT;
}

const isRateItself = (tag: string, base: Measurement, next: Measurement): boolean =>
  followsRate(tag) && bothKeepUp(base, next);

/** @param why asked only where there is no shift. */
const changeOf = (tag: string, shift: Shift | undefined, judge: Judge, why: () => string): Change =>
  shift ? judge(tag, shift) : noChange(tag, why());

/** Those with a role first, then those that surely changed, then by how much. */
function byImportance(configurations: readonly ComparedConfiguration[]): ComparedConfiguration[] {
  const sure = ({ changes }: ComparedConfiguration): number => {
    const has = (wanted: Change['verdict']): boolean => changes.some(({ verdict }) => verdict === wanted);
    return has('worse') ? 2 : has('better') ? 1 : 0;
  };
  return configurations
    .map((configuration) => ({
      configuration,
      roles: configuration.role.length,
      sure: sure(configuration),
      size: Math.abs(configuration.changes[0]?.percent ?? 0),
    }))
    .sort((a, b) => b.roles - a.roles || b.sure - a.sure || b.size - a.size)
    .map(({ configuration }) => configuration);
}

function configurationOf(trial: MatchedTrial, pair: ModelPair, judge: Judge): ComparedConfiguration {
  const shifts = pair.byTrial.get(trial)!;
  return {
    base: trial.base.name,
    new: trial.new.name,
    matchedBy: trial.matchedBy,
    role: rolesOf(trial, pair),
    changes: pair.shifts.map(({ tag }, index) =>
      changeOf(tag, shifts[index], judge, () => whyNothing(trial.points, tag)),
    ),
    points: trial.points.map(({ base, new: next, leftOut, isSameConfiguration }) => ({
      point: next.measurement.point,
      changes: pair.shifts.map((shift) =>
        leftOut
          ? valuesOf(shift.tag, base, next, whyNothing([{ base, new: next, leftOut }], shift.tag))
          : pointChange(shift, base, next, isSameConfiguration),
      ),
      ...(leftOut && { leftOut }),
    })),
    changed:
      trial.base.parts && trial.new.parts
        ? differentParts(trial.base.parts, trial.new.parts).filter((part) => part !== CONFIGURATION)
        : [],
  };
}

function valuesOf(tag: string, base: Look, next: Look, why: string): ValueChange {
  return {
    ...noChange(tag, why),
    base: base.measurement.whole.values[tag] ?? null,
    new: next.measurement.whole.values[tag] ?? null,
  };
}

/** One load by itself, which is not judged. */
function pointChange(
  shifts: MetricShifts,
  base: Look,
  next: Look,
  isSameConfiguration: boolean,
): ValueChange {
  const shift = shifts.between(base, next, isSameConfiguration);
  if (!shift) return valuesOf(shifts.tag, base, next, whyNothing([{ base, new: next }], shifts.tag));
  const { why: _, ...known } = valuesOf(shifts.tag, base, next, '');
  return { ...known, ...percentOf(shift) };
}

const defaultsOf = (
  { base, new: next, points }: MatchedTrial,
  { shifts, ofDefault }: ModelPair,
  judge: Judge,
): NonNullable<ComparedModel['defaults']> => ({
  base: base.name,
  new: next.name,
  changes: shifts.map(({ tag }, index) =>
    changeOf(tag, ofDefault[index], judge, () => whyNothing(points, tag)),
  ),
});

function winnerOf(pair: ModelPair, judge: Judge): WinnerChange {
  const [old, now] = [chosen(pair.base), chosen(pair.new)];
  const [base, next] = [choiceOf(pair.base), choiceOf(pair.new)];
  const isSame = old !== undefined && now !== undefined && areOne(old, now);
  return {
    base,
    new: next,
    isSame,
    changes: pair.shifts.map(({ tag }, index) => {
      const value = (entry: RankedEntry | undefined): number | null =>
        entry?.best.measurement.whole.values[tag] ?? null;
      const why = (): string =>
        old && now ? (whyNotWinners(old, now) ?? whyNoShift(tag, old, now)) : 'one of the two has none';
      return { ...changeOf(tag, pair.ofWinner[index], judge, why), base: value(old), new: value(now) };
    }),
    diff:
      base && next && base.configText !== next.configText ? diffText(base.configText, next.configText) : [],
  };
}
