import { decisiveLine, isError } from './log.ts';

/** What goes wrong with a server, whoever launched it. */
export type FailureKind =
  | 'engine unreachable'
  | 'image missing'
  | 'image unfit'
  | 'container refused'
  | 'no such device'
  | 'port taken'
  | 'flag rejected'
  | 'repository not visible'
  | 'version folder missing'
  | 'model control off'
  | 'config rejected'
  | 'backend missing'
  | 'out of GPU memory'
  | 'out of shared memory'
  | 'out of memory'
  | 'Python import error'
  | 'load too long'
  | 'server not ready'
  | 'server died'
  | 'model unloaded'
  | 'inference errors'
  | 'other';

/** A failure in words: what, the lines that show it, and what to try. */
export interface Failure {
  readonly kind: FailureKind;
  /** One line, without the kind. */
  readonly cause: string;
  /** The decisive lines of the server's log, at most five. */
  readonly lines: readonly string[];
  readonly advice: string;
}

/** Everything known at the moment of a failure. */
export interface Evidence {
  readonly step: 'image' | 'create' | 'start' | 'load' | 'inference';
  /** What the program said whose call failed: the engine, Triton's API, the load generator. */
  readonly message: string;
  /** The end of the server's log. */
  readonly log: readonly string[];
  /** How the server ended, if it did. */
  readonly ended?: string | undefined;
  /** A process of the server was killed for lack of memory. */
  readonly killedForMemory?: boolean;
  /** The wait that ran out, seconds. */
  readonly timeoutS?: number;
}

interface Rule {
  readonly kind: FailureKind;
  readonly signs: RegExp;
  readonly steps?: readonly Evidence['step'][];
  readonly advice: string;
}

const BEFORE_LOAD = ['image', 'create', 'start'] as const;

