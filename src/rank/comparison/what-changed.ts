import type { ComparedModel, ComparedRun, Difference } from '../../record/comparison.ts';
import { differentParts } from '../../record/fingerprints.ts';
import type { Criteria, Goal } from '../../record/goal.ts';
import { type Environment, measurementsOf, type Run, type Trial } from '../../record/run.ts';
import { describeConstraint, describeObjectives, formatNumber } from '../words.ts';
import { measuringOptions } from './measuring-options.ts';
import { sourceChanges } from './not-alike.ts';

/** What is told of a value that was not recorded. */
const NOT_KNOWN = 'not known';

/** What of the machine and the programs is told, by what it is called. */
const TOLD: readonly [what: string, read: (environment: Environment) => string | undefined][] = [
  ['GPUs', ({ gpus }) => gpus && (gpus.length > 0 ? gpus.join(', ') : 'none')],
  ['GPU driver', ({ driver }) => driver],
  ['CPU', ({ cpu }) => cpu],
  ['CPU cores', ({ cores }) => String(cores)],
  // What the kernel keeps for itself differs from boot to boot.
  ['memory', ({ memoryMB }) => `${formatNumber(Math.round(memoryMB / 1000))} GB`],
  ['operating system', ({ os }) => os],
  ['tma', ({ tma }) => tma],
  ['Node', ({ node }) => node],
  ['launch mode', ({ launcher }) => launcher],
  ['server', ({ server }) => server],
  [
    'load generator',
    ({ generator, generatorVersion }) => [generator, generatorVersion].filter(Boolean).join(' '),
  ],
  ['client protocol', ({ protocol }) => protocol ?? 'http'],
  ['options', ({ command }) => measuringOptions(command).join(' ') || 'none on the command line'],
];

/** Parts of a key that say no more than what is told of the environment. */
const TOLD_ALREADY: Readonly<Record<string, readonly string[]>> = {
  'the GPU driver': ['GPU driver'],
  'the number of cores': ['CPU cores'],
  'the machine': ['CPU', 'CPU cores', 'GPUs', 'operating system', 'memory'],
  'the server': ['server', 'server version', 'launch mode'],
  load_generator: ['load generator'],
  client_protocol: ['client protocol'],
};

/**
 * What else of two runs is not the same, what measured and on which machine first: what may explain a change, or makes it
 * say nothing. Of what the journals have
 * hashes alone it is told that it changed.
 */
export function whatChanged(
  before: Pick<ComparedRun, 'run' | 'side'>,
  after: Pick<ComparedRun, 'run' | 'side'>,
  models: readonly {
    readonly compared: Pick<ComparedModel, 'model' | 'configurations'>;
    readonly goals: { readonly base: Goal; readonly new: Goal };
  }[],
): Difference[] {
  const [base, next] = [before.run, after.run];
  const known = [
    ...sourceChanges(before, after),
    ...environmentChanges(base, next),
    ...serverChange(base, next),
  ];
  const told = new Set(known.map(({ what }) => what));
  const isNews = (name: string): boolean => !TOLD_ALREADY[name]?.some((what) => told.has(what));
  return [
    ...known,
    ...models.flatMap(({ compared, goals }) => [
      ...partChanges(compared, isNews, models.length > 1),
      ...loadChanges(base, next, compared.model, isNews),
      ...goalChanges(compared.model, goals.base, goals.new),
    ]),
    ...clockChanges(base.trials, next.trials),
  ];
}

function environmentChanges(base: Run, next: Run): Difference[] {
  const [before, after] = [base.sessions.at(-1)?.environment, next.sessions.at(-1)?.environment];
  if (!before || !after) return [];
  return TOLD.flatMap(([what, read]) => difference(what, read(before), read(after)));
}

const difference = (what: string, before: string | undefined, after: string | undefined): Difference[] =>
  before === after ? [] : [{ what, base: before ?? NOT_KNOWN, new: after ?? NOT_KNOWN }];

function serverChange(base: Run, next: Run): Difference[] {
  const [before, after] = [base, next].map(({ servers }) => servers.at(-1)?.version);
  return before === undefined || after === undefined || before === 'unknown' || after === 'unknown'
    ? []
    : difference('server version', before, after);
}

/** What decides a measurement, of the configurations that both measured. */
function partChanges(
  { model, configurations }: Pick<ComparedModel, 'model' | 'configurations'>,
  isNews: (name: string) => boolean,
  severalModels: boolean,
): Difference[] {
  const counts = new Map<string, number>();
  for (const name of configurations.flatMap(({ changed }) => changed))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([name]) => isNews(name))
    .map(([name, count]) => ({
      what: `${name}${severalModels ? ` (${model})` : ''}`,
      base: 'other',
      new:
        count === configurations.length
          ? 'changed'
          : `changed for ${count} of ${configurations.length} configurations`,
    }));
}

function loadChanges(base: Run, next: Run, model: string, isNews: (name: string) => boolean): Difference[] {
  const [before, after] = [base, next].map(
    ({ sessions }) => sessions.findLast(({ load }) => load?.[model])?.load?.[model],
  );
  if (!before || !after) return [];
  return differentParts(before, after)
    .filter(isNews)
    .map((name) => ({ what: `load of ${model}: ${name}`, base: 'other', new: 'changed' }));
}

function goalChanges(model: string, before: Criteria, after: Criteria): Difference[] {
  const limits = (criteria: Criteria): string =>
    criteria.constraints
      .map((constraint) => describeConstraint(constraint, criteria))
      .sort()
      .join('; ') || 'none';
  return [
    ...difference(`objectives of ${model}`, describeObjectives(before), describeObjectives(after)),
    ...difference(`constraints of ${model}`, limits(before), limits(after)),
  ];
}

/** Clocks that differ by more than this share are told. */
const CLOCKS = 0.02;

/** How the GPUs fared: their clocks, and what held them back. */
function clockChanges(base: readonly Trial[], next: readonly Trial[]): Difference[] {
  const [before, after] = [statesOf(base), statesOf(next)];
  if (!before || !after) return [];
  const isOther = Math.abs(before.mean - after.mean) > CLOCKS * before.mean;
  return [
    ...(isOther ? [{ what: 'SM clock', base: before.clocks, new: after.clocks }] : []),
    ...difference('GPU clocks held back by', before.throttled, after.throttled),
  ];
}

function statesOf(trials: readonly Trial[]) {
  const states = trials
    .flatMap(measurementsOf)
    .filter(({ takenOver }) => !takenOver)
    .flatMap(({ gpuStates }) => Object.values(gpuStates ?? {}));
  const clocks = states.flatMap(({ smClockMHz }) => (smClockMHz ? [smClockMHz] : []));
  if (clocks.length === 0) return undefined;
  const least = clocks.reduce((found, [low]) => Math.min(found, low), Number.POSITIVE_INFINITY);
  const most = clocks.reduce((found, [, high]) => Math.max(found, high), 0);
  return {
    mean: clocks.reduce((sum, [low, high]) => sum + (low + high) / 2, 0) / clocks.length,
    clocks: `${formatNumber(least)} to ${formatNumber(most)} MHz`,
    throttled: [...new Set(states.flatMap(({ throttled }) => throttled))].sort().join(', ') || 'nothing',
  };
}
