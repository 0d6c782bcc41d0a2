import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { HOME } from '../config/layout.ts';
import { machineFor } from '../executor/lanes.ts';
import { messageOf, UserError, userError } from '../ground/errors.ts';
import { isFolder, namesIn, onDisk, statOf } from '../ground/paths.ts';
import { type InputSpec, inputsOfConfig, resolveShapes } from '../load/inputs.ts';
import { instanceGroups, maxBatchSize, parseConfigText } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { visibleGpus } from '../server/gpu/visible.ts';

/** A perf.yaml, and what it is for. */
export interface Proposal {
  readonly text: string;
  /** As it stands in the text. */
  readonly repository: string;
  readonly models: readonly string[];
  /** Members of ensembles among them, which stand there as comments. */
  readonly members: readonly string[];
}

/** A model of a repository, as far as it can be read. */
export interface FoundModel {
  readonly name: string;
  /** undefined: it has none, and the server completes it. */
  readonly config?: ModelConfig;
  /** Why it can't be profiled. */
  readonly problem?: string;
}

/** What models are served on. */
export interface Machine {
  readonly gpus: number;
  readonly cores: number;
}

/**
 * A perf.yaml for what a model repository holds, its paths from `folder` on.
 * @param folder where a repository is looked for, two folders deep, where none is named.
 * @throws UserError where there is none, or are several, or none of the models can be profiled.
 */
export async function proposePerfYaml(folder: string, named?: string): Promise<Proposal> {
  const path = named === undefined ? onlyRepository(folder) : join(folder, relative(folder, named));
  if (!isFolder(path)) throw userError(`no model repository at ${path}`, 'name it with -m DIR');
  const models = modelsIn(path);
  const usable = models.filter(({ problem }) => problem === undefined);
  if (usable.length === 0) {
    const why = models.map(({ name, problem }) => `${name}: ${problem}`);
    throw userError(
      models.length === 0 ? `${path} holds no model folder` : `no model of ${path} can be profiled`,
      why.length > 0
        ? why.join('; ')
        : 'a model is a folder with its versions in it: DIR/my_model/1/model.onnx',
    );
  }
  const { gpus, cuda } = await machineFor({ mode: 'local' });
  const machine = { gpus: visibleGpus(gpus, cuda).gpus.length, cores: availableParallelism() };
  const repository = relative(folder, path) || '.';
  const text = perfYaml(repository, models, machine);
  const proposed = alone(usable);
  const members = usable.filter((model) => !proposed.includes(model));
  const namesOf = (list: readonly FoundModel[]): string[] => list.map(({ name }) => name);
  return { text, repository, models: namesOf(proposed), members: namesOf(members) };
}

const VERSION = /^\d+$/;
const isModel = (folder: string): boolean =>
  namesIn(folder).some((name) => VERSION.test(name) || name === 'config.pbtxt');

/** What tma, Python and npm write, and hidden folders. */
const isPassedOver = (folder: string, name: string): boolean =>
  name.startsWith('.') ||
  ['node_modules', '__pycache__', 'checkpoints', HOME].includes(name) ||
  statOf(join(folder, name, '.tma')) !== undefined;

/** The repository at a folder or up to two below it. */
function onlyRepository(folder: string): string {
  const inside = (path: string): string[] =>
    namesIn(path)
      .filter((name) => !isPassedOver(path, name))
      .map((name) => join(path, name))
      .filter(isFolder);
  const isRepository = (path: string): boolean => !isModel(path) && inside(path).some(isModel);
  const near = [[folder], inside(folder), inside(folder).flatMap(inside)];
  const found = near.map((paths) => paths.filter(isRepository)).find((paths) => paths.length > 0) ?? [];
  const [first, ...others] = found;
  if (first === undefined)
    throw userError(`no model repository in ${folder}, nor in a folder of it`, 'name it with -m DIR');
  if (others.length > 0) {
    const names = found.map((path) => relative(folder, path));
    throw userError(`several model repositories are here: ${names.join(', ')}`, 'name one with -m DIR');
  }
  return first;
}

function modelsIn(repository: string): FoundModel[] {
  const names = onDisk(`cannot read ${repository}`, 'let yourself read it', () => readdirSync(repository));
  return names
    .filter(
      (name) => !name.startsWith('.') && isFolder(join(repository, name)) && isModel(join(repository, name)),
    )
    .sort()
    .map((name) => modelIn(join(repository, name), name));
}

function modelIn(folder: string, name: string): FoundModel {
  if (!namesIn(folder).some((entry) => VERSION.test(entry)))
    return { name, problem: 'it has no version folder' };
  const file = join(folder, 'config.pbtxt');
  if (!statOf(file)?.isFile()) return { name };
  try {
    return { name, config: parseConfigText(readFileSync(file, 'utf8'), file) };
  } catch (error) {
    const [first] = error instanceof UserError ? error.problems : [];
    return { name, problem: (first?.message ?? messageOf(error)).split('\n')[0]! };
  }
}

const membersOf = (config: ModelConfig | undefined): string[] => {
  const { step = [] } = (config?.['ensemble_scheduling'] ?? {}) as { step?: { model_name?: string }[] };
  return step.flatMap(({ model_name: member }) => member ?? []);
};

/** Without the models that an ensemble among them is made of: with it they are measured. */
function alone(models: readonly FoundModel[]): FoundModel[] {
  const members = new Set(models.flatMap(({ config }) => membersOf(config)));
  return models.filter(({ name }) => !members.has(name));
}

/** The column that comments stand at. */
const COMMENT = 38;

