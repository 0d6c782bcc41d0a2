import { z } from 'zod';
import { documented } from './documented.ts';
import { belief, drift, objective, prices, search } from './journal-records.ts';
import * as stored from './measurement-line.ts';
import { loadPoint, mark } from './measurement-record.ts';

/** What results.json says of one model: the decision with its reasons, and the ranking behind it. */

const tag = z.string();
const verdict = z.enum(['met', 'missed', 'unknown']);
const satisfied = z.boolean().nullable();
const bound = z.enum(['min', 'max']);

const check = documented(
  z.object({
    tag,
    bound,
    value: z.number(),
    measured: z.number().nullable(),
    verdict,
    met: satisfied,
    believed: z.number().optional(),
  }),
  {
    tag: 'the metric that is limited',
    bound: 'whether the limit is the least or the most',
    value: 'the limit',
    measured: 'the measured value; null: the metric was not measured',
    verdict: 'unknown: the metric was not measured, so that the limit is neither kept nor broken',
    met: 'the same as true, false, or null for unknown',
    believed:
      'the measured value is beyond the limit by less than its noise, and the search is so sure, 0 to 1, that all limits are kept: the verdict is met',
  },
).meta({ id: 'Check', description: 'one limit held against one measurement' });

const constraint = documented(
  z.object({ tag, bound, value: z.number(), text: z.string(), verdict, measured: z.number().nullable() }),
  {
    tag: 'the metric that is limited',
    bound: 'whether the limit is the least or the most',
    value: 'the limit',
    text: 'the limit in words',
    verdict: 'what it comes to for the winner, or where there is none for the leader',
    measured: 'what was measured there; null: nothing',
  },
).meta({ id: 'Constraint' });

export const gain = documented(
  z.object({
    percent: z.number(),
    plusMinus: z.number(),
    low: z.number(),
    high: z.number(),
    is: z.enum(['measured', 'at least', 'at most']),
    assumed: z.array(tag),
    differs: z.boolean().optional(),
  }),
  {
    percent:
      'how much better than the default, in percent; over several objectives their weighted geometric mean',
    plusMinus:
      'half the width of its 95 % interval, percent points; low and high are not as far from percent',
    low: 'lower end of its 95 % interval, percent',
    high: 'upper end of its 95 % interval, percent',
    is: 'at least, at most: the load generator was the limit of one of the two',
    assumed: 'metrics recorded without an interval, for which 10 % are taken',
    differs: 'it is more than its noise; false: tied with the default; absent: an earlier tma wrote the file',
  },
).meta({
  id: 'Gain',
  description: 'how much better than the best of the default, which was looked at with the same load, too',
});

const noGain = documented(
  z.object({
    reason: z.enum([
      'is the default',
      'default not measured',
      'default misses',
      'other load',
      'client',
      'not comparable',
    ]),
    text: z.string(),
  }),
  { reason: 'one of few words, for programs', text: 'the same in words' },
).meta({ id: 'NoGain', description: 'why no gain over the default can be told' });

const intervals = z.record(z.string(), z.tuple([z.number().nullable(), z.number().nullable()]));
/** How sure figures are; files that an earlier tma wrote lack some. */
const sureness = {
  intervals,
  requests: z.number().optional(),
  looks: z.number().optional(),
  starts: z.number().optional(),
  marks: z.array(mark).optional(),
};
const SURENESS = {
  intervals:
    'metric -> its 95 % interval, null where an end is not known: where `starts` is more than 1, of what one more start of the server would measure another day, else of what was measured on this one',
  requests: 'requests that the values are made of; 0: not recorded',
  looks: 'measurements that the values are the mean of',
  starts: 'starts of the server that these were made on',
  marks: 'what is to be known before they are trusted; absent: an earlier tma wrote the file',
};

export const figures = {
  variant: z.string(),
  point: loadPoint,
  values: stored.values,
  ...sureness,
  constraints: verdict,
  satisfiesConstraints: satisfied,
  missedBy: z.number().nullable(),
  checks: z.array(check),
  clientBound: z.boolean(),
};
export const FIGURES = {
  variant: 'name of the configuration',
  point: 'the load that stands for it: the least within the noise of its best',
  values: 'metric -> value, in the unit that `metrics` says; what was not measured is absent',
  ...SURENESS,
  constraints: 'what all constraints come to together: one that is missed decides, then one that is unknown',
  satisfiesConstraints: 'the same as true, false, or null for unknown',
  missedBy:
    'by which share of the limits it is beyond them, added up; 0 unless one is missed, null where a limit of 0 is, of which there is no share',
  checks: 'each constraint',
  clientBound: 'the load generator was the limit: the figures are the least that the server can do',
};
const entry = documented(z.object(figures), FIGURES).meta({
  id: 'Entry',
  description: 'a configuration at the load that stands for it',
});

const gainOfEntry = { gain: gain.nullable(), noGain: noGain.nullable(), gainPercent: z.number().nullable() };
const GAIN_OF_ENTRY = {
  gain: 'over the default; null: it can not be told, see noGain',
  noGain: 'why there is no gain; null where there is one',
  gainPercent: 'gain.percent where it is measured; null where it is a bound only, or where there is none',
};

