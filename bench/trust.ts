import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mean } from 'simple-statistics';
import { parse, stringify } from 'yaml';
import { printConfigText } from '../src/model-config/config.ts';
import type { ModelConfig } from '../src/model-config/model-config.ts';
import { isSamePoint, type LoadPoint, levelOf } from '../src/record/load-point.ts';
import { parseResults, type Results } from '../src/record/results.ts';
import { MODEL, REPOSITORY } from './ocr-grid.ts';

/**
 * How far results are to be trusted, on the OCR example and the real tritonserver:
 *   npm run bench:trust -- --work DIR [--rounds 20] [--minutes N]
 * In each round the example is run as it is, and with a model that is slower by 10 and by 5 %; then what it decided for and
 * the default are measured again, each on a fresh start for a minute. Told are: how often two runs of the same are called
 * different, how often a slower model is found, whether the decisions of the first ten are the same, and whether the
 * intervals hold what was measured later. Goes on where it stopped in DIR; --minutes: begins nothing after so long.
 */
const { values: given } = parseArgs({
  options: {
    work: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '1000000' },
  },
});
if (!given.work) {
  console.error('--work DIR is needed');
  process.exit(2);
}
const end = performance.now() + Number(given.minutes) * 60_000;
const work = resolve(given.work);
/** By how much longer an execution takes. */
const SLOWER = [0, 0.1, 0.05];
const CONFIRM_S = 60;
/** How many decisions are held against each other, and which loss is one. */
const DECISIONS = 10;
const LOSS = 0.03;

/** The example's repository with a model whose executions take so much longer, by work on the same core. */
function repositoryOf(slower: number): string {
  if (slower === 0) return REPOSITORY;
  const to = join(work, `slower-${slower}`);
  if (!existsSync(to)) {
    cpSync(REPOSITORY, to, { recursive: true });
    const file = join(to, MODEL, '1', 'model.py');
    const code = readFileSync(file, 'utf8');
    const call = '        result = self.session.run(None, {self.input: batch})[0]\n';
    if (!code.includes(call)) throw new Error(`${file}: no call to make slower`);
    const slow = [
      '        import time',
      '        begun = time.thread_time()',
      call.trimEnd(),
      `        until = time.thread_time() + ${slower} * (time.thread_time() - begun)`,
      '        while time.thread_time() < until:',
      '            pass',
      '',
    ];
    writeFileSync(file, code.replace(call, slow.join('\n')));
  }
  return to;
}

function tma(args: readonly string[], cwd: string): { code: number; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  return { code: status ?? -1, text: args.includes('--json') ? stdout : `${stdout}\n${stderr}` };
}

/** Runs in a folder of its own, unless that was done before; answers what is there then. */
function profiled(name: string, file: object): Results {
  const folder = join(work, name);
  const results = join(folder, 'results', 'results.json');
  if (!existsSync(join(folder, 'done'))) {
    if (performance.now() > end) stop();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'perf.yaml'), stringify(file));
    const { code, text } = tma(['profile', '-f', 'perf.yaml', '--fresh', '--skip-detailed-reports'], folder);
    if (code !== 0) throw new Error(`${folder}: exit code ${code}\n${text}`);
    writeFileSync(join(folder, 'done'), '');
  }
  return parseResults(readFileSync(results, 'utf8'), results);
}

const stop = (): never => {
  console.log('its time is used; the same command goes on');
  process.exit(0);
};

const example = parse(readFileSync('examples/text-recognition/perf.yaml', 'utf8')) as Record<string, unknown>;
const fileFor = (slower: number): object => {
  const { output_model_repository_path: _, checkpoint_directory: __, export_path: ___, ...rest } = example;
  return { ...rest, model_repository: repositoryOf(slower) };
};

/** The verdict on the model, of two runs. */
function compared(base: string, name: string): string {
  const { code, text } = tma(['compare', join(work, base), join(work, name), '--json'], work);
  if (code !== 0) throw new Error(`compare ${base} ${name}: exit code ${code}\n${text}`);
  return (JSON.parse(text) as { models: [{ verdict: string }] }).models[0].verdict;
}

