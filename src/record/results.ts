import { z } from 'zod';
import { UserError } from '../ground/errors.ts';
import { isTooDeep } from './checks.ts';
import { documented } from './documented.ts';
import { environment, loadPoint, search, server, session, trial } from './journal-records.ts';
import { upgradeResults } from './results-upgrade.ts';

/**
 * Version of results.json. A change that a program which reads it can't take raises it, and `upgradeResults` learns to
 * make the new form of the old; fields may be added without.
 */
export const RESULTS_VERSION = 2;

const tag = z.string();
const verdict = z.enum(['met', 'missed', 'unknown']);
const satisfied = z.boolean().nullable();
const bound = z.enum(['min', 'max']);

const objective = documented(z.object({ tag, weight: z.number() }), {
  tag: 'the metric',
  weight: 'relative to the other objectives',
}).meta({ id: 'Objective' });

const check = documented(
  z.object({
    tag,
    bound,
    value: z.number(),
    measured: z.number().nullable(),
    verdict,
    met: satisfied,
  }),
  {
    tag: 'the metric that is limited',
    bound: 'whether the limit is the least or the most',
    value: 'the limit',
    measured: 'the measured value; null: the metric was not measured',
    verdict: 'unknown: the metric was not measured, so that the limit is neither kept nor broken',
    met: 'the same as true, false, or null for unknown',
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

const gain = documented(
  z.object({
    percent: z.number(),
    plusMinus: z.number(),
    low: z.number(),
    high: z.number(),
    is: z.enum(['measured', 'at least', 'at most']),
    assumed: z.array(tag),
  }),
  {
    percent:
      'how much better than the default, in percent; over several objectives their weighted geometric mean',
    plusMinus: 'half the width of its 95 % interval, percent points',
    low: 'lower end of its 95 % interval, percent',
    high: 'upper end of its 95 % interval, percent',
    is: 'at least, at most: the load generator was the limit of one of the two',
    assumed: 'metrics recorded without an interval, for which 10 % are taken',
  },
).meta({ id: 'Gain', description: 'how much better than the default, measured at the same load' });

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

const figures = {
  variant: z.string(),
  point: loadPoint,
  values: z.record(z.string(), z.number()),
  intervals: z.record(z.string(), z.tuple([z.number().nullable(), z.number().nullable()])),
  constraints: verdict,
  satisfiesConstraints: satisfied,
  missedBy: z.number(),
  checks: z.array(check),
  clientBound: z.boolean(),
};
const FIGURES = {
  variant: 'name of the configuration',
  point: 'the load that stands for it: the least within the noise of its best',
  values: 'metric -> value, in the unit that `metrics` says; what was not measured is absent',
  intervals: 'metric -> its 95 % interval, null where an end is not known',
  constraints: 'what all constraints come to together: one that is missed decides, then one that is unknown',
  satisfiesConstraints: 'the same as true, false, or null for unknown',
  missedBy: 'by which share of the limits it is beyond them, added up; 0 unless one is missed',
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

const model = documented(
  z.object({
    model: z.string(),
    verdict: z.string(),
    decision: documented(
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
    ),
    objectives: z.array(objective),
    constraints: z.array(constraint),
    missing: z.array(
      documented(z.object({ tag, everywhere: z.boolean(), why: z.string(), advice: z.string() }), {
        tag: 'the metric',
        everywhere: 'no configuration has it',
        why: 'why it was not measured, in words',
        advice: 'what to do to have it measured',
      }),
    ),
    search: search.nullable(),
    winner: entry.nullable(),
    leader: entry.nullable(),
    default: entry.nullable(),
    ...gainOfEntry,
    gainPlusMinus: z.number().nullable(),
    pareto: documented(
      z.object({
        metrics: z.array(tag),
        points: z.array(
          documented(
            z.object({
              variant: z.string(),
              point: loadPoint,
              values: z.record(z.string(), z.number()),
              satisfiesConstraints: satisfied,
            }),
            {
              variant: 'name of the configuration',
              point: 'the load',
              values: 'metric -> value',
              satisfiesConstraints: 'null: not known',
            },
          ),
        ),
      }),
      {
        metrics: 'what the points are compared in',
        points: 'those that no other beats in all of these at once',
      },
    ),
    ties: z.array(z.string()),
    ranking: z.array(
      documented(z.object({ ...figures, ...gainOfEntry }), { ...FIGURES, ...GAIN_OF_ENTRY }).meta({
        id: 'RankedEntry',
      }),
    ),
  }),
  {
    model: 'name of the model',
    verdict: 'the decision as a sentence',
    decision: 'what to serve the model with',
    objectives: 'what it was optimised for',
    constraints: 'the limits, and what they come to',
    missing: 'metrics among objectives and constraints that were not measured for every configuration',
    search: 'how the configurations were found; null: not known',
    winner: 'what was decided for; null: nothing',
    leader: 'the first of the ranking, which is not yet to say that it should be deployed',
    default: 'the configuration as it lies in the model repository; null: it was not measured',
    gain: "the leader's over the default; null: it can not be told, see noGain",
    noGain: GAIN_OF_ENTRY.noGain,
    gainPercent: GAIN_OF_ENTRY.gainPercent,
    gainPlusMinus: 'gain.plusMinus, likewise',
    pareto: 'the measurements that no other beats',
    ties: 'configurations that differ from the leader by less than the noise of both',
    ranking: 'every configuration that was measured, best first',
  },
).meta({ id: 'Model', description: 'what a run comes to for one model' });

const results = documented(
  z.object({
    schemaVersion: z.literal(RESULTS_VERSION),
    environment: environment.nullable(),
    metrics: z.record(
      z.string(),
      documented(z.object({ header: z.string(), unit: z.string(), better: z.enum(['higher', 'lower']) }), {
        header: 'header of its column in the tables',
        unit: 'unit of its values',
        better: 'which values are better',
      }),
    ),
    models: z.array(model),
    acrossModels: documented(
      z.object({
        objectives: z.array(objective),
        constraints: z.array(
          documented(z.object({ tag, bound, value: z.number() }), {
            tag: 'the metric that is limited',
            bound: 'whether the limit is the least or the most',
            value: 'the limit',
          }),
        ),
        ranking: z.array(
          documented(z.object({ model: z.string(), ...figures }), { model: 'its model', ...FIGURES }),
        ),
      }),
      {
        objectives: 'what they are compared by',
        constraints: 'the limits',
        ranking: 'the best of all models, best first',
      },
    ).optional(),
    sessions: z.array(session),
    servers: z.array(server),
    trials: z.array(trial),
  }),
  {
    schemaVersion:
      'version of this form; it is raised by a change that an old reader can not take, fields may be added without',
    environment: 'the machine and the programs of the last session; null: not known',
    metrics: 'every metric by the tag that values are under',
    models: 'what the run comes to for each model',
    acrossModels: 'the best of all models together, where that was asked for',
    sessions: 'the calls of tma profile that measured',
    servers: 'the servers that were started',
    trials: 'everything measured, configuration by configuration',
  },
);

/** What a results.json says. */
export type Results = z.output<typeof results>;

/** The same as it is written: nothing in it is changed on the way. */
export type WrittenResults = Unchanged<z.input<typeof results>>;

type Unchanged<T> = T extends object ? { readonly [Key in keyof T]: Unchanged<T[Key]> } : T;

/** results.json as JSON Schema (draft 2020-12). */
export const resultsJsonSchema = (): Record<string, unknown> => ({
  title: 'results.json of tma',
  ...z.toJSONSchema(results, { io: 'input', unrepresentable: 'any' }),
});

/**
 * Reads the text of a results.json, that of an earlier version as one of this.
 * @param file for messages.
 * @throws UserError that names the place of what can't be read.
 */
export function parseResults(text: string, file: string): Results {
  const fail = (why: string, hint?: string): never => {
    throw new UserError({ message: `${file} is no results.json that can be read: ${why}`, hint });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`it is no JSON (${(error as Error).message})`);
  }
  if (isTooDeep(value)) return fail('it is nested too deep');
  const version =
    typeof value === 'object' && value !== null && 'schemaVersion' in value ? value.schemaVersion : undefined;
  if (typeof version !== 'number') return fail('it has no schemaVersion');
  if (version > RESULTS_VERSION) {
    return fail(
      `it was written by a newer tma (schema ${version}, this one knows ${RESULTS_VERSION})`,
      'read it with that one',
    );
  }
  const read = results.safeParse(upgradeResults(value));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return fail(`${issue!.path.join('.')}: ${issue!.message}`);
}
