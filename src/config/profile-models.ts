import { z } from 'zod';
import { dockerArgs } from './docker-args.ts';
import { whereInModel } from './misplaced.ts';
import { constraints, objectives } from './objectives.ts';
import { perfAnalyzerFlags } from './perf-analyzer-flags.ts';
import { serverFlags } from './server-flags.ts';
import { flag, integer, integers, isFileName, keys, mistakesIn, texts } from './values.ts';
import { isMapping, shorten, show, textOf } from './written.ts';
import type { Path } from './yaml.ts';

/** What perf.yaml may say about one model; every key is optional. */
const modelSettings = keys(
  {
    cpu_only: flag.optional(),
    parameters: keys(
      {
        batch_sizes: integers.optional(),
        concurrency: integers.optional(),
        request_rate: integers.optional(),
      },
      whereInModel,
    ).optional(),
    objectives: objectives.optional(),
    constraints: constraints.optional(),
    weighting: integer(1).optional(),
    model_config_parameters: z.unknown().meta({ $ref: '#/$defs/ModelConfig' }).optional(),
    perf_analyzer_flags: perfAnalyzerFlags.optional(),
    genai_perf_flags: z.unknown().optional(),
    triton_server_flags: serverFlags.optional(),
    triton_server_environment: texts.optional(),
    triton_docker_args: dockerArgs.optional(),
  },
  whereInModel,
);

/** One entry of profile_models, and where below that key it stands. */
export interface ModelEntry {
  readonly name: string;
  readonly settings: z.output<typeof modelSettings>;
  readonly path: Path;
}

type RawEntry = { name: string; settings: unknown; path: Path };

/** `a,b` · `[a, b]` · `{a: {...}, b: {...}}` · `[a, {b: {...}}]`. */
function entriesOf(value: unknown): RawEntry[] | undefined {
  const named = (name: string, path: Path): RawEntry => ({ name, settings: {}, path });
  const text = textOf(value);
  if (text !== undefined) {
    const names = text.split(',').map((name) => name.trim());
    return names.filter((name) => name !== '').map((name) => named(name, []));
  }
  if (isMapping(value)) {
    return Object.entries(value).map(([name, settings]) => ({ name, settings, path: [name] }));
  }
  if (!Array.isArray(value)) return undefined;
  const entries = value.map((item: unknown, index): RawEntry[] | undefined => {
    const name = textOf(item);
    if (name !== undefined) return [named(name, [index])];
    if (!isMapping(item)) return undefined;
    return Object.entries(item).map(([key, settings]) => ({ name: key, settings, path: [index, key] }));
  });
  return entries.every((entry) => entry !== undefined) ? entries.flat() : undefined;
}

/** A name becomes folders and files with something behind it, and no file name is longer than 255 bytes. */
const LONGEST_NAME = 200;

/** Why a model can't be called so. */
function whyNoName(name: string): string | undefined {
  if (!isFileName(name))
    return `"${shorten(name)}" is no name of a model: it is a folder of the model repository, without a path`;
  const bytes = Buffer.byteLength(name);
  return bytes > LONGEST_NAME
    ? `"${shorten(name)}" has ${bytes} bytes: a name may have ${LONGEST_NAME}, as files are called after it`
    : undefined;
}

/** The zod form of `profile_models`, in any of Model Analyzer's shapes. */
const readModels = z.unknown().transform((value, context): readonly ModelEntry[] => {
  const problems: { path: readonly PropertyKey[]; message: string }[] = [];
  const entries = entriesOf(value);
  if (!entries || entries.length === 0) {
    const message = `expected the name of a model, a list of names, or a mapping of name to settings, found ${show(value)}`;
    context.addIssue({ code: 'custom', message });
    return [];
  }
  const seen = new Set<string>();
  const good = entries.flatMap(({ name, settings, path }): ModelEntry[] => {
    const reason = seen.has(name) ? `model "${shorten(name)}" is listed twice` : whyNoName(name);
    seen.add(name);
    if (reason !== undefined) {
      problems.push({ path, message: reason });
      return [];
    }
    const read = readSettings(settings ?? {});
    for (const { path: below, message } of read.problems)
      problems.push({ path: [...path, ...below], message });
    return [{ name, settings: read.settings, path }];
  });
  for (const { path, message } of problems)
    context.addIssue({ code: 'custom', path: [...path], message, params: { good } });
  return good;
});

/** The settings of a model, and what is wrong in them; what is wrong is not in the settings. */
function readSettings(given: unknown) {
  const parse = (value: unknown) => modelSettings.safeParse(value, { reportInput: true });
  const parsed = parse(given);
  if (parsed.success) return { settings: parsed.data, problems: [] };
  const problems = mistakesIn(parsed.error);
  const wrong = new Set(problems.map(({ path }) => String(path[0])));
  const rest = isMapping(given) ? Object.entries(given).filter(([key]) => !wrong.has(key)) : [];
  return { settings: parse(Object.fromEntries(rest)).data ?? {}, problems };
}

/** What editors are told of one model; `document.ts` defines it. */
export const modelSettingsForm: z.ZodType = modelSettings;
const MODELS = {
  type: 'object',
  additionalProperties: { anyOf: [{ $ref: '#/$defs/Model' }, { type: 'null' }] },
};

export const profileModels = readModels.meta({
  anyOf: [{ type: 'string' }, { type: 'array', items: { anyOf: [{ type: 'string' }, MODELS] } }, MODELS],
});
