import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, userError } from '../ground/errors.ts';
import { aggregate, findMetric } from '../ground/metric.ts';
import { isFolder, onDisk, whyNoFileName } from '../ground/paths.ts';
import { canonicalJson, configOfServer, printConfigText } from '../model-config/config.ts';
import { diffText } from '../model-config/diff.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { firstFew } from '../record/checks.ts';
import { atRate, inFlight, type LoadPoint } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import { ofEach } from '../record/one-model.ts';
import { type PointRecord, type Run, SCHEMA_VERSION, type ServerRecord, type Trial } from '../record/run.ts';
import {
  readMeasurement,
  readVariant,
  type Stored,
  type StoredMeasurement,
  type StoredVariant,
  storedIn,
  type Tagged,
} from './model-analyzer-format.ts';

/** A checkpoint of Model Analyzer's, as a run; names, figures and order are its own. */
export interface Checkpoint {
  readonly file: string;
  readonly run: Run;
  /** What could not be taken over, a line each. */
  readonly warnings: readonly string[];
}

const NO_STEPS = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };

/**
 * The newest `N.ckpt` of a checkpoint directory, in Model Analyzer's format; undefined when there is none.
 * @throws UserError when it can't be read.
 */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  const names = isFolder(directory)
    ? onDisk(`cannot read ${directory}`, 'name another folder with --checkpoint-directory', () =>
        readdirSync(directory),
      )
    : [];
  const [newest] = names
    .flatMap((name) => /^(\d+)\.ckpt$/.exec(name)?.[1] ?? [])
    .sort((a, b) => (BigInt(a) > BigInt(b) ? -1 : 1));
  if (newest === undefined) return undefined;
  return readCheckpointFile(
    join(directory, `${newest}.ckpt`),
    'it may have been cut short: remove it, and the one before it is read',
  );
}

/**
 * One checkpoint of Model Analyzer's.
 * @param hint what to do where it can't be read.
 * @throws UserError when it can't be read.
 */
export function readCheckpointFile(file: string, hint?: string): Checkpoint {
  try {
    const there = statSync(file);
    if (!there.isFile()) throw new Error('it is no file');
    const { run, warnings } = toRun(storedIn(readFileSync(file, 'utf8')), there.mtime);
    return {
      file,
      run,
      warnings: firstFew(warnings, (left) => `${left} more of what ${file} holds are left out`),
    };
  } catch (error) {
    throw userError(`${file}: not a checkpoint of Model Analyzer's: ${messageOf(error)}`, hint);
  }
}

function toRun(stored: Stored, writtenAt: Date): Pick<Checkpoint, 'run' | 'warnings'> {
  const warnings: string[] = [];
  const { _results: results } = stored['ResultManager.results'];
  const trials = Object.entries(results).flatMap(([model, variants]) => {
    const why = model.includes(',') ? 'models that were profiled at once' : whyNoFileName(model);
    if (why !== undefined) {
      warnings.push(`${JSON.stringify(model)} is left out: ${why}`);
      return [];
    }
    return trialsOf(model, variants, writtenAt, warnings);
  });
  const gpus = Object.entries(stored['ResultManager.server_only_data'] ?? {});
  const servers: ServerRecord[] =
    gpus.length > 0
      ? [
          {
            name: 'triton',
            version: 'unknown',
            gpus: Object.fromEntries(gpus.map(([uuid, data]) => [uuid, valuesOf(data)])),
          },
        ]
      : [];
  return { run: { schemaVersion: SCHEMA_VERSION, sessions: [], servers, trials, searches: [] }, warnings };
}

/** A variant as it is stored, and its configuration under the model's own name. */
interface Found {
  readonly name: string;
  readonly stored: StoredVariant;
  readonly config: ModelConfig;
  /** By Model Analyzer's own key; each is read for itself, so that a bad one takes nothing along. */
  readonly measurements: Readonly<Record<string, unknown>>;
}

/** The variants of a model that can be read; a warning for each other. */
function trialsOf(
  model: string,
  variants: Readonly<Record<string, unknown>>,
  writtenAt: Date,
  warnings: string[],
): Trial[] {
  const found = Object.entries(variants).flatMap(([name, value]): Found[] => {
    try {
      const why = whyNoFileName(name);
      if (why !== undefined) throw new Error(why);
      const [stored, measurements] = readVariant(value);
      return [{ name, stored, measurements, config: configOf(stored, model) }];
    } catch (error) {
      warnings.push(`${JSON.stringify(name.slice(0, 80))} is left out: ${messageOf(error)}`);
      return [];
    }
  });
  const base = found.find(({ name }) => name === `${model}_config_default`);
  const made = [...new Set(found.flatMap(({ stored }) => composingOf(stored)))];
  if (made.length > 0) {
    warnings.push(
      `${model}: its composing models (${made.join(', ')}) were changed, too, which the report does not show: tma does not vary them itself in this version, and writes no configuration to results/best`,
    );
  }
  return found.map((variant) => trialOf(variant, { model, base: base?.config, writtenAt, warnings }));
}