export const decision = documented(
  z.object({
    kind: z.enum(['deploy', 'keep', 'none', 'unfinished']),
    reason: z.enum([
      'better',
      'default misses',
      'default failed',
      'default skipped',
      'only',
      'best',
      'noise',
      'nothing measured',
      'constraints',
      'interrupted',
      'client',
      'no default',
      'too close',
      'constraints unknown',
      'default unknown',
      'other load',
    ]),
    variant: z.string().nullable(),
    point: loadPoint.nullable(),
  }),
  {
    kind: 'deploy: a configuration; keep: the default; none: nothing keeps the limits or could be measured; unfinished: what was measured does not suffice',
    reason: 'one of few words, for programs; `verdict` says it in a sentence',
    variant: 'the configuration to serve the model with; null: none',
    point: 'the load that it was decided at',
  },
);

export const missing = documented(
  z.object({ tag, everywhere: z.boolean(), why: z.string(), advice: z.string() }),
  {
    tag: 'the metric',
    everywhere: 'no configuration has it',
    why: 'why it was not measured, in words',
    advice: 'what to do to have it measured',
  },
);

const pareto = documented(
  z.object({
    metrics: z.array(tag),
    points: z.array(
      documented(
        z.object({
          variant: z.string(),
          point: loadPoint,
          values: stored.values,
          ...sureness,
          intervals: intervals.optional(),
          satisfiesConstraints: satisfied,
        }),
        {
          variant: 'name of the configuration',
          point: 'the load',
          values: 'metric -> value',
          ...SURENESS,
          satisfiesConstraints: 'null: not known',
        },
      ),
    ),
  }),
  {
    metrics: 'what the points are compared in',
    points: 'those that no other beats in all of these at once',
  },
);

const finding = documented(
  z.object({
    rule: z.string(),
    kind: z.enum(['doubt', 'gain', 'saving', 'cause']),
    text: z.string(),
    worth: z.number(),
    evidence: z.array(
      documented(z.object({ variant: z.string(), point: loadPoint, values: stored.values }), {
        variant: 'name of the configuration',
        point: 'the load',
        values: 'metric, or what else the rule looked at -> value',
      }),
    ),
  }),
  {
    rule: 'name of the rule that found it; docs/findings.md says when each speaks',
    kind: 'doubt: figures may not be what they seem; gain: more may be had; saving: the same is had for less; cause: what sets the figures',
    text: 'what was found, as a sentence',
    worth: 'which share of a figure or of a resource it concerns, 0 to 1',
    evidence: 'the measurements that carry it',
  },
).meta({ id: 'Finding', description: 'something that a run shows beside the verdict' });

export const modelResult = documented(
  z.object({
    model: z.string(),
    verdict: z.string(),
    decision,
    objectives: z.array(objective),
    prices: prices.optional(),
    constraints: z.array(constraint),
    missing: z.array(missing),
    search: search.nullable(),
    belief: belief.optional(),
    drift: drift.optional(),
    winner: entry.nullable(),
    leader: entry.nullable(),
    default: entry.nullable(),
    ...gainOfEntry,
    gainPlusMinus: z.number().nullable(),
    pareto,
    ties: z.array(z.string()),
    findings: z.array(finding).optional(),
    ranking: z.array(
      documented(z.object({ ...figures, ...gainOfEntry }), { ...FIGURES, ...GAIN_OF_ENTRY }).meta({
        id: 'RankedEntry',
      }),
    ),
  }),
  {
    model: 'name of the model; of several that are loaded together their names, joined by commas',
    verdict: 'the decision as a sentence',
    decision: 'what to serve the model with',
    objectives: 'what it was optimised for',
    prices: 'the prices that its costs follow from; absent: none were given, and there are no costs',
    constraints: 'the limits, and what they come to',
    missing: 'metrics among objectives and constraints that were not measured for every configuration',
    search: 'how the configurations were found; null: not known',
    belief:
      'what the search believes of the leader, where that is what the search would name; absent: the ranking goes by what was measured alone',
    drift:
      'whether the machine was the same meanwhile; measurements that were made while it was not are marked (drifted) in trials; absent: it was not looked at more than once',
    winner: 'what was decided for; null: nothing',
    leader: 'the first of the ranking, which is not yet to say that it should be deployed',
    default: 'the configuration as it lies in the model repository; null: it was not measured',
    gain: "the leader's over the default; null: it can not be told, see noGain",
    noGain: GAIN_OF_ENTRY.noGain,
    gainPercent: GAIN_OF_ENTRY.gainPercent,
    gainPlusMinus: 'gain.plusMinus, likewise',
    pareto: 'the measurements that no other beats',
    ties: 'configurations that differ from the leader by less than the noise of both: what was measured can not tell them apart',
    findings:
      'what else the run shows, what is worth most first within each kind; absent: an earlier tma wrote the file',
    ranking: 'every configuration that was measured, best first',
  },
).meta({ id: 'Model', description: 'what a run comes to for one model' });
