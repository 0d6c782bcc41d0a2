import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { CRASHES, type Crashes } from './crashed-files.ts';
import { fetchNode, lowestVersion } from './lowest-node.ts';

/**
 * All checks and all tests, or with `docker` those on a Docker engine alone; the last line is made from the test
 * runner's own report.
 */
const REPORT = 'test-report.json';
const dockerOnly = process.argv[2] === 'docker';

const run = (command: string, ...args: string[]): boolean => {
  console.log(`== ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
};

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** How tests ended, by the runner's own report. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Files in which Node crashed once. */
const crashed: string[] = [];

/**
 * Runs tests; files in which Node itself crashed once more, as that says nothing of tma. Twice is a failure.
 * @returns how they ended, and whether everything beside the tests was well.
 */
function runTests(args: readonly string[], isLast = false): Counts & { readonly well: boolean } {
  rmSync(REPORT, { force: true });
  rmSync(CRASHES, { force: true });
  const well = run(
    'vitest',
    'run',
    ...args,
    '--reporter=default',
    ...['./scripts/slowest-files.ts', './scripts/crashed-files.ts', 'json'].map(
      (name) => `--reporter=${name}`,
    ),
    `--outputFile.json=${REPORT}`,
  );
  const { files, otherErrors } = crashesOf();
  const counts = countsOf(files);
  if (files.length === 0 || isLast) return { ...counts, failed: counts.failed + files.length, well };
  crashed.push(...files);
  console.log(`NODE CRASHED in ${files.join(', ')}: once more`);
  const again = runTests([...args, ...files], true);
  return {
    passed: counts.passed + again.passed,
    failed: counts.failed + again.failed,
    skipped: counts.skipped + again.skipped,
    well: otherErrors === 0 && again.well,
  };
}

const crashesOf = (): Crashes =>
  existsSync(CRASHES) ? JSON.parse(readFileSync(CRASHES, 'utf8')) : { files: [], otherErrors: 0 };

/** @param without files that are not counted. */
function countsOf(without: readonly string[]): Counts {
  if (!existsSync(REPORT)) return { passed: 0, failed: 1, skipped: 0 };
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8')) as VitestReport;
  const left = new Set(without.map((file) => resolve(file)));
  const files = testResults.filter(({ name }) => !left.has(name));
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const count = (...states: string[]): number => tests.filter(({ status }) => states.includes(status)).length;
  // A file that fails before its first test counts as one failure.
  const broken = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: count('passed'),
    failed: count('failed') + broken.length,
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
  };
}

/** Starts the tests' own Docker engine with its image; answers why there is none, if so. */
function startEngine(): string | undefined {
  console.log('== a Docker engine for the tests');
  for (const [script, ...args] of [['scripts/engine.sh', 'start'], ['scripts/image.sh']] as const) {
    const { status, stdout, stderr } = spawnSync('sh', [script, ...args], { encoding: 'utf8' });
    process.stderr.write(stderr);
    if (status !== 0) return stderr.trim().split('\n').at(-1) || `${script} failed`;
    if (stdout.startsWith('unix://')) process.env['DOCKER_HOST'] = stdout.trim();
  }
  return undefined;
}

/** Brings the lowest Node that tma promises to run on; answers why it can't be had, if so. */
function bringLowestNode(): string | undefined {
  console.log(`== Node ${lowestVersion()}`);
  try {
    fetchNode(lowestVersion());
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}

// Ctrl-C ends the tests, which then end by themselves; the engine is still to be stopped.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
const checked =
  dockerOnly ||
  [
    run('biome', 'check', '--error-on-warnings'),
    run('tsc', '-p', '.'),
    run('knip', '--no-config-hints'),
  ].every(Boolean);
const missing = startEngine();
if (missing) process.env['TMA_NO_DOCKER'] = missing;
// It is not for every machine; its tests say why they are skipped.
const perfAnalyzer = dockerOnly || run('tma', 'install', 'perf-analyzer');
if (!perfAnalyzer) process.env['TMA_NO_PERF_ANALYZER'] = 'it could not be installed';
const noLowestNode = dockerOnly ? undefined : bringLowestNode();
const only = dockerOnly ? ['--project', 'docker'] : [];
const tested = runTests(only);
spawnSync('sh', ['scripts/engine.sh', 'stop']);

const { passed, skipped } = tested;
const failed = tested.failed + (checked ? 0 : 1);
if (missing) console.log(`SKIPPED: everything on a Docker engine, because ${missing}`);
if (!perfAnalyzer)
  console.log('SKIPPED: everything with the real perf_analyzer, which could not be installed');
if (noLowestNode) console.log(`SKIPPED: tma on Node ${lowestVersion()}, because ${noLowestNode}`);
if (crashed.length > 0) console.log(`NODE CRASHED once in ${crashed.join(', ')}, which ran once more`);
if (!checked) console.log('a check before the tests failed; it counts as one failure');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = checked && tested.well && failed === 0 ? 0 : 1;