/** In order: what is more particular stands first. Signs are looked for in the message, then in the log. */
const RULES: readonly Rule[] = [
  {
    kind: 'engine unreachable',
    steps: ['image', 'create'],
    signs:
      /ECONNREFUSED|ECONNRESET|ENOENT.*(sock|pipe)|EACCES|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|socket hang up|HTTP request to an HTTPS server|certificate|\bTLS\b|EPROTO/,
    advice:
      'is the engine running, and may this user use it? DOCKER_HOST, or `docker context`, says which one is meant, and DOCKER_CERT_PATH the certificates of one behind TLS',
  },
  {
    kind: 'no such device',
    signs:
      /could not select device driver|unresolvable CDI devices|failed to inject CDI|CDI device injection failed|nvidia-container-cli|no CUDA-capable device|unknown device|(KIND_GPU but (no GPUs are available|server does not support))|invalid device ordinal|CUDA driver version is insufficient|specified invalid or unsupported gpu id/i,
    advice:
      'is there a GPU (nvidia-smi), and may the server see it? In Docker that takes the NVIDIA Container Toolkit or a CDI specification; see --gpus; KIND_CPU needs none',
  },
  {
    kind: 'port taken',
    steps: BEFORE_LOAD,
    signs:
      /address already in use|port is already allocated|ports are not available|Socket '[^']*' already in use/i,
    advice: 'stop what listens there, give another port, or leave the endpoint out to get a free one',
  },
  {
    kind: 'flag rejected',
    steps: ['start'],
    signs: /unrecognized option|requires an argument|invalid value for option|Bad option/i,
    advice: 'correct triton_server_flags: `tritonserver --help` lists what this version knows',
  },
  {
    kind: 'repository not visible',
    steps: ['create', 'start'],
    signs:
      /bind source path does not exist|failed to stat file|Invalid model repository|failed to open the (directory|text file)|mounts denied/i,
    advice:
      'the server must see the model repository under the same path: is it a folder of the host that the engine runs on, and shared with it?',
  },
  {
    kind: 'image missing',
    steps: ['image'],
    signs: /./,
    advice:
      'check the name of the image and `docker login`; without a registry, `docker load` or `docker import` one',
  },
  {
    kind: 'image missing',
    steps: ['create'],
    signs: /no such image/i,
    advice: 'it was there a moment ago: is somebody removing images on this engine?',
  },
  {
    kind: 'image unfit',
    steps: ['create', 'start'],
    signs:
      /executable file not found|exec format error|no such file or directory: unknown|exec \S+ failed: No such file/i,
    advice: "the image must have tritonserver on its PATH, as NVIDIA's have, and be made for this processor",
  },
  {
    kind: 'container refused',
    steps: ['create'],
    signs: /./,
    advice:
      'correct triton_docker_args, triton_docker_mounts or triton_docker_shm_size; if the engine can start no container at all, see its own log',
  },
  {
    kind: 'out of GPU memory',
    signs:
      /CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|cuda\w* ?(failure|error) ?2\b|CUBLAS_STATUS_ALLOC_FAILED|BFCArena|Failed to allocate (CUDA|GPU) memory|out of memory.{0,40}(cuda|gpu|device)|(cuda|gpu|device).{0,60}out of memory|OutOfMemory: (no|insufficient)|failed to allocate (CUDA|pinned|GPU)/i,
    advice: 'fewer instances, a smaller max_batch_size or workspace, or a GPU with more memory',
  },
  {
    kind: 'out of shared memory',
    signs:
      /Unable to initialize shared memory|shared memory (pool|region|key).*(No space|grow|fail|increase)|Failed to (increase|grow) the shared memory|No space left on device.*shm|shm.*No space left on device|ended by SIGBUS|\bBus error\b|signal \(7\)|\(signal 7\)|code 135/i,
    advice:
      'give the container a larger /dev/shm: triton_docker_shm_size: 2g; on the machine itself, see `df /dev/shm`',
  },
  {
    kind: 'out of memory',
    signs:
      /\bOOM[- ]?kill|std::bad_alloc|\bMemoryError\b|Cannot allocate memory|Unable to allocate [\d.]+ [KMGT]iB/i,
    advice: 'fewer instances or smaller batches, a higher mem_limit, or a machine with more memory',
  },
  {
    kind: 'version folder missing',
    signs: /at least one version must be available under the version policy|version directory is not present/,
    advice: 'the model needs a folder named by a number, such as 1/, that its version_policy allows',
  },
  {
    kind: 'backend missing',
    signs:
      /unable to find backend library|unable to find '?libtriton_\w+\.so|no backend (library|directory)|failed to find backend|must specify 'platform' or 'backend'|no Python backend for Python/i,
    advice:
      'this Triton has no such backend: use an image or installation that has it, or name another backend',
  },
  {
    kind: 'Python import error',
    signs: /ModuleNotFoundError|ImportError|No module named/,
    advice:
      "install the package where the models' Python finds it: `tma install triton -r requirements.txt`, or in the image",
  },
  {
    kind: 'repository not visible',
    steps: ['load'],
    signs:
      /model not found in any model repository|Python model file not found|failed to open (text )?file.*No such file/,
    advice:
      'the server does not see these files: links that lead out of the model repository are not visible in a container, and a remote server has a repository of its own',
  },
  {
    kind: 'model control off',
    steps: ['load'],
    signs: /explicit model load \/ unload is not allowed/,
    advice:
      'start that server with --model-control-mode=explicit, or measure what it serves as it is with --reload-model-disable',
  },
  {
    kind: 'config rejected',
    steps: ['load'],
    signs:
      /Poll failed for model directory|Invalid config override|Invalid argument|INVALID_ARGUMENT|unexpected (shape|datatype|inference)|model configuration/i,
    advice: 'correct what the server names in config.pbtxt or in model_config_parameters',
  },
  {
    kind: 'model unloaded',
    steps: ['inference'],
    signs:
      /unknown model|has no available versions|is not (ready|available)|not found\b.*model|model.*\bnot found/i,
    advice:
      'somebody else unloads models on this server, or it reloads them: measure on a server of your own',
  },
];

