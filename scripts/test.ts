import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

/** All checks and all tests; the last line is made from the test runner's own report. */
const REPORT = 'test-report.json';

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

rmSync(REPORT, { force: true });
const checked = [
  run('biome', 'check', '--error-on-warnings'),
  run('tsc', '-p', '.'),
  run('knip', '--no-config-hints'),
].every(Boolean);
const tested = run('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`);

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as VitestReport;
// A file that fails before its first test counts as one failure.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = report.numFailedTests + brokenFiles + (checked ? 0 : 1);
const skipped = report.numPendingTests + report.numTodoTests;
if (!checked) console.log('a check before the tests failed; it counts as one failure');
console.log(`${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = checked && tested && failed === 0 ? 0 : 1;
