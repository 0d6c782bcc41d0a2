import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CONFIRM_S, confirm, type Winner } from './confirm.ts';
import { LARGE_GRID, REPOSITORY } from './ocr-grid.ts';

/**
 * Brute force and tma's own search on the OCR example and the real tritonserver, 246 points under a limit of the p99
 * latency, one after the other; then both winners under the real perf_analyzer for 30 s, in turn, twice:
 *   npm run bench:live -- [--json] [--keep DIR]
 * --keep: where the folders of both runs are made, of which bench:search makes a grid.
 */
const TURNS = 2;
const json = process.argv.includes('--json');
const keep = process.argv.includes('--keep') ? process.argv[process.argv.indexOf('--keep') + 1]! : tmpdir();
const say = (text: string): void => {
  if (!json) console.log(text);
};

interface Outcome extends Winner {
  readonly mode: string;
  readonly seconds: number;
  readonly measurements: number;
  readonly starts: number;
  readonly variant: string;
}

/** `tma profile` in an empty folder. */
function run(mode: 'manual' | 'auto'): Outcome {
  const cwd = mkdtempSync(join(keep, `tma-live-${mode}-`));
  writeFileSync(join(cwd, 'perf.yaml'), LARGE_GRID);
  const start = performance.now();
  const result = spawnSync(
    process.execPath,
    [
      ...[resolve('dist/cli/main.js'), 'profile', '-f', 'perf.yaml', '--model-repository', REPOSITORY],
      ...['--run-config-search-mode', mode, '--skip-detailed-reports'],
    ],
    { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  const seconds = (performance.now() - start) / 1000;
  if (result.status !== 0) throw new Error(`${mode}:\n${result.stdout}\n${result.stderr}`);
  const {
    models: [model],
  } = JSON.parse(readFileSync(join(cwd, 'tma-out', 'results', 'results.json'), 'utf8')) as {
    models: {
      winner: { variant: string; point: { streams: [{ load: { inFlight: number } }] } };
      search: { measurements: number };
    }[];
  };
  const { winner, search } = model!;
  const journal = readFileSync(join(cwd, 'tma-out', 'checkpoints', 'journal.jsonl'), 'utf8').split('\n');
  return {
    mode,
    seconds,
    measurements: search.measurements,
    starts: journal.filter((line) => line.startsWith('{"kind":"end"')).length,
    variant: winner.variant,
    concurrency: winner.point.streams[0].load.inFlight,
    config: readFileSync(
      join(cwd, 'tma-out', 'output_model_repository', winner.variant, 'config.pbtxt'),
      'utf8',
    ),
  };
}

const outcomes = (['manual', 'auto'] as const).map((mode) => {
  const outcome = run(mode);
  const { seconds, measurements, starts, variant, concurrency } = outcome;
  say(
    `${mode === 'auto' ? 'bayes' : 'brute force'}: ${seconds.toFixed(0)} s, ${measurements} measurements, ${starts} starts, ${variant} with ${concurrency} in flight`,
  );
  return outcome;
});
const confirmed = outcomes.map((): number[] => []);
for (let turn = 0; turn < TURNS; turn++) {
  for (const [index, outcome] of outcomes.entries()) confirmed[index]!.push(await confirm(outcome));
}
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const [brute, own] = outcomes;
const [ofBrute, ofOwn] = confirmed.map(mean);
const texts = confirmed.map((values) => values.map((value) => value.toFixed(1)).join(' and '));
say(
  `winners under perf_analyzer, ${CONFIRM_S} s each: brute force ${texts[0]} infer/s, bayes ${texts[1]} infer/s`,
);
const time = own!.seconds / brute!.seconds;
const winner = ofOwn! / ofBrute!;
say(`wall time, bayes / brute force: ${time.toFixed(3)} (bar: 0.2 at most)`);
say(`winner, bayes / brute force: ${winner.toFixed(3)} (bar: 0.97 at least)`);
if (json) console.log(JSON.stringify({ outcomes, confirmed, time, winner }, undefined, 2));
