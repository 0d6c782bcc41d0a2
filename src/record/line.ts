import { z } from 'zod';
import { findMetric } from '../ground/metric.ts';
import type { Shape } from '../ground/shape.ts';
import { configOfServer } from '../model-config/config.ts';
import type { DiffLine } from '../model-config/diff.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { isObject, isTooDeep, name } from './checks.ts';
import type { DriftedPoint, DriftRecord, ShiftRecord } from './drift.ts';
import type { Entry } from './entry.ts';
import type { Constraint, Criteria, Goal, Prices } from './goal.ts';
import { byGpu, measurement, point, seconds } from './measurement-line.ts';
import { complete, type StoredRecord, shortened } from './one-model.ts';
import type {
  BeliefRecord,
  Environment,
  RecordedModel,
  SearchRecord,
  Seeds,
  Session,
  StepTimes,
  TrialEnd,
  UsedBudget,
  VariantRecord,
} from './run.ts';
import { JournalUpgrade } from './upgrade.ts';

const texts = z.array(z.string());
const fingerprints = z.record(z.string(), z.string());
export const config: z.ZodType<ModelConfig> = z.looseObject({}).transform((value, context) => {
  try {
    return configOfServer(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `no model configuration: ${String(error)}` });
    return z.NEVER;
  }
});

const names = z.tuple([name], name);

const metric = z
  .string()
  .refine((text) => findMetric(text) !== undefined, { error: 'no metric that this tma knows' });
export const constraint = z.object({
  tag: metric,
  bound: z.enum(['min', 'max']),
  value: z.number(),
} satisfies Shape<Constraint>);

const price = z.number().positive();
export const prices = z.object({
  perGpuHour: price.optional(),
  perCpuHour: price.optional(),
  currency: z.string().optional(),
  requestRate: z.number().positive().optional(),
} satisfies Shape<Prices>);

const goal = {
  objectives: z.array(z.object({ tag: metric, weight: z.number() })),
  constraints: z.array(constraint),
  prices: prices.optional(),
} satisfies Shape<Criteria>;

export const environment = z.object({
  gpus: texts.optional(),
  driver: z.string().optional(),
  tma: z.string(),
  node: z.string(),
  os: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryMB: z.number(),
  launcher: z.string(),
  server: z.string(),
  generator: z.string(),
  generatorVersion: z.string().optional(),
  protocol: z.literal('grpc').optional(),
  command: texts,
  folder: z.string().optional(),
} satisfies Shape<Environment>);

export const session = z.object({
  kind: z.literal('session'),
  schemaVersion: z.number(),
  id: z.string(),
  startedAt: z.string(),
  continues: z.string().optional(),
  takesAll: z.literal(true).optional(),
  fresh: z.literal(true).optional(),
  environment,
  goals: z.array(z.object({ models: names, ...goal } satisfies Shape<Goal>)),
  overall: z.object(goal).optional(),
  load: z.record(z.string(), fingerprints).optional(),
  seeds: z
    .record(z.string(), z.object({ search: z.number(), load: z.number() } satisfies Shape<Seeds>))
    .optional(),
  wanted: fingerprints.optional(),
} satisfies Shape<Session & { kind: 'session'; schemaVersion: number }>);

export const server = z.object({
  kind: z.literal('server'),
  name: z.string(),
  version: z.string(),
  gpus: byGpu,
});

export const model = z.object({
  name,
  role: z.enum(['measured', 'composing']),
  assignment: z
    .record(z.string(), z.unknown())
    .refine(({ instance_group: groups = [] }) => !Array.isArray(groups) || groups.every(isObject), {
      error: 'an instance group is no object',
    }),
  config,
  configText: z.string(),
  diff: z.array(z.object({ change: z.enum([' ', '-', '+']), text: z.string() } satisfies Shape<DiffLine>)),
} satisfies Shape<RecordedModel>);

export const variant = z.object({
  kind: z.literal('variant'),
  key: z.string(),
  parts: fingerprints.optional(),
  name,
  isDefault: z.boolean(),
  models: z.tuple([model], model),
  composing: texts.optional(),
} satisfies Shape<VariantRecord & { kind: 'variant' }>);

export const record = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('measured'),
    key: z.string(),
    measurement,
    again: z.enum(['here', 'afresh']).optional(),
    startS: z.number().optional(),
    sentinel: z.literal(true).optional(),
  }),
  z.object({
    state: z.literal('failed'),
    key: z.string(),
    point,
    kind: z.string().optional(),
    cause: z.string(),
  }),
  z.object({ state: z.literal('skipped'), points: z.array(point), reason: z.string() }),
]);

export const end = z.object({
  kind: z.string().optional() as z.ZodType<TrialEnd['kind']>,
  cause: z.string().optional(),
  lines: texts.optional(),
  advice: z.string().optional(),
  logTail: texts.optional(),
  logFile: z.string().optional(),
  specFile: z.string().optional(),
  effective: config.optional(),
  warnings: texts,
  steps: z.object({
    startS: seconds,
    loadS: seconds,
    warmupS: seconds,
    measureS: seconds,
    stopS: seconds,
  } satisfies Shape<StepTimes>),
  peakMemoryMB: z.number().positive().optional(),
} satisfies Shape<TrialEnd>);

const probability = z.number().min(0).max(1);
export const belief = z.object({
  goal: z.object(goal),
  variant: name,
  point,
  value: z.number().optional(),
  interval: z.tuple([z.number(), z.number()]).optional(),
  keeps: probability,
  better: z.object({
    chance: probability,
    variant: name.optional(),
    assignment: z.record(z.string(), z.unknown()).optional(),
    point: point.optional(),
  }),
  more: z.object({ minutes: z.number(), gain: z.number(), by: z.string().optional() }).optional(),
} satisfies Shape<BeliefRecord>);

