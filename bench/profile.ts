import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EXPORTERS,
  exportAll,
  loadExperiment,
  measurementsOf,
  profile,
  rank,
  resultOf,
  type Trial,
  throwFailures,
} from 'triton-model-analyzer';
import { goalOfPlan } from '../src/config/goals.ts';
import { locateTritonServer } from '../src/server/locate.ts';
import { GRID, REPOSITORY } from './ocr-grid.ts';

/**
 * Where the seconds of a profile go, on the grid that Model Analyzer was timed on: the OCR example, 4 variants
 * and the default, 3 concurrencies. Everything is measured anew, in an empty folder.
 *
 * With MODEL_ANALYZER=/path/to/model-analyzer and PERF_ANALYZER=/path/to/perf_analyzer the peer does the same
 * grid in the same run.
 */
const folder = mkdtempSync(join(tmpdir(), 'tma-bench-'));
writeFileSync(join(folder, 'perf.yaml'), GRID);

const start = performance.now();
const experiment = loadExperiment({
  file: join(folder, 'perf.yaml'),
  commandLine: { model_repository: REPOSITORY },
  cwd: folder,
});
const { run } = await profile(experiment);
const profiled = performance.now();
const rankings = experiment.models.map((plan) => rank(run, goalOfPlan(plan)));
const result = resultOf(run, rankings, experiment.reports);
const write = async (formats: readonly string[]) => {
  const exporters = EXPORTERS.filter(({ format }) => formats.includes(format));
  const all = await exportAll(result, experiment.exportPath, { exporters });
  throwFailures(all);
  return all.flatMap(({ files }) => files);
};
await write(['csv', 'html']);
const written = performance.now();
const pdfs = await write(['pdf']);
const printed = performance.now();

const sum = (read: (trial: Trial) => number): number =>
  run.trials.reduce((total, trial) => total + read(trial), 0);
const variants = run.trials.length;
const points = run.trials.flatMap(measurementsOf).length;
const steps = {
  'server start': sum((trial) => trial.end!.steps.startS),
  'model load': sum((trial) => trial.end!.steps.loadS),
  'warm-up': sum((trial) => trial.end!.steps.warmupS),
  measuring: sum((trial) => trial.end!.steps.measureS),
  'server stop': sum((trial) => trial.end!.steps.stopS),
};
const windows = run.trials.flatMap(measurementsOf).reduce((total, item) => total + item.durationS, 0);
const profileS = (profiled - start) / 1000;
const serverS = steps['server start'] + steps['model load'] + steps['server stop'];
const ownS = profileS - serverS - steps['warm-up'] - windows;
const reportS = (written - profiled) / 1000;
const pdfS = (printed - written) / 1000;
const wholeS = (printed - start) / 1000;

console.log(`${points} points of ${variants} variants in ${wholeS.toFixed(1)} s (bar: 60)`);
for (const [name, seconds] of Object.entries(steps)) line(name, seconds);
line('tables and HTML', reportS);
line(`${pdfs.length} PDFs`, pdfS);
console.log(`start, load and stop: ${(serverS / variants).toFixed(2)} s a variant (bar: 3)`);
const allowance = 0.3 * variants + 0.1 * points;
console.log(
  `tma's own share: ${(ownS + reportS).toFixed(2)} s (bar: 0.3 s a variant + 0.1 s a point = ${allowance.toFixed(1)} s), of which ${reportS.toFixed(2)} s report; PDFs by the browser apart`,
);

const { MODEL_ANALYZER: analyzer, PERF_ANALYZER: perfAnalyzer } = process.env;
if (!analyzer || !existsSync(analyzer)) {
  console.log(
    'Model Analyzer: not run here (MODEL_ANALYZER is not set); it took 140 s for this grid on an idle machine of this kind',
  );
} else {
  const peer = performance.now();
  const options = {
    'model-repository': REPOSITORY,
    'output-model-repository-path': join(folder, 'ma'),
    'checkpoint-directory': folder,
    'export-path': folder,
    'triton-launch-mode': 'local',
    'triton-server-path': locateTritonServer(undefined),
    'perf-analyzer-path': perfAnalyzer ?? 'perf_analyzer',
    // Model Analyzer kills a perf_analyzer that uses more than 80 % of the cores.
    'perf-analyzer-cpu-util': '600',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const args = ['profile', '-f', join(folder, 'perf.yaml'), '--run-config-search-disable', ...flags];
  const result = spawnSync(analyzer, args, { cwd: folder, encoding: 'utf8' });
  const csv = join(folder, 'results', 'metrics-model-inference.csv');
  if (result.status !== 0) console.log(`${result.stdout}${result.stderr}`.slice(-2000));
  const rows = existsSync(csv) ? readFileSync(csv, 'utf8').trim().split('\n').length - 1 : 0;
  console.log(
    `Model Analyzer: ${((performance.now() - peer) / 1000).toFixed(1)} s, exit ${result.status}, ${rows} points`,
  );
}

function line(name: string, seconds: number): void {
  console.log(
    `  ${name.padEnd(16)} ${seconds.toFixed(2).padStart(6)} s  ${(seconds / points).toFixed(2)} s a point`,
  );
}
