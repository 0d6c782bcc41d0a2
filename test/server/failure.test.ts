import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/server/evidence.ts';
import { classify, concernsAll, faultOfFailure, wantsRoom } from '../../src/server/failure.ts';

const evidence = (changes: Partial<Evidence>): Evidence => ({
  step: 'load',
  message: '',
  log: [],
  ...changes,
});
const load = (message: string, log: string[] = []) => classify(evidence({ message, log }));
const engine = (message: string) => classify(evidence({ step: 'create', message }));
const died = (ended: string, ...log: string[]) => classify(evidence({ step: 'inference', ended, log }));

test('what a shell made of the name of a Python model is told to be that', () => {
  const ended = 'the process of a Python model (triton_python_backend_stub, 2350) has ended';
  const log = ['bash: line 1: b/1/model.py: No such file or directory'];
  const { kind, advice } = classify(evidence({ ended, log }));
  expect(kind).toBe('server died');
  expect(advice).toMatch(/^Triton starts Python models by a shell: rename the model/);
});

describe("what a failure is, by the words of Triton, CUDA and Docker's engine", () => {
  test.each([
    [engine('connect ENOENT /var/run/docker.sock'), 'engine unreachable'],
    [engine('connect EACCES /var/run/docker.sock'), 'engine unreachable'],
    [engine('connect ECONNREFUSED 10.0.0.1:2375'), 'engine unreachable'],
    [engine('Client sent an HTTP request to an HTTPS server.'), 'engine unreachable'],
    [engine('No such image: no/such:1'), 'image missing'],
    [
      classify(
        evidence({
          step: 'image',
          message: 'pull access denied for x, repository does not exist or may require docker login',
        }),
      ),
      'image missing',
    ],
    [engine('could not select device driver "nvidia" with capabilities: [[gpu]]'), 'no such device'],
    [
      load('Invalid argument: instance group m_0 of model m specifies invalid or unsupported gpu id 7. GPUs'),
      'no such device',
    ],
    [engine('CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=7'), 'no such device'],
    [
      load(
        "load failed for model 'm': version 1 is at UNAVAILABLE state: Invalid argument: instance group m_0 of model m has kind KIND_GPU but no GPUs are available;\n",
      ),
      'no such device',
    ],
    [
      engine(
        'driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:8000 failed: port is already allocated',
      ),
      'port taken',
    ],
    [
      engine('invalid mount config for type "bind": bind source path does not exist: /models'),
      'repository not visible',
    ],
    [
      load("failed to load 'm', failed to poll from model repository", [
        'E1123 07:00:00.1 1 model_repository_manager.cc:1415] "failed to poll model \'m\': model not found in any model repository."',
      ]),
      'repository not visible',
    ],
    [
      load(
        "load failed for model 'nover': at least one version must be available under the version policy of model 'nover'\n",
      ),
      'version folder missing',
    ],
    [
      load("failed to load 'm', failed to poll from model repository", [
        "E1123 07:00:00.1 1 model_repository_manager.cc:1460] \"Poll failed for model directory 'm': 'max_batch_size' must be non-negative value for m\"",
      ]),
      'config rejected',
    ],
    [
      load(
        "load failed for model 'x': version 1 is at UNAVAILABLE state: Invalid argument: unable to find backend library for backend 'onnxruntime', try specifying runtime on the model configuration.;\n",
      ),
      'backend missing',
    ],
    [
      load(
        "load failed for model 'm': version 1 is at UNAVAILABLE state: Internal: ModuleNotFoundError: No module named 'torch'\n\nAt:\n  /models/m/1/model.py(3): <module>\n;\n",
      ),
      'Python import error',
    ],
    [load('Internal: OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'), 'out of GPU memory'],
    [
      load(
        'onnx runtime error 6: Non-zero status code returned while running Conv node: BFCArena::AllocateRawInternal Failed to allocate memory',
      ),
      'out of GPU memory',
    ],
    [
      load(
        "Internal: Unable to initialize shared memory key 'tma_1' to requested size (1048576 bytes). Error: No space left on device",
      ),
      'out of shared memory',
    ],
    [load('Internal: MemoryError'), 'out of memory'],
    [load('explicit model load / unload is not allowed if polling is enabled'), 'model control off'],
    [
      classify(
        evidence({
          step: 'start',
          ended: 'tritonserver exited with code 1',
          log: ["tritonserver: unrecognized option '--no-such-flag=1'"],
        }),
      ),
      'flag rejected',
    ],
    [engine('exec: "tritonserver": executable file not found in $PATH: unknown'), 'image unfit'],
    [engine('Minimum memory limit allowed is 6MB'), 'container refused'],
    [classify(evidence({ timeoutS: 60 })), 'load too long'],
    [classify(evidence({ step: 'start', timeoutS: 60 })), 'server not ready'],
    [died('tritonserver was ended by SIGSEGV'), 'server died'],
    [died('tritonserver was ended by SIGBUS'), 'out of shared memory'],
    [
      died('tritonserver exited with code 1', 'E1123 07:00:00.1 1 x.cc:1] "CUDA error: out of memory"'),
      'out of GPU memory',
    ],
    [
      classify(
        evidence({
          step: 'inference',
          message: "25 of 25 requests failed: Request for unknown model: 'm' is not found",
        }),
      ),
      'model unloaded',
    ],
    [
      classify(
        evidence({ step: 'inference', message: '25 of 25 requests failed: the tokenizer has no such word' }),
      ),
      'inference errors',
    ],
    [load('something nobody has seen'), 'other'],
  ])('%j is %s', (failure, kind) => {
    expect(failure.kind).toBe(kind);
    expect(failure.advice.length).toBeGreaterThan(5);
    expect(failure.cause).toMatch(/^\S[^\n]+\S$/);
    expect(failure.cause).not.toMatch(/At:|UNAVAILABLE state/);
  });

  test('a refused configuration tells the reason, which Triton gives in its log only', () => {
    const { cause, lines } = load("failed to load 'm', failed to poll from model repository", [
      'E1123 07:00:00.1 1 model_repository_manager.cc:1460] "Poll failed for model directory \'m\': dynamic batching preferred size must be <= max batch size for m"',
    ]);
    expect(cause).toBe('dynamic batching preferred size must be <= max batch size for m');
    expect(lines).toHaveLength(1);
  });

  test('a living server is not judged by what its log held before', () => {
    const old = 'E1123 07:00:00.1 1 x.cc:1] "CUDA out of memory"';
    expect(load('something nobody has seen', [old]).kind).toBe('other');
  });

  test('complaints of every server without a GPU are no reason', () => {
    const { cause, lines } = died('tritonserver was ended by SIGKILL', 'Error: Failed to initialize NVML');
    expect(cause).toBe('tritonserver was ended by SIGKILL under load');
    expect(lines).toEqual([]);
  });

  test('killed for memory: by the kernel, not by what the survivors say', () => {
    const failure = classify(
      evidence({ message: "Internal: Stub process 'm_0_3' is not healthy.", killedForMemory: true }),
    );
    expect(failure).toMatchObject({ kind: 'out of memory', cause: expect.stringContaining('while loading') });
  });

  test('a build that takes too long names the last line about it', () => {
    const log = [
      'I1123 07:00:00.1 1 onnxruntime.cc:1] "Building TensorRT engine"',
      'I1123 07:00:01.1 1 x.cc:1] "x"',
    ];
    expect(classify(evidence({ timeoutS: 900, log })).cause).toContain('last: Building TensorRT engine');
  });

  test('what ends a run, and what rules out larger variants', () => {
    expect(concernsAll(engine('No such image: x'))).toBe(true);
    expect(concernsAll(load('Internal: MemoryError'))).toBe(false);
    expect(wantsRoom('out of GPU memory')).toBe(true);
    expect(wantsRoom('config rejected')).toBe(false);
    expect(faultOfFailure('flag rejected')).toBe('input');
    expect(faultOfFailure('no such device')).toBe('environment');
  });
});
