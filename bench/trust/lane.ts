import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { printConfigText } from '../../src/model-config/config.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { MODEL, REPOSITORY } from '../ocr-grid.ts';
import { isDone, resultsIn, secondsOfEnd } from '../runs.ts';
import { type Claim, claimsOf } from './claims.ts';

/** By how much longer executions take, as shares. */
export const SLOWER = [0.1, 0.05] as const;
/** So long what a run told is measured later, seconds. */
const LATER_S = 60;

/** How much a lane does. */
export interface Amount {
  /** Pairs of identical runs: each is compared with the one before. */
  readonly same: number;
  /** Of so many of these runs what they told is measured later. */
  readonly later: number;
  /** Runs with each of the slower models. */
  readonly slower: readonly Slower[];
  /** Whether a run measures the baseline anew, which is the run that it is compared with. */
  readonly baseline: boolean;
}

/** Runs with a model whose executions take longer. */
export interface Slower {
  readonly share: (typeof SLOWER)[number];
  readonly runs: number;
}

/** One run of a lane. */
export interface Stage {
  readonly folder: string;
  /** The example, or a minute with one of its configurations. */
  readonly kind: 'example' | 'later';
  /** Its perf.yaml. */
  file(): object;
  /** Flags of `tma profile`, beside those of every run. */
  readonly flags: readonly string[];
}

export const exampleFolder = (work: string, index: number): string => join(work, `example-${index}`);
export const slowerFolder = (work: string, slower: number, index: number): string =>
  join(work, `slower-${slower}-${index}`);
export const laterFolder = (work: string, index: number, { trial, point }: Claim): string =>
  join(work, `later-${index}-${trial}-${levelOf(point)}`);

/** The runs of a lane in their order, as far as they are known: what is measured later follows from the runs before. */
export function stagesOf(work: string, { same, later, slower, baseline }: Amount): Stage[] {
  const length = Math.max(same + 1, ...slower.map(({ runs }) => runs));
  const indices = Array.from({ length }, (_, index) => index);
  const against = (index: number): string[] =>
    baseline && index >= 0 ? ['--baseline', join(exampleFolder(work, index), 'checkpoints')] : [];
  return indices.flatMap((index): Stage[] => [
    ...(index <= same ? [example(exampleFolder(work, index), () => REPOSITORY, against(index - 1))] : []),
    ...slower
      .filter(({ runs }) => index < runs)
      .map(({ share }) =>
        example(
          slowerFolder(work, share, index),
          () => slowerRepository(work, share),
          // There may be fewer of these.
          against(Math.min(index, same)),
        ),
      ),
    ...(index < later ? laterStages(work, index) : []),
  ]);
}

/** The example as it is, but for where its model lies. */
function example(folder: string, repository: () => string, flags: readonly string[]): Stage {
  const given = parse(readFileSync('examples/text-recognition/perf.yaml', 'utf8'));
  return { folder, kind: 'example', file: () => ({ ...given, model_repository: repository() }), flags };
}

function laterStages(work: string, index: number): Stage[] {
  const of = exampleFolder(work, index);
  if (!isDone(of)) return [];
  return claimsOf(resultsIn(of)).map((claim) => {
    const folder = laterFolder(work, index, claim);
    // A search would look at its only point once more, for the verdict.
    const flags = ['--run-config-search-mode', 'brute'];
    return { folder, kind: 'later', file: () => laterFile(folder, claim), flags };
  });
}

function laterFile(folder: string, { config, point }: Claim): object {
  const repository = join(folder, 'repository');
  cpSync(join(REPOSITORY, MODEL), join(repository, MODEL), { recursive: true });
  writeFileSync(join(repository, MODEL, 'config.pbtxt'), printConfigText({ ...config, name: MODEL }));
  return {
    model_repository: repository,
    run_config_search_disable: true,
    // Not reached, so that all of the time is used.
    precision: 0.01,
    time_limit: LATER_S,
    profile_models: { [MODEL]: { parameters: { concurrency: [levelOf(point)] } } },
  };
}

/** The example's repository with a model whose executions take so much longer, by work on the same core. */
function slowerRepository(work: string, slower: number): string {
  const to = join(work, `model-${slower}`);
  if (existsSync(to)) return to;
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
  return to;
}

/** Seconds that a stage may take: as long as the longest of its kind here, and a little; before there is one, a guess. */
export function secondsFor({ kind }: Stage, stages: readonly Stage[]): number {
  const others = stages.filter((stage) => stage.kind === kind && isDone(stage.folder));
  const guess = kind === 'later' ? LATER_S + 10 : LATER_S;
  return others.length === 0 ? guess : 1.05 * Math.max(...others.map(({ folder }) => secondsOfEnd(folder)));
}
