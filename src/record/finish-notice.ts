import { z } from 'zod';
import { documented } from './documented.ts';
import * as stored from './measurement-line.ts';
import { decision, gain } from './model-result.ts';

/** Version of what `--on-finish` posts; a change that a program which reads it can't take raises it. */
export const NOTICE_VERSION = 1;

const model = documented(
  z.object({
    model: z.string(),
    decision,
    verdict: z.string(),
    values: stored.values,
    intervals: z.record(z.string(), z.tuple([z.number().nullable(), z.number().nullable()])),
    marks: z.array(z.string()),
    constraints: z.enum(['met', 'missed', 'unknown']).nullable(),
    gain: gain.nullable(),
  }),
  {
    model: 'name of the model; of several that are loaded together their names, joined by commas',
    decision: 'what to serve the model with',
    verdict: 'the decision as a sentence; a long one is cut',
    values:
      'metric -> value of what was decided for, or where nothing was of the leader: the objectives, what is limited, throughput and p99 latency; the units are those of results.json',
    intervals: 'metric -> its 95 % interval, null where an end is not known',
    marks:
      'why the figures may not be trusted, by the tags that results.json explains; [] where nothing is known against them',
    constraints: 'what all constraints come to there; null: nothing was measured',
    gain: 'over the default; null: it can not be told',
  },
).meta({ id: 'ModelNotice', description: 'what a run comes to for one model' });

const notice = documented(
  z.object({
    schemaVersion: z.literal(NOTICE_VERSION),
    state: z.enum(['done', 'failed', 'interrupted']),
    exitCode: z.number().int(),
    session: z.string().nullable(),
    startedAt: z.string(),
    durationS: z.number(),
    tma: z.string(),
    text: z.string(),
    models: z.array(model),
    modelsLeftOut: z.number().int(),
    mistakes: z.array(z.string()),
  }),
  {
    schemaVersion: 'version of this form; fields may be added without',
    state:
      'done: it came to its end, whatever it decided; failed: a mistake, something that is missing, or a bug ended it or a model; interrupted: somebody ended it',
    exitCode: 'the exit code of tma profile',
    session: 'which session of the journal it is, as tma report --session takes it; null: none was begun',
    startedAt: 'when tma profile was called, ISO 8601',
    durationS: 'seconds since then',
    tma: 'version of tma',
    text: 'all of it in few words, as chats show it that take a `text`',
    models: 'what it comes to for each model',
    modelsLeftOut: 'models for which there was no room',
    mistakes: 'what ended it, or one of its models',
  },
);

/** What is posted when `tma profile` ends. */
export type FinishNotice = z.output<typeof notice>;
export type ModelNotice = FinishNotice['models'][number];

/** The same as JSON Schema (draft 2020-12). */
export const noticeJsonSchema = (): Record<string, unknown> => ({
  title: 'what tma profile --on-finish posts',
  ...z.toJSONSchema(notice, { io: 'input', unrepresentable: 'any' }),
});

/** Reads what was posted. @throws ZodError where it is something else. */
export const parseNotice = (value: unknown): FinishNotice => notice.parse(value);