interface Point {
  readonly config: ModelConfig;
  readonly point: LoadPoint;
}

/** infer/s of a point on a fresh start, for a minute. */
function confirmed(name: string, { config, point }: Point): number {
  const repository = join(work, name, 'repository');
  cpSync(join(REPOSITORY, MODEL), join(repository, MODEL), { recursive: true });
  writeFileSync(join(repository, MODEL, 'config.pbtxt'), printConfigText({ ...config, name: MODEL }));
  const results = profiled(name, {
    model_repository: repository,
    run_config_search_disable: true,
    precision: 0.01,
    time_limit: CONFIRM_S,
    profile_models: { [MODEL]: { parameters: { concurrency: [levelOf(point)] } } },
  });
  const [record] = results.trials[0]!.points;
  if (record?.state !== 'measured') throw new Error(`${name}: nothing was measured`);
  return record.measurement.whole.values['perf_throughput']!;
}

/** A configuration at a load with the interval that the run told, and what was measured later. */
interface Claim extends Point {
  readonly name: string;
  readonly interval: readonly [number, number];
  readonly later: number;
}

function claimsOf(results: Results, round: number): Claim[] {
  const { winner, default: base, belief } = results.models[0]!;
  return [winner, base].flatMap((entry, index) => {
    const trial = results.trials.find(({ name }) => name === entry?.variant);
    if (!entry || !trial || (index === 1 && entry.variant === winner?.variant)) return [];
    const believed =
      belief?.variant === entry.variant && isSamePoint(belief.point, entry.point)
        ? belief.interval
        : undefined;
    const [low, high] = believed ?? entry.intervals['perf_throughput'] ?? [null, null];
    if (low === null || high === null) return [];
    const claim = { config: trial.models[0]!.config, point: entry.point };
    const later = confirmed(`confirm-${round}-${index}`, claim);
    return [
      { ...claim, name: `${entry.variant} with ${levelOf(entry.point)}`, interval: [low, high], later },
    ];
  });
}

const same: string[] = [];
const found: string[][] = SLOWER.map(() => []);
const claims: Claim[] = [];
const decisions: string[] = [];
for (let round = 0; round < Number(given.rounds); round++) {
  for (const [index, slower] of SLOWER.entries()) {
    const name = `run-${round}-${index}`;
    const results = profiled(name, fileFor(slower));
    if (index > 0) found[index]!.push(compared(`run-${round}-0`, name));
    else {
      if (round > 0) same.push(compared(`run-${round - 1}-0`, name));
      const of = claimsOf(results, round);
      claims.push(...of);
      const { winner } = results.models[0]!;
      decisions.push(winner ? `${winner.variant} with ${levelOf(winner.point)}` : 'nothing');
    }
  }
  tell();
}

function tell(): void {
  const count = (verdicts: readonly string[]): object =>
    Object.fromEntries(
      ['better', 'worse', 'same', 'unknown'].map((name) => [
        name,
        verdicts.filter((item) => item === name).length,
      ]),
    );
  console.table({
    'the same twice': count(same),
    '10 % slower': count(found[1]!),
    '5 % slower': count(found[2]!),
  });
  const held = claims.filter(({ interval: [low, high], later }) => low <= later && later <= high).length;
  console.log(`intervals hold what was measured later: ${held} of ${claims.length}`);
  const worth = new Map(
    [...Map.groupBy(claims, ({ name }) => name)].map(([name, of]) => [
      name,
      mean(of.map(({ later }) => later)),
    ]),
  );
  const first = decisions.slice(0, DECISIONS);
  const best = Math.max(...first.map((name) => worth.get(name) ?? 0));
  for (const [name, times] of Map.groupBy(first, (item) => item)) {
    const share = (worth.get(name) ?? 0) / best;
    console.log(
      `decided for ${name} in ${times.length} of ${first.length}: ${(100 * (share - 1)).toFixed(1)} %${share < 1 - LOSS ? ', a loss' : ''}`,
    );
  }
}
