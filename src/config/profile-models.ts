import { z } from 'zod';
import { dockerArgs } from './docker-args.ts';
import { constraints, objectives } from './objectives.ts';
import { perfAnalyzerFlags } from './perf-analyzer-flags.ts';
import { flag, integer, integers, isFileName, isMapping, keys, texts } from './values.ts';
import { type Path, show } from './yaml.ts';

/** What perf.yaml may say about one model; every key is optional. */
const modelSettings = keys({
  cpu_only: flag.optional(),
  parameters: keys({
    batch_sizes: integers.optional(),
    concurrency: integers.optional(),
    request_rate: integers.optional(),
  }).optional(),
  objectives: objectives.optional(),
  constraints: constraints.optional(),
  weighting: integer(1).optional(),
  model_config_parameters: z.unknown().meta({ $ref: '#/$defs/ModelConfig' }).optional(),
  perf_analyzer_flags: perfAnalyzerFlags.optional(),
  genai_perf_flags: z.unknown().optional(),
  triton_server_flags: texts.optional(),
  triton_server_environment: texts.optional(),
  triton_docker_args: dockerArgs.optional(),
});

/** One entry of profile_models, and where below that key it stands. */
export interface ModelEntry {
  readonly name: string;
  readonly settings: z.output<typeof modelSettings>;
  readonly path: Path;
}

type RawEntry = { name: string; settings: unknown; path: Path };

/** `a,b` · `[a, b]` · `{a: {...}, b: {...}}` · `[a, {b: {...}}]`. */
function entriesOf(value: unknown): RawEntry[] | undefined {
  if (typeof value === 'string') {
    return value
      .split(',')
      .map((name) => ({ name: name.trim(), settings: {}, path: [] }))
      .filter((entry) => entry.name !== '');
  }
  if (isMapping(value)) {
    return Object.entries(value).map(([name, settings]) => ({ name, settings, path: [name] }));
  }
  if (!Array.isArray(value)) return undefined;
  const entries = value.map((item, index): RawEntry[] | undefined => {
    if (typeof item === 'string') return [{ name: item, settings: {}, path: [index] }];
    if (!isMapping(item)) return undefined;
    return Object.entries(item).map(([name, settings]) => ({ name, settings, path: [index, name] }));
  });
  return entries.every((entry) => entry !== undefined) ? entries.flat() : undefined;
}

/** The zod form of `profile_models`, in any of Model Analyzer's shapes. */
const readModels = z.unknown().transform((value, context): readonly ModelEntry[] => {
  const entries = entriesOf(value);
  if (!entries || entries.length === 0) {
    const message = `expected the name of a model, a list of names, or a mapping of name to settings, found ${show(value)}`;
    context.addIssue({ code: 'custom', message });
    return [];
  }
  const seen = new Set<string>();
  return entries.flatMap(({ name, settings, path }): ModelEntry[] => {
    if (seen.has(name)) {
      context.addIssue({ code: 'custom', path: [...path], message: `model "${name}" is listed twice` });
    }
    seen.add(name);
    if (!isFileName(name)) {
      const message = `"${name}" is no name of a model: it is a folder of the model repository, without a path`;
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    const parsed = modelSettings.safeParse(settings ?? {}, { reportInput: true });
    if (parsed.success) return [{ name, settings: parsed.data, path }];
    for (const issue of parsed.error.issues) {
      const below = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
      context.addIssue({ code: 'custom', path: [...path, ...below], message: issue.message });
    }
    return [];
  });
});

/** What editors are told of one model; `document.ts` defines it. */
export const modelSettingsForm: z.ZodType = modelSettings;
const MODELS = {
  type: 'object',
  additionalProperties: { anyOf: [{ $ref: '#/$defs/Model' }, { type: 'null' }] },
};

export const profileModels = readModels.meta({
  anyOf: [{ type: 'string' }, { type: 'array', items: { anyOf: [{ type: 'string' }, MODELS] } }, MODELS],
});