/** What a failure is, in words: the one place that decides it, for every launcher. */
export function classify(evidence: Evidence): Failure {
  const { step, message, log, ended, killedForMemory, timeoutS } = evidence;
  const inMessage = ruleFor(message, step) ?? (ended ? ruleFor(ended, step) : undefined);
  if (killedForMemory === true && inMessage?.kind !== 'out of GPU memory') {
    const what = ended
      ? `the server was killed${when(step)}`
      : `a process of the server was killed${when(step)}`;
    return failure('out of memory', `${what}: its memory was used up`, log);
  }
  if (timeoutS !== undefined) return timedOut(evidence, timeoutS);
  // A dead or silent server's log says why; a living one's may hold what others did wrong before.
  const line = ended ? decisiveLine(log) : undefined;
  const telling = ended || /failed to poll/.test(message) ? [...errorsOf(log), line ?? ''] : [];
  const inLog = telling.map((text) => ruleFor(text, step));
  const rule = inMessage ?? inLog.findLast((found) => found !== undefined);
  const reason = /failed to poll/.test(message) ? (pollReason(log) ?? message) : message;
  if (ended) {
    const died = `${ended}${when(step)}${line ? `: ${line}` : ''}`;
    return failure(rule?.kind ?? 'server died', died, log, rule?.advice);
  }
  return failure(
    rule?.kind ?? (step === 'inference' ? 'inference errors' : 'other'),
    reason,
    log,
    rule?.advice,
  );
}

const ruleFor = (text: string, step: Evidence['step']): Rule | undefined =>
  RULES.find(({ steps, signs }) => (!steps || steps.includes(step)) && signs.test(text));

const when = (step: Evidence['step']): string =>
  step === 'load'
    ? ' while loading the model'
    : step === 'inference'
      ? ' under load'
      : ' before it was ready';

function timedOut({ step, log }: Evidence, timeoutS: number): Failure {
  if (step !== 'load')
    return failure('server not ready', `tritonserver was not ready after ${timeoutS} s`, log);
  const building = log.findLast((line) => /tensorrt|openvino|engine|build/i.test(line));
  const cause = `the model was not loaded after ${timeoutS} s (--model-load-timeout)`;
  return failure('load too long', building ? `${cause}; last: ${plain(building)}` : cause, log);
}

/** Advice of the kinds that no sign tells. */
const OTHER_ADVICE: Partial<Record<FailureKind, string>> = {
  'load too long': 'raise --model-load-timeout; with --cache-directory an engine that was built once is kept',
  'server not ready': 'raise --client-max-retries (seconds), and see the log',
  'server died': 'see the log; the same configuration may work with fewer instances',
  'inference errors': 'see the message: the inputs may not be what the model expects (perf_analyzer_flags)',
  other: 'see the log',
};

function failure(kind: FailureKind, cause: string, log: readonly string[], advice?: string): Failure {
  const known =
    advice ?? OTHER_ADVICE[kind] ?? RULES.find((rule) => rule.kind === kind)?.advice ?? 'see the log';
  return { kind, cause: shortReason(cause), lines: errorsOf(log).slice(-5).map(plain), advice: known };
}

const errorsOf = (log: readonly string[]): string[] =>
  log.filter((line) => isError(line) || /^I\d{4}.*Failed to|out of memory/i.test(line));

/** A log line without its time and source. */
const plain = (line: string): string => decisiveLine([line]) ?? line;

const pollReason = (log: readonly string[]): string | undefined =>
  log
    .findLast((line) => /Poll failed for model directory|failed to poll model/.test(line))
    ?.match(/(?:Poll failed for model directory|failed to poll model) '[^']*': (.*?)"?$/)?.[1];

/** An error of Triton's without what it repeats, on one line. */
export function shortReason(message: string): string {
  return message
    .replace(/^load failed for model '[^']*':\s*/, '')
    .replace(/^version \d+ is at UNAVAILABLE state:\s*/, '')
    .split('\n')
    .map((line) => line.trim().replace(/;$/, ''))
    .filter((line) => line !== '' && !/^(At:|\/.*\(\d+\):|<frozen )/.test(line))
    .join(' ');
}

const CONCERNS_ALL: ReadonlySet<FailureKind> = new Set([
  'engine unreachable',
  'image missing',
  'image unfit',
  'container refused',
  'port taken',
  'model control off',
]);

/** Failures that every other variant would meet, too: the run ends with them. */
export const concernsAll = ({ kind }: Pick<Failure, 'kind'>): boolean => CONCERNS_ALL.has(kind);

/** Failures for want of room: a larger variant can't do better. */
export const wantsRoom = (kind: FailureKind): boolean =>
  kind === 'out of GPU memory' || kind === 'out of memory' || kind === 'out of shared memory';
