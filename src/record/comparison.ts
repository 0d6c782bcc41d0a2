import { z } from 'zod';
import { documented } from './documented.ts';
import type { Goal } from './goal.ts';
import { environment, limit, objective } from './journal-records.ts';
import * as line from './line.ts';
import { loadPoint } from './measurement-record.ts';
import type { Run } from './run.ts';

/**
 * Version of what `tma compare --json` prints. A change that a program which reads it can't take raises it; fields may be
 * added without.
 */
export const COMPARISON_VERSION = 1;

const tag = z.string();
const judgement = z.enum(['better', 'worse', 'same', 'unknown']);
const percent = z.number().nullable();
const limitVerdict = z.enum(['met', 'missed', 'unknown']);

const change = documented(
  z.object({ tag, percent, low: percent, high: percent, verdict: judgement, why: z.string().optional() }),
  {
    tag: 'the metric',
    percent: 'by how many percent NEW is above BASE; null: it can not be told, see why',
    low: 'lower end of its 95 % interval, which covers starts of the server and the two nights; percent',
    high: 'upper end of it',
    verdict:
      'same: the interval lies within the margin. better, worse: it does not, and the change is sure, however many were compared. unknown: neither',
    why: 'why it can not be told, in words; absent where it can',
  },
).meta({ id: 'Change', description: 'how far one metric of NEW is from that of BASE' });

const valueChange = documented(change.extend({ base: z.number().nullable(), new: z.number().nullable() }), {
  tag: 'the metric',
  percent: 'by how many percent NEW is above BASE; null: it can not be told, see why',
  low: 'lower end of its 95 % interval, percent',
  high: 'upper end of it',
  verdict: 'as for every change; of one load by itself always unknown: it is judged with the others',
  why: 'why it can not be told, in words; absent where it can',
  base: 'value of BASE in the unit of the metric; null: not measured',
  new: 'value of NEW, likewise',
}).meta({ id: 'ValueChange', description: 'the same with the values' });

const comparedPoint = documented(
  z.object({
    point: loadPoint,
    changes: z.array(valueChange),
    leftOut: z.enum(['client', 'same measurement', 'drifted']).optional(),
  }),
  {
    point: 'the load',
    changes: 'each metric',
    leftOut:
      'why it counts nowhere. client: the load generator was the limit in one of the two; same measurement: NEW took it over from BASE; drifted: the machine was in another state than when the rest was measured',
  },
).meta({ id: 'ComparedPoint', description: 'one load that both measured on one configuration' });

const role = z.enum(['default of BASE', 'default of NEW', 'winner of BASE', 'winner of NEW']);

const configuration = documented(
  z.object({
    base: z.string(),
    new: z.string(),
    matchedBy: z.enum(['configuration', 'parameters']),
    role: z.array(role),
    changes: z.array(change),
    points: z.array(comparedPoint),
    changed: z.array(z.string()),
  }),
  {
    base: 'its name in BASE',
    new: 'its name in NEW; names are given in the order in which configurations are made, and may move',
    matchedBy:
      "configuration: its config.pbtxt is the same in both; parameters: it differs from its run's default in the same way, and the default has changed",
    role: 'what it is in the runs',
    changes: 'each metric, as the mean over its loads (of logarithms)',
    points: 'every load that both measured on it',
    changed: 'what else of it is not as it was, in words: model files, server, flags, machine ...',
  },
).meta({ id: 'ComparedConfiguration', description: 'a configuration that both measured' });

const choice = documented(
  z.object({
    variant: z.string(),
    point: loadPoint,
    isDecided: z.boolean(),
    isDefault: z.boolean(),
    decision: z.string(),
    reason: z.string(),
    sentence: z.string(),
    configText: z.string(),
  }),
  {
    variant: 'name of the configuration',
    point: 'the load that it was decided at',
    isDecided: 'false: nothing was decided, and this is the first of the ranking',
    isDefault: 'it is the configuration as it lies in the model repository',
    decision: 'deploy, keep, none or unfinished, as in results.json',
    reason: 'why, as in results.json',
    sentence: 'the decision in words',
    configText: 'its config.pbtxt',
  },
).meta({ id: 'Choice', description: 'what one run came to for the model' });

