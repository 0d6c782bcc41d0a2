import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Experiment, ModelPlan } from '../config/experiment.ts';
import { goalOfPlan } from '../config/goals.ts';
import { commandWithoutSecrets } from '../config/secrets.ts';
import type { Lane } from '../executor/lanes.ts';
import { VERSION } from '../ground/version.ts';
import type { Entry } from '../record/entry.ts';
import type { Fingerprints } from '../record/fingerprints.ts';
import { type Criteria, nameOfModels } from '../record/goal.ts';
import type { History } from '../record/history.ts';
import { type Environment, SCHEMA_VERSION } from '../record/run.ts';
import { type Generator, hash, loadParts } from './key.ts';

/** What a session measures with, as far as the experiment does not say. */
export interface Programs {
  /** How servers are launched, and the path of tritonserver or the image. */
  readonly launcher: string;
  readonly server: string;
  readonly generator: Generator;
  /** The command line. */
  readonly command: readonly string[];
}

/** How a session begins in the journal. */
export function sessionEntry(
  experiment: Experiment,
  lanes: readonly Lane[],
  { launcher, server, generator, command }: Programs,
  history: History,
): Extract<Entry, { kind: 'session' }> {
  const { models, reports, reuse } = experiment;
  const gpus = lanes.flatMap(({ devices }) => devices ?? []);
  const now = new Date();
  const continued = continuedBy(history, experiment, now);
  return {
    kind: 'session',
    schemaVersion: SCHEMA_VERSION,
    id: newId(history, now),
    startedAt: now.toISOString(),
    ...(continued !== undefined && { continues: continued }),
    ...(reuse.fresh && { fresh: true }),
    environment: {
      ...machine(),
      launcher,
      server,
      command: commandWithoutSecrets(command),
      folder: process.cwd(),
      generator: generator.name,
      ...(generator.version !== undefined && { generatorVersion: generator.version }),
      gpus: gpus.map(({ name }) => name),
      driver: gpus[0]?.driver,
      protocol: models[0]?.load.protocol,
    },
    goals: models.map(goalOfPlan),
    overall: reports.acrossModels.goal,
    load: Object.fromEntries(models.map(({ name, load }) => [name, loadParts(load, generator)])),
    seeds: Object.fromEntries(
      models.map(({ name, search, load }) => [name, { search: search.seed, load: load.seed }]),
    ),
    wanted: wantedOf(models),
  };
}

/** A run that last measured longer ago is not gone on with, but taken over. */
const LONGEST_BREAK_MS = 24 * 3_600_000;

/**
 * The session that a new one goes on with: the last one, where it was interrupted or killed, not long ago, and was to
 * measure the same of the same models. What both measured is one, so that all of it has to be as young as is asked.
 */
export function continuedBy(history: History, { models, reuse }: Experiment, now: Date): string | undefined {
  const last = history.lastSession;
  if (!last || reuse.fresh) return undefined;
  const { fromMs, toMs } = history.spanOf(last.id);
  const isYoung = (sinceMs: number, mostMs: number): boolean => now.getTime() - sinceMs <= mostMs;
  if (!isYoung(toMs, LONGEST_BREAK_MS)) return undefined;
  if (reuse.maxAgeMs !== undefined && !isYoung(fromMs, reuse.maxAgeMs)) return undefined;
  const names = models.map(({ name }) => name);
  const before = last.goals.map((goal) => nameOfModels(goal.models));
  if (before.length !== names.length || !names.every((name) => before.includes(name))) return undefined;
  const wanted = wantedOf(models);
  if (last.wanted && names.some((name) => last.wanted?.[name] !== wanted[name])) return undefined;
  const searches = history.searchesOf(last.id);
  const isThrough = names.every((name) =>
    searches.some((search) => nameOfModels(search.models) === name && search.interrupted !== true),
  );
  return isThrough ? undefined : last.id;
}

/** A hash of what decides which points of each model there are, and how they are measured. */
const wantedOf = (models: readonly ModelPlan[]): Fingerprints =>
  Object.fromEntries(models.map((plan) => [plan.name, hash(decidesPoints(plan)).slice(0, 8)]));

/** Neither what judges the points, nor where in perf.yaml anything stands. */
type NotDeciding = keyof Criteria | 'place' | 'flagsPlace';

const decidesPoints = (plan: ModelPlan): Record<Exclude<keyof ModelPlan, NotDeciding>, unknown> => ({
  name: plan.name,
  search: plan.search,
  cpuOnly: plan.cpuOnly,
  parameters: plan.parameters.map(({ segments, values }) => ({ segments, values })),
  concurrency: plan.concurrency,
  requestRates: plan.requestRates,
  automatic: plan.automatic,
  earlyExit: plan.earlyExit,
  refine: plan.refine,
  stopAtPlateau: plan.stopAtPlateau,
  batchSizes: plan.batchSizes,
  load: plan.load,
  serverFlags: plan.serverFlags,
  serverEnvironment: plan.serverEnvironment,
  container: plan.container,
});

/** When it began, told apart from others that began at the same moment. */
function newId(history: History, now: Date): string {
  const taken = new Set(history.sessions.map(({ id }) => id));
  const id = now.toISOString();
  for (let number = 2; taken.has(id); number++) if (!taken.has(`${id}-${number}`)) return `${id}-${number}`;
  return id;
}

/** This machine, and what tma runs on. */
const machine = (): Pick<Environment, 'tma' | 'node' | 'os' | 'cpu' | 'cores' | 'memoryMB'> => ({
  tma: VERSION,
  node: process.version,
  os: osName(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryMB: Math.round(totalmem() / 1e6),
});

function osName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return `${pretty ?? type()}, ${type()} ${release()}`;
  } catch {
    return `${type()} ${release()}`;
  }
}
