import { nearest } from '../ground/wording.ts';
import { type FieldType, MODEL_CONFIG_TYPE } from '../model-config/schema.ts';
import { loadFlags } from './load-flags.ts';
import { isMapping } from './written.ts';

const OF_A_MODEL = new Set(['parameters', 'model_config_parameters']);
const LOADS = new Set(['batch_sizes', 'concurrency', 'request_rate']);

/**
 * What to do with a key that is no option of the whole file; undefined for one that is known nowhere.
 * @param models what stands at profile_models, for the name of one.
 */
export function whereItBelongs(key: string, models: unknown, options: readonly string[]): string | undefined {
  const model = `profile_models, ${firstName(models) ?? 'NAME'}`;
  const name = key.replaceAll('-', '_');
  if (OF_A_MODEL.has(name)) return `it is said of one model: write it below ${model}`;
  const field = fieldText(name);
  if (field) return `${field}: it belongs below ${model}, model_config_parameters`;
  const close = nearest(key, options);
  return slip(key, options) ?? flagText(key) ?? (close && `did you mean "${close}"?`);
}

/** A letter too many or too few, which is likelier than another place. */
function slip(key: string, known: readonly string[]): string | undefined {
  const close = nearest(key, known);
  return close && Math.abs(close.length - key.length) < 2 ? `did you mean "${close}"?` : undefined;
}

/** The same for a key that stands among the settings of one model, or among the loads below its `parameters`. */
export function whereInModel(key: string, known: readonly string[]): string | undefined {
  if (/^\d+$/.test(key)) return 'inside {...} a list is written with brackets: [1, 2, 4]';
  const meant = slip(key, known);
  if (meant) return meant;
  const name = key.replaceAll('-', '_');
  if (LOADS.has(name)) return 'it belongs below parameters';
  const field = fieldText(name);
  return field ? `${field}: it belongs below model_config_parameters` : flagText(key);
}

/** The same for a key that stands among the fields of config.pbtxt. */
export const whereAmongFields = (key: string): string | undefined =>
  LOADS.has(key.replaceAll('-', '_'))
    ? 'it is no field of config.pbtxt: it belongs below parameters'
    : undefined;

/** `a field of config.pbtxt`, or of one of its messages. */
function fieldText(name: string): string | undefined {
  if (MODEL_CONFIG_TYPE.fields.has(name)) return 'a field of config.pbtxt';
  const parent = PARENTS.find((key) => messageOf(MODEL_CONFIG_TYPE.fields.get(key)!)?.fields.has(name));
  return parent && name.includes('_') ? `a field of ${parent} in config.pbtxt` : undefined;
}

/** Fields of config.pbtxt whose own fields are called by names of their own. */
const PARENTS = ['dynamic_batching', 'sequence_batching', 'optimization', 'instance_group'];

const messageOf = (type: FieldType): Extract<FieldType, { kind: 'message' }> | undefined =>
  type.kind === 'message' ? type : type.kind === 'list' ? messageOf(type.of) : undefined;

function flagText(key: string): string | undefined {
  const flag = key.replaceAll('_', '-');
  return loadFlags.has(flag) ? `a flag of perf_analyzer: write ${flag} below perf_analyzer_flags` : undefined;
}

/** The name of the first model that is listed, in whatever form. */
function firstName(models: unknown): string | undefined {
  if (typeof models === 'string') return models.split(',')[0]!.trim() || undefined;
  if (Array.isArray(models)) return firstName(models[0]);
  return isMapping(models) ? Object.keys(models)[0] : undefined;
}
