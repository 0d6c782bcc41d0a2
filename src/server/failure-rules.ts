import type { FailureKind } from '../record/failure-kind.ts';
import type { Evidence } from './evidence.ts';

/** What tells a kind of failure. */
export interface Rule {
  readonly kind: FailureKind;
  readonly signs: RegExp;
  readonly steps?: readonly Evidence['step'][];
  readonly advice: string;
}

const BEFORE_LOAD = ['image', 'create', 'start'] as const;

/**
 * The first rule that fits decides, so that special ones stand before general ones. Signs are looked for in the
 * message, then in the log.
 */
export const RULES: readonly Rule[] = [
  {
    kind: 'engine unreachable',
    steps: ['image', 'create'],
    signs:
      /did not answer within|ECONNREFUSED|ECONNRESET|ENOENT.*(sock|pipe)|EACCES|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|socket hang up|HTTP request to an HTTPS server|certificate|\bTLS\b|EPROTO/,
    advice:
      'is the engine running, and may this user use it? DOCKER_HOST, or `docker context`, says which one is meant, and DOCKER_CERT_PATH the certificates of one behind TLS',
  },
  {
    kind: 'no such device',
    signs:
      /could not select device driver|unresolvable CDI devices|failed to inject CDI|CDI device injection failed|nvidia-container-cli|no CUDA-capable device|unknown device|(KIND_GPU but (no GPUs are available|server does not support))|invalid device ordinal|CUDA driver version is insufficient|specifie[sd] invalid or unsupported gpu id/i,
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
    kind: 'server died',
    steps: ['load'],
    signs: /^bash: (-c: )?line \d+: /m,
    advice:
      'Triton starts Python models by a shell: rename the model, or move its repository, where its path has a character that a shell reads, such as a blank, < or &',
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