const winner = documented(
  z.object({
    base: choice.nullable(),
    new: choice.nullable(),
    isSame: z.boolean(),
    changes: z.array(valueChange),
    diff: z.array(line.model.shape.diff.element),
  }),
  {
    base: 'what BASE came to; null: nothing was measured',
    new: 'what NEW came to',
    isSame: 'both are the same configuration',
    changes: "each metric of NEW's choice against that of BASE's, each at its own load",
    diff: "config.pbtxt of BASE's choice and of NEW's, line by line; [] where they are the same",
  },
).meta({ id: 'WinnerChange' });

const constraint = documented(
  z.object({
    ...limit.shape,
    text: z.string(),
    base: limitVerdict,
    new: limitVerdict,
    baseMeasured: z.number().nullable(),
    newMeasured: z.number().nullable(),
    state: z.enum(['kept', 'lost', 'as before', 'unknown']),
    why: z.string().optional(),
  }),
  {
    tag: 'the metric that is limited',
    bound: 'whether the limit is the least or the most',
    value: 'the limit',
    text: 'the limit in words',
    base: "what it comes to for BASE's choice",
    new: "what it comes to for NEW's choice",
    baseMeasured: 'what was measured there; null: nothing',
    newMeasured: 'what was measured there; null: nothing',
    state:
      "kept: NEW's choice keeps it. lost: BASE's choice kept it, and NEW's breaks it by more than the noise, or BASE's choice itself does, measured anew. as before: BASE's choice did not keep it either. unknown: it can not be told",
    why: 'what makes it lost or unknown, in words',
  },
).meta({ id: 'ComparedConstraint', description: 'a limit, and what it comes to in both' });

const failure = documented(
  z.object({
    base: z.string(),
    new: z.string(),
    role: z.array(role),
    point: loadPoint.nullable(),
    cause: z.string(),
  }),
  {
    base: 'its name in BASE',
    new: 'its name in NEW',
    role: 'what it is in the runs',
    point: 'the load that failed; null: nothing could be measured on it',
    cause: 'why, in words',
  },
).meta({ id: 'NewFailure', description: 'what BASE measured and NEW could not' });

const model = documented(
  z.object({
    model: z.string(),
    verdict: judgement,
    text: z.string(),
    objectives: z.array(objective),
    currency: z.string().optional(),
    changes: z.array(change),
    common: documented(
      z.object({
        configurations: z.number(),
        points: z.number(),
        client: z.number(),
        same: z.number(),
        drifted: z.number(),
      }),
      {
        configurations: 'configurations that count',
        points: 'loads of these that count',
        client: 'loads that do not, as the load generator was the limit',
        same: 'loads that do not, as NEW took over the measurement of BASE',
        drifted: 'loads that do not, as the machine was in another state in one of the two',
      },
    ),
    configurations: z.array(configuration),
    onlyBase: z.array(z.string()),
    onlyNew: z.array(z.string()),
    failed: z.array(failure),
    defaults: documented(z.object({ base: z.string(), new: z.string(), changes: z.array(change) }), {
      base: "name of BASE's default there",
      new: "name of NEW's default",
      changes: 'each metric over the loads of both',
    }).optional(),
    winner,
    constraints: z.array(constraint),
    notes: z.array(z.string()),
  }),
  {
    model: 'name of the model; of several that are loaded together their names, joined by commas',
    verdict:
      'by the objectives over everything that both measured, by its default and by what BASE had decided for; worse also where a constraint is lost, or one of these two fails now; unknown where the two were measured on different machines or by different programs',
    text: 'the same in a sentence; what makes it say nothing of the model, such as another machine, stands first',
    objectives: "what it is judged by: NEW's objectives",
    currency: 'of costs; absent where the prices name none',
    changes:
      'each metric over all loads of all configurations that both measured: the mean of the logarithms, each configuration counting once',
    common: 'what both measured',
    configurations:
      'configurations that both measured: default and winners first, then those that changed most',
    onlyBase: 'configurations that BASE alone measured, by their names there',
    onlyNew: 'configurations that NEW alone measured, by their names there',
    failed: 'what BASE measured and failed in NEW',
    defaults:
      "NEW's default against BASE's, where another configuration was made the default; absent where the two are one of the pairs in configurations",
    winner: 'what the two runs decided for',
    constraints: "NEW's constraints",
    notes: 'what a reader should know',
  },
).meta({ id: 'ComparedModel', description: 'one model in both runs' });

