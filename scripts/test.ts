import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
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
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
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
rmSync(REPORT, { force: true });
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
const tested = run(
  'vitest',
  'run',
  ...only,
  '--reporter=default',
  '--reporter=./scripts/slowest-files.ts',
  '--reporter=json',
  `--outputFile.json=${REPORT}`,
);
spawnSync('sh', ['scripts/engine.sh', 'stop']);

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as VitestReport;
// A file that fails before its first test counts as one failure.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = report.numFailedTests + brokenFiles + (checked ? 0 : 1);
const skipped = report.numPendingTests + report.numTodoTests;
if (missing) console.log(`SKIPPED: everything on a Docker engine, because ${missing}`);
if (!perfAnalyzer)
  console.log('SKIPPED: everything with the real perf_analyzer, which could not be installed');
if (noLowestNode) console.log(`SKIPPED: tma on Node ${lowestVersion()}, because ${noLowestNode}`);
if (!checked) console.log('a check before the tests failed; it counts as one failure');
console.log(`${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = checked && tested && failed === 0 ? 0 : 1;
