import { groupOf, inGroups } from '../../src/cli/help-groups.ts';
import { perfSchema } from '../../src/config/document.ts';
import { LOAD_FLAGS, type LoadFlag } from '../../src/config/load-flags.ts';
import { OPTIONS, type Option, type OptionKey } from '../../src/config/options.ts';
import { code, either, table } from './markdown.ts';

const rows = Object.entries(OPTIONS) as [OptionKey, Option][];
const properties = perfSchema()['properties'] as Readonly<Record<string, JsonForm>>;

/** As much of JSON Schema as the forms of options use. */
interface JsonForm {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly JsonForm[];
  readonly items?: JsonForm;
  readonly properties?: Readonly<Record<string, JsonForm>>;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

/** What may be written where the schema is too large for a few words. */
const WRITTEN: Partial<Record<OptionKey, string>> = {
  profile_models: 'names with commas, a list of names, or `NAME: {...}` for each',
  objectives: 'a metric, a list of metrics, or `METRIC: WEIGHT` for each',
  constraints: '`METRIC: {max: N}` or `METRIC: {min: N}` for each',
  perf_analyzer_flags: '`FLAG: VALUE` for each',
  triton_server_flags: '`FLAG: VALUE` for each',
  triton_server_environment: '`NAME: VALUE` for each',
  triton_docker_labels: '`NAME: VALUE` for each',
  triton_docker_args: '`NAME: VALUE` for each',
  triton_docker_mounts: 'a list of `HOST:CONTAINER:ro` or `:rw`',
  triton_docker_shm_size: 'a size such as `512m` or `2g`',
  plots: '`NAME: {title, x_axis, y_axis, monotonic}` for each',
  report_model_configs: 'names with commas, a list of names, or `NAME: {plots: ...}` for each',
  on_finish: 'an http or https address',
  max_age: 'a time such as `7d`, `12h` or `30m`',
};

/** What stands behind a flag, in words, where the form is any text. */
const TEXTS: Readonly<Record<string, string>> = {
  DIR: 'a folder',
  FILE: 'a file',
  URL: 'an address',
  'HOST:PORT': '`HOST:PORT`',
};

/** The tables of docs/perf-yaml.md and docs/load.md, by name. */
export function optionTables(): Record<string, string> {
  const known = rows.filter(([, { refused, withoutEffect }]) => refused ?? withoutEffect);
  const listed = inGroups(rows.filter(([, { refused, withoutEffect }]) => !(refused ?? withoutEffect)));
  const groups = Map.groupBy(listed, ([key]) => groupOf(key).replace(/:$/, ''));
  const flags = Object.entries(LOAD_FLAGS) as [string, LoadFlag][];
  return {
    options: [...groups].map(([heading, options]) => `### ${heading}\n\n${tableOf(options)}`).join('\n\n'),
    'options that are known and do nothing': table(
      ['key', ''],
      known.map(([key, { refused, withoutEffect }]) => [code(key), refused ?? withoutEffect ?? '']),
    ),
    'flags of the load': table(
      ['flag', 'value', ''],
      flags
        .filter(([, { follower }]) => follower === 'native')
        .map(([name, { short, value, help, list, ours }]) => [
          `${short ? `${code(short)}, ` : ''}${code(`--${name}`)}`,
          value ?? '',
          `${help}${list ? '; may be repeated' : ''}${ours ? ' *' : ''}`,
        ]),
    ),
    'flags for perf_analyzer alone': flags
      .filter(([, { follower }]) => follower === 'perf_analyzer')
      .map(([name]) => code(name))
      .join(', '),
  };
}

const tableOf = (options: readonly (readonly [OptionKey, Option])[]): string =>
  table(
    ['key', 'what is written', 'default', ''],
    options.map(([key, option]) => [
      nameOf(key, option),
      WRITTEN[key] ?? wordsOf(properties[key]!, option),
      option.fallback ?? '',
      `${option.help}${option.peer === 'ours' ? ' *' : ''}`,
    ]),
  );

/** The key, its short flag, and where it is none of `tma profile` or of the command line. */
function nameOf(key: OptionKey, { flags, commands }: Option): string {
  const short = /^-\w(?=,)/.exec(flags ?? '')?.[0];
  const where = flags === undefined ? ' (perf.yaml)' : commands.includes('profile') ? '' : ' (`tma report`)';
  return `${code(key)}${short ? `, ${code(short)}` : ''}${where}`;
}

/** What a value may be, in words. */
function wordsOf(form: JsonForm, { value }: Pick<Option, 'value'> = {}): string {
  if (form.enum) return either(form.enum.map(code));
  if (form.const !== undefined) return code(form.const);
  if (form.anyOf) return choice(form.anyOf);
  switch (form.type) {
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
    case 'number':
      return numberWords(form);
    default:
      return TEXTS[value ?? ''] ?? 'a text';
  }
}

/** Of a value or a list of such; of a load also a range. */
function choice(forms: readonly JsonForm[]): string {
  if (forms.some(({ properties: keys }) => keys?.['start']))
    return 'a whole number, a list, or `{start, stop, step}`';
  const single = forms.filter(({ type }) => type !== 'array');
  const words = either(single.map((form) => wordsOf(form)));
  return single.length < forms.length ? `${words}, or a list` : words;
}

/** Without the largest, which nobody comes near. */
function numberWords({ type, minimum, exclusiveMinimum }: JsonForm): string {
  const noun = type === 'integer' ? 'a whole number' : 'a number';
  if (exclusiveMinimum !== undefined) return `${noun} above ${exclusiveMinimum}`;
  return minimum === undefined ? noun : `${noun}, ${minimum} or more`;
}
