import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { folder } from '../support/experiment.ts';

/** The built command line, as a user runs it. */
const MAIN = resolve('dist/cli/main.js');
const MODELS = resolve('test/fixtures/models');

/** A command line that runs, with what it printed so far. */
export interface Running {
  readonly child: ChildProcess;
  /** Standard output and error together. */
  output(): string;
  /** Resolves when `text` has been printed; rejects when the command ends without it. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

export function start(cwd: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let over = false;
  const wake: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
      for (const call of wake) call();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.on('close', (code) => {
      over = true;
      for (const call of wake) call();
      done({ code, output });
    });
  });
  const printed = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (output.includes(text)) done();
        else if (over) fail(new Error(`ended without "${text}":\n${output}`));
      };
      wake.push(look);
      look();
    });
  return { child, output: () => output, printed, ended };
}

export const tma = (cwd: string, ...args: string[]) => start(cwd, ...args).ended;

/** A new folder with a perf.yaml on the fixture models; windows are short, what they measure does not matter. */
export function project(models: string, more = ''): string {
  const cwd = folder();
  writeFileSync(
    join(cwd, 'perf.yaml'),
    `model_repository: ${MODELS}\nperf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}\nconcurrency: 1\nrun_config_search_disable: true\n${more}\nprofile_models: ${models}\n`,
  );
  return cwd;
}

export const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');

export const results = (cwd: string) => JSON.parse(read(cwd, 'results/results.json'));

export const journal = (cwd: string) =>
  read(cwd, 'checkpoints/journal.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Servers and interpreters that tma left, told by the name of their shared memory, and that memory itself. */
export function leftovers(): string[] {
  const processes = execFileSync('ps', ['-eo', 'stat,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /tritonserver --|triton_python_backend_stub/.test(line))
    .filter((line) => /tma_\d+_\d+_/.test(line) && !line.startsWith('Z'));
  const memory = existsSync('/dev/shm')
    ? readdirSync('/dev/shm').filter((name) => name.startsWith('tma_'))
    : [];
  return [...processes, ...memory];
}

/** Waits until nothing is left, or says what is after `seconds`. */
export async function nothingLeft(seconds = 10): Promise<string[]> {
  for (let waited = 0; waited < seconds * 10; waited++) {
    if (leftovers().length === 0) return [];
    await new Promise((done) => setTimeout(done, 100));
  }
  return leftovers();
}