/** A perf.yaml that runs, with a comment on whatever one may want to change. */
export function perfYaml(repository: string, models: readonly FoundModel[], machine: Machine): string {
  const usable = models.filter(({ problem }) => problem === undefined);
  const profiled = alone(usable);
  const left = usable.filter((model) => !profiled.includes(model));
  const broken = models.filter(({ problem }) => problem !== undefined);
  const told = new Set<string>();
  const comment = (line: string, text: string): string => {
    if (told.has(text)) return line;
    told.add(text);
    return `${line.padEnd(COMMENT)} # ${text}`;
  };
  const decoupled = profiled.some(({ config }) => isDecoupled(config));
  return [
    '# What tma tries: `tma plan -f FILE` says how long that takes, `tma profile -f FILE` does it.',
    `model_repository: ${scalar(repository)}`,
    ...(decoupled ? ['client_protocol: grpc                  # a decoupled model needs it'] : []),
    '',
    'profile_models:',
    ...profiled.flatMap((model) => modelLines(model, machine, comment)),
    ...left.map(({ name }) =>
      comment(`  # ${key(name)}: {}`, 'a part of an ensemble; uncomment to try configurations of it alone'),
    ),
    ...broken.map(({ name, problem }) => `  # ${key(name)} is left out: ${oneLine(problem!)}`),
    '',
    'objectives: [perf_throughput]          # or perf_latency_p99, perf_latency_avg, gpu_used_memory ...',
    '# constraints:                         # what every good configuration must keep',
    '#   perf_latency_p99: { max: 100 }     # ms',
    '',
    '# max_minutes: 10                      # decide on the best after so long',
    '',
  ].join('\n');
}

const isDecoupled = (config: ModelConfig | undefined): boolean =>
  (config?.['model_transaction_policy'] as { decoupled?: boolean } | undefined)?.decoupled === true;

/** @param comment answers a comment the first time that it is asked for it, and nothing from then on. */
function modelLines(
  { name, config }: FoundModel,
  machine: Machine,
  comment: (line: string, text: string) => string,
): string[] {
  const onGpu = machine.gpus > 0 && !isOnCpu(config);
  const rest = [
    '    parameters:',
    comment(`      concurrency: ${onGpu ? '[1, 8, 32, 64]' : '[1, 4, 16]'}`, 'requests in flight'),
    ...shapeLines(config),
  ];
  const head = `  ${key(name)}:`;
  if (!config)
    return [
      head,
      '    # no config.pbtxt: the server completes it, and instances and batch sizes are searched',
      ...rest,
    ];
  if (membersOf(config).length > 0) return [head, '    # an ensemble: it is measured as it is', ...rest];
  const needsCpu = machine.gpus === 0 && instanceGroups(config).some(({ kind }) => kind === 'GPU');
  return [
    head,
    ...(needsCpu
      ? ['    cpu_only: true                     # its config.pbtxt asks for a GPU, and none is seen here']
      : []),
    comment('    model_config_parameters:', 'any field of config.pbtxt; a list tries each of its items'),
    ...parameterLines(config, { onGpu, machine, comment }),
    ...rest,
  ];
}

/** Instances, and where requests can be executed together, how long they may wait for each other. */
function parameterLines(
  config: ModelConfig,
  {
    onGpu,
    machine,
    comment,
  }: { onGpu: boolean; machine: Machine; comment: (line: string, text: string) => string },
): string[] {
  const kind = onGpu ? 'GPU' : 'CPU';
  const batches = maxBatchSize(config) > 1 && config['sequence_batching'] === undefined;
  const [own, ...others] = instanceGroups(config);
  // Where nothing else is tried, that would be the default configuration again.
  const isOwn = (count: number): boolean =>
    !batches && others.length === 0 && own?.kind === kind && own.count === count;
  const counts = (onGpu || machine.cores >= 8 ? [1, 2, 4] : [1, 2]).filter((count) => !isOwn(count));
  return [
    comment('      instance_group:', 'how many copies of the model run at once'),
    ...counts.map((count) => `        - - { kind: KIND_${kind}, count: ${count} }`),
    ...(batches
      ? [
          comment('      dynamic_batching:', 'requests that wait are executed together'),
          comment('        max_queue_delay_microseconds: [0, 1000]', 'how long they wait for each other'),
        ]
      : []),
  ];
}

/** Whether its own configuration puts it there. */
const isOnCpu = (config: ModelConfig | undefined): boolean => {
  const groups = instanceGroups(config ?? ({} as ModelConfig));
  return groups.length > 0 && groups.every(({ kind }) => kind === 'CPU');
};

/** Sizes that a model leaves open, as tma would guess them. */
function shapeLines(config: ModelConfig | undefined): string[] {
  if (!config) return [];
  const open = inputsOfConfig(config).filter(({ dims, optional }) => !optional && dims.includes(-1));
  const inputs = guessed(open, maxBatchSize(config) > 0);
  if (inputs.length === 0) return [];
  const shapes = inputs.map(({ name, dims }) => scalar(`${name}:${dims.join(',')}`));
  return [
    '    perf_analyzer_flags:',
    `      shape: [${shapes.join(', ')}] # guessed, as config.pbtxt leaves them open: write your own`,
  ];
}

/** [] for data that tma can't make: profiling the model says so. */
function guessed(open: readonly InputSpec[], batching: boolean): readonly InputSpec[] {
  try {
    return resolveShapes(open, {}, { batching }).inputs;
  } catch {
    return [];
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
/** A text as YAML has it within a line, quoted where it must be. */
const scalar = (text: string): string =>
  stringify(text, {
    defaultStringType: /^[\w./-]+$/.test(text) ? 'PLAIN' : 'QUOTE_DOUBLE',
    lineWidth: 0,
  }).trim();
const key = scalar;