const side = documented(
  z.object({
    path: z.string(),
    kind: z.enum(['journal', 'results.json', 'Model Analyzer']),
    session: z.string().nullable(),
    startedAt: z.string().nullable(),
    environment: environment.nullable(),
    server: z.string().nullable(),
  }),
  {
    path: 'where it was read from',
    kind: 'what was read',
    session: 'the session that is compared; null: not known',
    startedAt: 'when that began, ISO 8601; null: not known',
    environment: 'the machine and the programs that it measured with; null: not known',
    server: 'name and version of the server; null: not known',
  },
).meta({ id: 'Side', description: 'one of the two runs' });

const difference = documented(z.object({ what: z.string(), base: z.string(), new: z.string() }), {
  what: 'what it is',
  base: 'as it was in BASE',
  new: 'as it is in NEW',
}).meta({ id: 'Difference', description: 'something else that is not as it was' });

const gate = documented(
  z.object({
    asked: z.string(),
    model: z.string(),
    state: z.enum(['passed', 'failed', 'unknown']),
    text: z.string(),
  }),
  {
    asked:
      'the condition as it was given; constraints: that none is lost, which counts as soon as any condition is given',
    model: 'the model that it was held against',
    state: 'failed: beyond the limit, and surely a change; passed: surely not beyond it; unknown: neither',
    text: 'what it comes to, in words',
  },
).meta({ id: 'Gate', description: 'a condition of --fail-on, held against one model' });

const comparison = documented(
  z.object({
    schemaVersion: z.literal(COMPARISON_VERSION),
    verdict: judgement,
    text: z.string(),
    margin: z.number(),
    base: side,
    new: side,
    models: z.array(model),
    onlyBase: z.array(z.string()),
    onlyNew: z.array(z.string()),
    changed: z.array(difference),
    gates: z.array(gate),
  }),
  {
    schemaVersion:
      'version of this form; it is raised by a change that an old reader can not take, fields may be added without',
    verdict: 'of all models together: the worst of them; same only where all are',
    text: 'the same in a sentence',
    margin: 'a change of fewer percent counts as none',
    base: 'what is compared with',
    new: 'what is compared',
    models: 'models that both measured',
    onlyBase: 'models that BASE alone measured',
    onlyNew: 'models that NEW alone measured',
    changed: 'what else is not as it was: driver, server, machine, programs, flags, model files, clocks',
    gates: 'what --fail-on asked for; [] where nothing was asked for',
  },
);

type Unchanged<T> = T extends object ? { readonly [Key in keyof T]: Unchanged<T[Key]> } : T;

/** Two runs of the same models, compared; plain data, as `tma compare --json` prints it. */
export type Comparison = Unchanged<z.output<typeof comparison>>;
export type ComparedModel = Comparison['models'][number];
export type ComparedConfiguration = ComparedModel['configurations'][number];
export type ComparedConstraint = ComparedModel['constraints'][number];
export type WinnerChange = ComparedModel['winner'];
export type Choice = NonNullable<WinnerChange['base']>;
export type Change = ComparedModel['changes'][number];
export type ValueChange = WinnerChange['changes'][number];
export type NewFailure = ComparedModel['failed'][number];
export type Judgement = Comparison['verdict'];
export type Side = Comparison['base'];
export type Difference = Comparison['changed'][number];
export type Gate = Comparison['gates'][number];

/** One of two runs to compare. */
export interface ComparedRun {
  readonly run: Run;
  readonly side: Side;
  /** What its models were judged by, newest first; [] where that is not known. */
  readonly goals: readonly Goal[];
}

/** The schema that checks what a program reads, and of which comparison.schema.json is made. */
export const comparisonSchema = comparison;

/** What `tma compare --json` prints, as JSON Schema (draft 2020-12). */
export const comparisonJsonSchema = (): Record<string, unknown> => ({
  title: 'tma compare --json',
  ...z.toJSONSchema(comparison, { io: 'input', unrepresentable: 'any' }),
});
