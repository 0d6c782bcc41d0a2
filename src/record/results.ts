import { z } from 'zod';
import { UserError } from '../ground/errors.ts';
import { isTooDeep } from './checks.ts';
import { documented } from './documented.ts';
import { environment, limit, objective, prices, server, session, trial } from './journal-records.ts';
import { FIGURES, figures, missing, modelResult } from './model-result.ts';
import { upgradeResults } from './results-upgrade.ts';

/**
 * Version of results.json. A change that a program which reads it can't take raises it, and `upgradeResults` learns to
 * make the new form of the old; fields may be added without.
 */
export const RESULTS_VERSION = 2;

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
    marks: z
      .record(
        z.string(),
        documented(z.object({ words: z.string(), advice: z.string() }), {
          words: 'what it says',
          advice: 'what to do about it',
        }),
      )
      .optional(),
    models: z.array(modelResult),
    acrossModels: documented(
      z.object({
        objectives: z.array(objective),
        prices: prices.optional(),
        constraints: z.array(limit),
        missing: z.array(missing),
        ties: z.array(z.string()).optional(),
        ranking: z.array(
          documented(z.object({ model: z.string(), ...figures }), { model: 'its model', ...FIGURES }),
        ),
      }),
      {
        objectives: 'what they are compared by',
        prices: 'the prices that costs follow from; absent: none were given',
        constraints: 'the limits',
        missing: 'metrics among these that were not measured for every configuration',
        ties: 'configurations that differ from the first by less than the noise of both; absent: an earlier tma wrote the file',
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
    marks: 'every mark that figures may carry, by its tag; absent: an earlier tma wrote the file',
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