export const usedBudget = z.object({
  option: z.string(),
  most: z.number(),
  of: z.enum(['measurements', 'configurations', 'minutes']),
  shared: z.literal(true).optional(),
} satisfies Shape<UsedBudget>);

const looked = z.object({ all: z.number(), seen: z.number() });
export const search = z.object({
  kind: z.literal('search'),
  models: names,
  search: z.string(),
  why: z.string(),
  interrupted: z.boolean().optional(),
  points: looked,
  configurations: looked,
  measurements: z.number(),
  importance: z.array(z.object({ parameter: z.string(), share: z.number() })),
  skipped: z.array(z.object({ reason: z.string(), points: z.number() })),
  remarks: texts,
  ended: usedBudget.optional(),
  belief: belief.optional(),
} satisfies Shape<SearchRecord & { kind: 'search' }>);

export const drift = z.object({
  kind: z.literal('drift'),
  models: names,
  sentinel: z.object({ variant: name, point }),
  looks: z.number(),
  shifts: z.array(
    z.object({ after: z.string(), before: z.string(), by: z.number() } satisfies Shape<ShiftRecord>),
  ),
  drifted: z.array(
    z.object({
      variant: z.string(),
      key: z.string(),
      startedAt: z.string(),
      by: z.number(),
    } satisfies Shape<DriftedPoint>),
  ),
  again: z.number(),
  unfinished: z.literal(true).optional(),
} satisfies Shape<DriftRecord & { kind: 'drift' }>);

const entry = z.discriminatedUnion('kind', [
  session,
  server,
  variant,
  z.object({ kind: z.literal('point'), variant: z.string(), record }),
  z.object({ kind: z.literal('taken'), variant: z.string(), key: z.string(), from: z.string() }),
  z.object({ kind: z.literal('end'), variant: z.string(), end }),
  search,
  drift,
]);
const KINDS: ReadonlySet<unknown> = new Set([
  'session',
  'server',
  'variant',
  'point',
  'taken',
  'end',
  'search',
  'drift',
]);

/** What a line of a journal says, or why it says nothing. */
export type Line =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** No JSON: the line was cut short, or never was one. */
  | { readonly kind: 'cut'; readonly begins: Begins }
  | { readonly kind: 'unknown'; readonly what: string }
  | { readonly kind: 'wrong'; readonly why: string; readonly begins: Exclude<Begins, 'maybe'> };

/** Whether a line that can't be read was the beginning of a session; maybe: what follows it tells. */
export type Begins = 'yes' | 'no' | 'maybe';

const SESSION = 'session';

/** What no session holds, and other lines do: what is left of a line whose beginning is lost may show it. */
const OTHERS_HOLD = new RegExp(
  [
    '"state":"(measured|failed|skipped)"',
    '"streams":\\[',
    '"stable":(true|false)',
    '"isDefault":(true|false)',
    '"diff":\\[',
    '"steps":\\{',
    '"configurations":\\{',
    '"importance":\\[',
    '"remarks":\\[',
    '"shifts":\\[',
    '"version":"[^"]*","gpus":\\{',
    '"key":"[^"]*","from":"[^"]*"\\}$',
  ].join('|'),
);
/** The beginning of any line. */
const BEGINNING = new RegExp(`\\{"kind":"(${[...KINDS].join('|')})"`);

/** Whether a line that is no JSON was the beginning of a session, by what is left of it. */
function beginsSession(text: string): Begins {
  // One that lost its end may have swallowed the next one.
  if (text.includes(`{"kind":"${SESSION}"`)) return 'yes';
  const kind = /^\{"kind":"(\w*)/.exec(text)?.[1];
  if (kind !== undefined) return SESSION.startsWith(kind) || kind.startsWith(SESSION) ? 'maybe' : 'no';
  // The rest of one line; where another begins in it, or its own beginning is there in part, more may be lost.
  return !text.startsWith('{') && !BEGINNING.test(text) && OTHERS_HOLD.test(text) ? 'no' : 'maybe';
}

/** Reads the lines of a journal one after the other, those of earlier versions as ones of this. */
export class LineReader {
  readonly #upgrade = new JournalUpgrade();

  /** Whatever stands in the line, this does not throw. */
  read(text: string): Line {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { kind: 'cut', begins: beginsSession(text) };
    }
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
    const begins = kind === SESSION ? 'yes' : 'no';
    if (isTooDeep(value)) return { kind: 'wrong', why: 'it is nested too deep', begins };
    if (typeof kind === 'string' && !KINDS.has(kind)) return { kind: 'unknown', what: kind };
    const found = entry.safeParse(this.#upgrade.line(value));
    if (found.success) return { kind: 'entry', entry: entryOf(found.data as StoredEntry) };
    const [issue] = found.error.issues;
    const at = issue!.path.join('.');
    return { kind: 'wrong', why: `${at === '' ? '' : `${at}: `}${issue!.message}`, begins };
  }
}

/** An entry as a line has it. */
type StoredEntry =
  | Exclude<Entry, { kind: 'point' }>
  | (Omit<Extract<Entry, { kind: 'point' }>, 'record'> & { readonly record: StoredRecord });

const entryOf = (stored: StoredEntry): Entry =>
  stored.kind === 'point' ? { ...stored, record: complete(stored.record) } : stored;

/** The line of an entry, without its end. */
export const lineOf = (from: Entry): string =>
  JSON.stringify(from.kind === 'point' ? { ...from, record: shortened(from.record) } : from);
