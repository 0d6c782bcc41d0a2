import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installedTriton } from '../src/install/cache.ts';
import { CONFIRM_S, confirm } from './confirm.ts';
import { PERF_ANALYZER } from './load/tools.ts';
import { installModelAnalyzer, modelAnalyzer } from './model-analyzer.ts';
import { GRID, REPOSITORY } from './ocr-grid.ts';

/**
 * Model Analyzer and tma on the same perf.yaml, one after the other, twice, in turn; then each winner under the real
 * perf_analyzer for 30 s:
 *   npm run bench:peer -- [--json]
 * Model Analyzer comes from PyPI into the cache, or is named by MODEL_ANALYZER. Both have their defaults, but for what
 * Model Analyzer needs to work here at all: how much CPU perf_analyzer may use, beside a model that uses all of it.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 2);
const json = process.argv.includes('--json');
const say = (text: string): void => {
  if (!json) console.log(text);
};

interface Outcome {
  readonly tool: 'tma' | 'Model Analyzer';
  readonly seconds: number;
  readonly points: number;
  readonly winner: string;
  readonly concurrency: number;
  /** config.pbtxt of the winner. */
  readonly config: string;
}

/** Runs one of the two in an empty folder; their tables have the same columns. */
function run(tool: Outcome['tool']): Outcome {
  const cwd = mkdtempSync(join(tmpdir(), 'tma-peer-'));
  writeFileSync(join(cwd, 'perf.yaml'), GRID);
  const [command, args] =
    tool === 'tma'
      ? [process.execPath, [resolve('dist/cli/main.js'), 'profile']]
      : [modelAnalyzer(), ['profile', '--triton-launch-mode', 'local', '--perf-analyzer-cpu-util', '600']];
  const own =
    tool === 'tma' ? [] : ['--triton-server-path', installedTriton(), '--perf-analyzer-path', PERF_ANALYZER];
  const start = performance.now();
  const result = spawnSync(
    command!,
    [...args!, '-f', 'perf.yaml', '--model-repository', REPOSITORY, ...own],
    {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const out = tool === 'tma' ? join(cwd, 'tma-out') : cwd;
  const table = join(out, 'results', 'metrics-model-inference.csv');
  if (!existsSync(table)) throw new Error(`${tool} measured nothing:\n${result.stdout}\n${result.stderr}`);
  const rows = readFileSync(table, 'utf8').trim().split('\n').slice(1);
  const [, , concurrency, winner] = rows[0]!.split(',');
  const config = readFileSync(join(out, 'output_model_repository', winner!, 'config.pbtxt'), 'utf8');
  return { tool, seconds, points: rows.length, winner: winner!, concurrency: Number(concurrency), config };
}

const outcomes: (Outcome & { readonly confirmed: number })[] = [];
installModelAnalyzer(say);
for (let round = 0; round < ROUNDS; round++) {
  for (const tool of ['tma', 'Model Analyzer'] as const) {
    const outcome = run(tool);
    const confirmed = await confirm(outcome);
    outcomes.push({ ...outcome, confirmed });
    say(
      `${tool}: ${outcome.seconds.toFixed(1)} s, ${outcome.points} points, ${outcome.winner} at ${outcome.concurrency} in flight; perf_analyzer, ${CONFIRM_S} s: ${confirmed.toFixed(1)} infer/s`,
    );
  }
}
const mean = (tool: Outcome['tool'], of: (item: (typeof outcomes)[number]) => number): number => {
  const values = outcomes.filter((item) => item.tool === tool).map(of);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};
const time = mean('tma', ({ seconds }) => seconds) / mean('Model Analyzer', ({ seconds }) => seconds);
const winner =
  mean('tma', ({ confirmed }) => confirmed) / mean('Model Analyzer', ({ confirmed }) => confirmed);
say(`wall time, tma / Model Analyzer: ${time.toFixed(2)} (bar: 0.5 at most)`);
say(`winner, tma / Model Analyzer: ${winner.toFixed(3)} (bar: 0.97 at least)`);
if (json) console.log(JSON.stringify({ outcomes, time, winner }, undefined, 2));
