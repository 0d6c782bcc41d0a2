import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { folder } from '../support/experiment.ts';
import { newMark, sharedMemoryOf } from '../support/own-processes.ts';

/** The built command line, as a user runs it. */
const MAIN = resolve('dist/cli/main.js');
const MODELS = resolve('test/fixtures/models');
/** Of everything that a test file starts by this command line. */
const mark = newMark();
const started: number[] = [];

/** A command line that runs, with what it printed so far. */
export interface Running {
  readonly child: ChildProcess;
  /** Standard output and error together. */
  output(): string;
  /** Resolves when `text` has been printed; rejects when the command ends without it. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; output: string; stdout: string }>;
}

/**
 * Starts tma where it finds no browser: a run whose PDFs and pictures no test looks at makes none, which takes seconds
 * each time.
 */
export const start = (cwd: string, ...args: string[]): Running => run(cwd, args, withoutBrowser(cwd));

const withoutBrowser = (cwd: string) => ({ PUPPETEER_EXECUTABLE_PATH: join(cwd, 'no-browser') });

export const tma = (cwd: string, ...args: string[]) => start(cwd, ...args).ended;
/** The same with variables of the environment. */
export const startWith = (
  environment: Readonly<Record<string, string>>,
  cwd: string,
  ...args: string[]
): Running => run(cwd, args, { ...withoutBrowser(cwd), ...environment });
/** The same on another Node. */
export const tmaOn = (node: string, cwd: string, ...args: string[]) =>
  run(cwd, args, withoutBrowser(cwd), node).ended;

/**
 * A run that went through. On a busy machine the client may have been the limit: then no configuration is named, and
 * the exit code is 3, but everything was measured all the same.
 */
export function expectThrough({ code, output }: { code: number | null; output: string }): void {
  expect([0, 3], output).toContain(code);
  if (code === 3) expect(output).not.toMatch(/Nothing (?:could be|was) measured/);
}

/** The same with its standard input at the end of a pipe: `child.stdin`. */
export const startPiped = (cwd: string, ...args: string[]): Running =>
  run(cwd, args, withoutBrowser(cwd), process.execPath, 'pipe');

/** The same with its standard output into a file. */
export function tmaInto(file: string, cwd: string, ...args: string[]) {
  const descriptor = openSync(file, 'w');
  const { ended } = run(cwd, args, withoutBrowser(cwd), process.execPath, 'ignore', descriptor);
  return ended.finally(() => closeSync(descriptor));
}

/** The same with the browser that is installed: PDFs and pictures are made. */
export const startWithBrowser = (cwd: string, ...args: string[]): Running => run(cwd, args, {});

export const tmaWithBrowser = (cwd: string, ...args: string[]) => startWithBrowser(cwd, ...args).ended;

function run(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  node = process.execPath,
  stdin: 'ignore' | 'pipe' = 'ignore',
  stdout: 'pipe' | number = 'pipe',
): Running {
  const child = spawn(node, [MAIN, ...args], {
    cwd,
    stdio: [stdin, stdout, 'pipe'],
    env: { ...process.env, ...mark.environment, ...environment },
  });
  if (child.pid !== undefined) started.push(child.pid);
  let output = '';
  let printedOut = '';
  let over = false;
  const wake: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
      if (stream === child.stdout) printedOut += chunk;
      for (const call of wake) call();
    });
  }
  const ended = new Promise<{ code: number | null; output: string; stdout: string }>((done) => {
    child.on('close', (code) => {
      over = true;
      for (const call of wake) call();
      done({ code, output, stdout: printedOut });
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

/**
 * A new folder with a perf.yaml on the fixture models; windows are short, what they measure does not matter. No point is
 * looked at again because a busy machine takes long for all of them.
 */
export function project(models: string, more = ''): string {
  const cwd = folder();
  writeFileSync(
    join(cwd, 'perf.yaml'),
    `model_repository: ${MODELS}\nperf_analyzer_flags: {measurement-interval: 100, stability-percentage: 100}\nsentinel_minutes: 0\nconcurrency: 1\nrun_config_search_disable: true\n${more}\nprofile_models: ${models}\n`,
  );
  return cwd;
}

export const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');

export const results = (cwd: string) => JSON.parse(read(cwd, 'tma-out/results/results.json'));

export const journal = (cwd: string, file = 'tma-out/checkpoints/journal.jsonl') =>
  read(cwd, file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** What tma started and left: servers, interpreters, browsers, guards, and their shared memory. */
const leftovers = (): string[] => [...mark.processes(), ...sharedMemoryOf(started)];

/** Waits until nothing is left, or says what is after `seconds`. */
export async function nothingLeft(seconds = 20): Promise<string[]> {
  for (let waited = 0; waited < seconds * 10; waited++) {
    if (leftovers().length === 0) return [];
    await new Promise((done) => setTimeout(done, 100));
  }
  return leftovers();
}