/** A variant's configuration under the model's own name; maps in an order of their own, as theirs means nothing. */
function configOf({ _model_run_configs: [first] }: StoredVariant, model: string): ModelConfig {
  const { _model_config_variant: variant, _model_config: plain } = first;
  const config = configOfServer({ ...((variant?.model_config ?? plain) as object), name: model });
  return JSON.parse(canonicalJson(config)) as ModelConfig;
}

/** Names of the models that an ensemble or a BLS model is made of, where they were profiled along. */
const composingOf = ({ _model_run_configs: [first] }: StoredVariant): string[] =>
  (first._composing_config_variants ?? first._composing_configs ?? []).map(
    (item, index) => item.model_config?.name ?? item.name ?? `model ${index + 1}`,
  );

function trialOf(
  { name, stored, config, measurements }: Found,
  {
    model,
    base = config,
    writtenAt,
    warnings,
  }: { model: string; base: ModelConfig | undefined; writtenAt: Date; warnings: string[] },
): Trial {
  const points = Object.entries(measurements).flatMap(([key, value]): PointRecord[] => {
    try {
      const measured = readMeasurement(value);
      const point = pointOf(model, measured);
      if (point) return [{ state: 'measured', key, measurement: measurementOf(point, measured, writtenAt) }];
      warnings.push(`${name}: a load of its own making (request-intervals) is left out`);
    } catch (error) {
      warnings.push(`${name}: a measurement is left out: ${messageOf(error)}`);
    }
    return [];
  });
  const configText = printConfigText(config);
  const composing = composingOf(stored);
  const cpuOnly = stored._model_run_configs[0]._model_config_variant?.cpu_only === true;
  // Model Analyzer's word for what the server decides.
  const effective = { ...config, instance_group: [{ kind: cpuOnly ? 'KIND_CPU' : 'KIND_GPU', count: 1 }] };
  return {
    key: `Model Analyzer: ${name}`,
    models: [
      {
        name: model,
        assignment: changesOf(config, base),
        config,
        configText,
        diff: diffText(printConfigText(base), configText),
        role: 'measured',
      },
    ],
    name,
    isDefault: name === `${model}_config_default`,
    ...(composing.length > 0 && { composing }),
    state: points.length > 0 ? 'measured' : 'not tried',
    points,
    ...(config['instance_group'] === undefined && { end: { effective, warnings: [], steps: NO_STEPS } }),
  };
}

/** The fields in which a configuration differs from the default. */
const changesOf = (config: ModelConfig, base: ModelConfig): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).filter(([key, value]) => canonicalJson(value) !== canonicalJson(base[key])),
  );

function pointOf(
  model: string,
  { _model_config_measurements: [first] }: StoredMeasurement,
): LoadPoint | undefined {
  const parameters = first._model_specific_pa_params;
  const number = (key: string): number | undefined => {
    const value =
      parameters[key] === null || parameters[key] === undefined ? undefined : Number(parameters[key]);
    if (value === undefined || (value > 0 && Number.isFinite(value))) return value;
    throw new Error(`${key} is ${JSON.stringify(parameters[key])}`);
  };
  const [batchSize = 1, concurrency, requestRate] = [
    number('batch-size'),
    number('concurrency-range'),
    number('request-rate-range'),
  ];
  if (concurrency !== undefined) return inFlight(model, concurrency, batchSize);
  return requestRate === undefined ? undefined : atRate(model, requestRate, batchSize);
}

function measurementOf(point: LoadPoint, stored: StoredMeasurement, writtenAt: Date): Measurement {
  const whole = {
    values: {
      ...valuesOf(stored._model_config_measurements[0]._non_gpu_data),
      ...overGpus(Object.values(stored._gpu_data).map(valuesOf)),
    },
    intervals: {},
  };
  return {
    point,
    whole,
    models: ofEach({ point, whole }),
    gpus: Object.fromEntries(Object.entries(stored._gpu_data).map(([uuid, data]) => [uuid, valuesOf(data)])),
    client: { engine: 'perf_analyzer, by Model Analyzer' },
    // How many there were it does not say.
    requests: 0,
    failures: {},
    durationS: 0,
    warmupS: 0,
    windows: 0,
    counted: 0,
    stable: true,
    warnings: [],
    startedAt: writtenAt.toISOString(),
  };
}

const valuesOf = (data: Tagged): Record<string, number> =>
  Object.fromEntries(data.flatMap(([tag, { _value }]) => (_value === null ? [] : [[tag, _value]])));

/** The GPUs of a server together. */
function overGpus(gpus: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const tags = [...new Set(gpus.flatMap((values) => Object.keys(values)))];
  return Object.fromEntries(
    tags.flatMap((tag) => {
      const values = gpus.flatMap((gpu) => gpu[tag] ?? []);
      const value = aggregate(values, findMetric(tag)?.overGpus ?? 'mean');
      return value === undefined ? [] : [[tag, value]];
    }),
  );
}
