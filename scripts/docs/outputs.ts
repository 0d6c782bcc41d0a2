import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedTriton } from '../../src/install/cache.ts';
import { putOutput } from './printed-output.ts';

/** What documents show of runs that are not the quick start, made by these runs. */

const MAIN = resolve('src/cli/main.ts');
const MODELS = resolve('test/fixtures/models');
const IMAGE = 'tma/tritonserver:24.10';
const PORT = 8000;

/** Why an output can't be made on this machine. */
class NotHere extends Error {}

interface Output {
  readonly name: string;
  /** The documents that show it, each behind a mark with its name. */
  readonly documents: readonly string[];
  /** What is shown. @throws NotHere */
  make(folder: string): string | Promise<string>;
}

/** What tma prints in a folder. */
function printed(folder: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

/** Those lines, in their order. */
const linesWith = (text: string, what: RegExp): string =>
  text
    .split('\n')
    .filter((line) => what.test(line))
    .join('\n');

/** The README's perf.yaml with a field that there is none of. */
export const MISTAKE = {
  name: 'mistake',
  documents: ['README.md', 'docs/perf-yaml.md'],
  file(): string {
    const [, yaml] = /```yaml\n(model_repository: .*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? [];
    if (!yaml?.includes('max_queue_delay_microseconds')) throw new Error('README.md has no such perf.yaml');
    return yaml.replace('max_queue_delay_microseconds', 'max_queue_delay');
  },
  make(folder: string): string {
    symlinkSync(resolve('examples'), join(folder, 'examples'));
    writeFileSync(join(folder, 'perf.yaml'), this.file());
    return printed(folder, 'plan', '-f', 'perf.yaml');
  },
} satisfies Output & { file(): string };

const load: Output = {
  name: 'load',
  documents: ['docs/load.md'],
  async make(folder) {
    const server = await serve(folder, 'add_sub');
    const [command] = /npx tma load .*/.exec(readFileSync('docs/load.md', 'utf8')) ?? [];
    try {
      // Not that a load is being measured.
      return linesWith(printed(folder, ...command!.split(' ').slice(2)), /^(?!.*\.\.\.$)/);
    } finally {
      // It takes its Python processes and their shared memory along.
      server.kill();
      await once(server, 'exit');
    }
  },
};

/** A tritonserver that serves one of the tests' models on the port that documents name. */
async function serve(folder: string, model: string): Promise<ChildProcess> {
  if (!existsSync(installedTriton())) throw new NotHere('no tritonserver: `tma install triton` brings one');
  cpSync(join(MODELS, model), join(folder, 'models', model), { recursive: true });
  const ports = [`--http-port=${PORT}`, `--grpc-port=${PORT + 1}`, `--metrics-port=${PORT + 2}`];
  const server = spawn(installedTriton(), [`--model-repository=${join(folder, 'models')}`, ...ports], {
    stdio: 'ignore',
  });
  while (server.exitCode === null) {
    const answer = await fetch(`http://localhost:${PORT}/v2/health/ready`).catch(() => undefined);
    if (answer?.ok) return server;
    await sleep(100);
  }
  throw new Error(`tritonserver ended with ${server.exitCode}: is port ${PORT} taken?`);
}

const SLEEPY = `backend: "python"
max_batch_size: 8
input [{ name: "IN" data_type: TYPE_FP32 dims: [1] }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [1] }]
instance_group [{ kind: KIND_CPU count: 1 }]
`;
const SLEEPY_PERF = `model_repository: models
profile_models:
  sleepy:
    model_config_parameters:
      instance_group: [[{kind: KIND_CPU, count: 1}], [{kind: KIND_CPU, count: 2}]]
      dynamic_batching: [{}, {max_queue_delay_microseconds: 500}]
    parameters: {concurrency: [1, 4]}
`;
/** A model that takes so long. */
const sleeping = (seconds: number): string => `import time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        time.sleep(${seconds})
        inputs = [pb_utils.get_input_tensor_by_name(request, "IN").as_numpy() for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", tensor)]) for tensor in inputs]
`;

const compare: Output = {
  name: 'compare',
  documents: ['docs/ci.md'],
  make(folder) {
    const version = join(folder, 'models/sleepy/1');
    mkdirSync(version, { recursive: true });
    writeFileSync(join(dirname(version), 'config.pbtxt'), SLEEPY);
    writeFileSync(join(folder, 'perf.yaml'), SLEEPY_PERF);
    for (const seconds of [0.008, 0.01]) {
      writeFileSync(join(version, 'model.py'), sleeping(seconds));
      printed(folder, 'profile', '-f', 'perf.yaml', '--fresh', '--output-formats', 'csv');
    }
    return linesWith(printed(folder, 'compare', '--fail-on', 'worse'), /^sleepy is worse/);
  },
};

const failure: Output = {
  name: 'failure',
  documents: ['docs/search.md'],
  make(folder) {
    const engine = spawnSync('docker', ['image', 'inspect', IMAGE], { encoding: 'utf8' });
    if (engine.status !== 0) throw new NotHere(`no image ${IMAGE} on an engine: scripts/image.sh makes one`);
    const counts = [4, 2, 6].map((count) => `[{kind: KIND_CPU, count: ${count}}]`);
    writeFileSync(
      join(folder, 'perf.yaml'),
      `model_repository: ${MODELS}
triton_launch_mode: docker
triton_docker_image: ${IMAGE}
triton_docker_args: {mem_limit: 450m, memswap_limit: 450m}
gpus: []
concurrency: [1]
profile_models: {hungry: {model_config_parameters: {instance_group: [${counts.join(', ')}]}}}
`,
    );
    return linesWith(
      printed(folder, 'profile', '-f', 'perf.yaml', '--output-formats', 'csv'),
      /^\[.*: failed: out of memory|^skipped: /,
    );
  },
};

const OUTPUTS: readonly Output[] = [MISTAKE, load, compare, failure];

/** Makes them anew, or those that are named, and puts them into their documents. */
export async function outputs(names: readonly string[]): Promise<string> {
  const told: string[] = [];
  for (const output of OUTPUTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const folder = mkdtempSync(join(tmpdir(), 'tma-docs-'));
    const [documents, mark] = [output.documents.join(' and '), markOf(output)];
    try {
      const text = await output.make(folder);
      for (const document of output.documents) putOutput(document, mark, text);
      told.push(`${documents}: what ${output.name} prints`);
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      told.push(`${error.message}: ${output.name} stays in ${documents} as it is`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return told.join('\n');
}

/** Stands before the block of an output. */
export const markOf = ({ name }: Pick<Output, 'name'>): string => `<!-- made by docs:pictures: ${name} -->`;
