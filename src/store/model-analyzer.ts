import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, userError } from '../errors.ts';
import type { Measurement } from '../measure/measurement.ts';
import { aggregate, findMetric } from '../metric.ts';
import { canonicalJson, configOfServer, type ModelConfig, printConfigText } from '../model-config/config.ts';
import { diffText } from '../model-config/diff.ts';
import type { LoadPoint } from '../space/load-point.ts';
import { type PointRecord, type Run, SCHEMA_VERSION, type ServerRecord, type Trial } from './run.ts';

/** A checkpoint of Model Analyzer's, as a run; names, figures and order are its own. */
export interface Checkpoint {
  readonly file: string;
  readonly run: Run;
  /** What could not be taken over, a line each. */
  readonly warnings: readonly string[];
}

const NO_STEPS = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };

type Tagged = readonly (readonly [tag: string, record: { readonly _value: number }])[];

interface StoredMeasurement {
  readonly _gpu_data: Readonly<Record<string, Tagged>>;
  readonly _model_config_measurements: readonly {
    readonly _model_specific_pa_params: Readonly<Record<string, number | string | null>>;
    readonly _non_gpu_data: Tagged;
  }[];
}

interface StoredVariant {
  readonly _model_run_configs: readonly {
    readonly _model_name: string;
    readonly _model_config_variant?: { readonly model_config: unknown; readonly cpu_only?: boolean };
    /** Older checkpoints have the configuration itself. */
    readonly _model_config?: unknown;
  }[];
}

interface Stored {
  readonly 'ResultManager.results': {
    readonly _results: Readonly<
      Record<
        string,
        Readonly<Record<string, readonly [StoredVariant, Readonly<Record<string, StoredMeasurement>>]>>
      >
    >;
  };
  readonly 'ResultManager.server_only_data'?: Readonly<Record<string, Tagged>>;
}

/**
 * The newest `N.ckpt` of a checkpoint directory, in Model Analyzer's format; undefined when there is none.
 * @throws UserError when it can't be read.
 */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  const numbers = existsSync(directory)
    ? readdirSync(directory).flatMap((name) => /^(\d+)\.ckpt$/.exec(name)?.[1] ?? [])
    : [];
  if (numbers.length === 0) return undefined;
  const file = join(directory, `${Math.max(...numbers.map(Number))}.ckpt`);
  try {
    return { file, ...toRun(JSON.parse(readFileSync(file, 'utf8')) as Stored, statSync(file).mtime) };
  } catch (error) {
    throw userError(
      `${file}: not a checkpoint of Model Analyzer's: ${messageOf(error)}`,
      'it may have been cut short: remove it, and the one before it is read',
    );
  }
}

function toRun(stored: Stored, writtenAt: Date): Pick<Checkpoint, 'run' | 'warnings'> {
  const warnings: string[] = [];
  const trials = Object.entries(stored['ResultManager.results']._results).flatMap(([model, variants]) => {
    if (model.includes(',')) {
      warnings.push(`${model}: models that were profiled at once are left out`);
      return [];
    }
    const defaults = variants[`${model}_config_default`]?.[0];
    const base = defaults && configOf(defaults, model);
    return Object.entries(variants).map(([name, [variant, measurements]]) => {
      const config = configOf(variant, model);
      const cpuOnly = variant._model_run_configs[0]?._model_config_variant?.cpu_only === true;
      return trialOf({
        model,
        name,
        config,
        cpuOnly,
        base: base ?? config,
        measurements,
        writtenAt,
        warnings,
      });
    });
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

/** A variant's configuration under the model's own name. */
function configOf({ _model_run_configs: [first] }: StoredVariant, model: string): ModelConfig {
  const { _model_config_variant: variant, _model_config: plain } = first!;
  return configOfServer({ ...((variant?.model_config ?? plain) as object), name: model });
}

function trialOf(parts: {
  model: string;
  name: string;
  config: ModelConfig;
  cpuOnly: boolean;
  base: ModelConfig;
  measurements: Readonly<Record<string, StoredMeasurement>>;
  writtenAt: Date;
  warnings: string[];
}): Trial {
  const { model, name, config, cpuOnly, base, measurements, writtenAt, warnings } = parts;
  const points = Object.entries(measurements).flatMap(([key, stored]): PointRecord[] => {
    const point = pointOf(stored);
    if (point) return [{ state: 'measured', key, measurement: measurementOf(point, stored, writtenAt) }];
    warnings.push(`${name}: a load of its own making (request-intervals) is left out`);
    return [];
  });
  const configText = printConfigText(config);
  // Model Analyzer's word for what the server decides.
  const effective = { ...config, instance_group: [{ kind: cpuOnly ? 'KIND_CPU' : 'KIND_GPU', count: 1 }] };
  return {
    key: `Model Analyzer: ${name}`,
    model,
    name,
    isDefault: name === `${model}_config_default`,
    assignment: changesOf(config, base),
    config,
    configText,
    diff: diffText(printConfigText(base), configText),
    state: points.length > 0 ? 'measured' : 'skipped',
    points,
    ...(config['instance_group'] === undefined && { end: { effective, warnings: [], steps: NO_STEPS } }),
  };
}

/** The fields in which a configuration differs from the default. */
const changesOf = (config: ModelConfig, base: ModelConfig): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).filter(([key, value]) => canonicalJson(value) !== canonicalJson(base[key])),
  );

function pointOf({ _model_config_measurements: [first] }: StoredMeasurement): LoadPoint | undefined {
  const parameters = first!._model_specific_pa_params;
  const number = (key: string): number | undefined =>
    parameters[key] === null || parameters[key] === undefined ? undefined : Number(parameters[key]);
  const [batchSize = 1, concurrency, requestRate] = [
    number('batch-size'),
    number('concurrency-range'),
    number('request-rate-range'),
  ];
  if (concurrency !== undefined) return { batchSize, concurrency };
  return requestRate === undefined ? undefined : { batchSize, requestRate };
}

const measurementOf = (point: LoadPoint, stored: StoredMeasurement, writtenAt: Date): Measurement => ({
  point,
  values: {
    ...valuesOf(stored._model_config_measurements[0]!._non_gpu_data),
    ...overGpus(Object.values(stored._gpu_data).map(valuesOf)),
  },
  intervals: {},
  gpus: Object.fromEntries(Object.entries(stored._gpu_data).map(([uuid, data]) => [uuid, valuesOf(data)])),
  client: { engine: 'perf_analyzer, by Model Analyzer' },
  requests: 0,
  failures: {},
  durationS: 0,
  warmupS: 0,
  windows: 0,
  counted: 0,
  stable: true,
  warnings: [],
  startedAt: writtenAt.toISOString(),
});

const valuesOf = (data: Tagged): Record<string, number> =>
  Object.fromEntries(data.map(([tag, { _value }]) => [tag, _value]));

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
