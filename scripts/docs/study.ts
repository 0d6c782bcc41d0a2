import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  exportAll,
  findingsOf,
  goalOfPlan,
  loadExperiment,
  rank,
  readSide,
  resultOf,
} from '../../src/index.ts';
import { rankingText } from '../../src/terminal/ranking.ts';
import { putOutput } from './printed-output.ts';

const FOLDER = 'examples/text-recognition-h100';
const STUDY = join(FOLDER, 'study');
const MARK = '<!-- made by docs:pictures: study -->';
/** What is kept of what a run writes. */
const KEPT = [
  'results/results.json',
  'results/metrics-model-inference.csv',
  'results/metrics-model-gpu.csv',
  'results/metrics-server-only.csv',
  'reports/summaries/text_recognition/result_summary.html',
];

/**
 * Ranks what the study on an H100 measured, and writes its tables, its page and what stands in the terminal, as this version
 * does: nothing is measured. The goal is that of its perf.yaml, with the flag of run.sh.
 */
export async function study(): Promise<string> {
  const experiment = loadExperiment({
    file: join(FOLDER, 'perf.yaml'),
    commandLine: { model_repository: join(FOLDER, 'model_repository'), latency_budget: '10' },
  });
  const { run } = readSide(join(STUDY, 'results.json'));
  const rankings = experiment.models.map((plan) => rank(run, goalOfPlan(plan)));
  const [ranking] = rankings;
  putOutput(join(FOLDER, 'README.md'), MARK, rankingText(ranking!, findingsOf(run, ranking!)));
  const to = mkdtempSync(join(tmpdir(), 'tma-study-'));
  try {
    await exportAll(resultOf(run, rankings, experiment.reports, { mode: 'online' }), to);
    for (const file of KEPT) copyFileSync(join(to, file), join(STUDY, basename(file)));
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
  return `${STUDY} is as this version writes it`;
}
