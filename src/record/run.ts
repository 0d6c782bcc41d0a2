import type { DiffLine } from '../model-config/diff.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { combined } from './combined.ts';
import type { DriftRecord } from './drift.ts';
import type { FailureKind } from './failure-kind.ts';
import type { Fingerprints } from './fingerprints.ts';
import { type Criteria, type Goal, nameOfModels } from './goal.ts';
import type { LoadPoint } from './load-point.ts';
import type { Measurement } from './measurement.ts';

/** Version of the journal; a change that an old reader can't take raises it. */
export const SCHEMA_VERSION = 2;

/** The machine and the programs a session measured with. */
export interface Environment {
  /** GPUs that the driver shows, by their product's name; [] without any. */
  readonly gpus?: readonly string[];
  /** Version of the GPU driver. */
  readonly driver?: string | undefined;
  readonly tma: string;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMB: number;
  /** Launcher, and the path of tritonserver or the image. */
  readonly launcher: string;
  readonly server: string;
  readonly generator: string;
  /** Where it is a program that is not tma's, as it tells it. */
  readonly generatorVersion?: string;
  /** Protocol of inference requests; absent = http. */
  readonly protocol?: 'grpc' | undefined;
  readonly command: readonly string[];
  /** The folder that it was typed in; a journal of an early version does not say. */
  readonly folder?: string;
}

/** One call of `tma profile`. */
export interface Session {
  /** What it is called: when it began, with a number behind where another of the journal began at the same moment. */
  readonly id: string;
  readonly startedAt: string;
  /** The session before, which did not come to its end, and which this one goes on with: what both measured is one. */
  readonly continues?: string;
  /** A journal of an early version does not say what a session took over: everything before it. */
  readonly takesAll?: true;
  /** It was to measure everything anew: nothing of others is taken over, by those that go on with it neither. */
  readonly fresh?: true;
  readonly environment: Environment;
  /** What the models were judged by, so that a report needs no perf.yaml. */
  readonly goals: readonly Goal[];
  /** What configurations of different models were judged by; a journal of an early version does not say. */
  readonly overall?: Criteria | undefined;
  /** What the load of each model was made by, by model; a journal of an early version does not say. */
  readonly load?: Readonly<Record<string, Fingerprints>> | undefined;
  /** What chance was drawn from, by model; a journal of an early version does not say. */
  readonly seeds?: Readonly<Record<string, Seeds>> | undefined;
  /** A hash of which points of each model were to be measured, and how, by model; absent: not recorded. */
  readonly wanted?: Fingerprints | undefined;
}

/** The same seeds make the same choices. */
export interface Seeds {
  /** Of a search that chooses by chance. */
  readonly search: number;
  /** Of a load's inputs, arrivals and sequences. */
  readonly load: number;
}

/** The running server as it described itself, and its GPUs before any model was loaded. */
export interface ServerRecord {
  readonly name: string;
  readonly version: string;
  /** Metric tag -> value by GPU UUID; {} without GPUs. */
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A model of a candidate, and how it is configured. */
export interface ConfiguredModel {
  readonly name: string;
  /** Whether load is put on it, or on another model that is made of it. */
  readonly role: 'measured' | 'composing';
  /** Path as in config.pbtxt -> value, as far as it is set over the model's own; empty for the default. */
  readonly assignment: Readonly<Record<string, unknown>>;
  /** The whole configuration under the model's own name. */
  readonly config: ModelConfig;
}

/** A model of a variant, with its config.pbtxt and what in it differs from the default. */
export interface RecordedModel extends ConfiguredModel {
  readonly configText: string;
  readonly diff: readonly DiffLine[];
}

/** A configuration that was tried. */
export interface VariantRecord {
  /** Equal when everything that may change a measurement is equal: files, configuration, server, flags. */
  readonly key: string;
  /** What the key is made of; a journal of an early version does not say. */
  readonly parts?: Fingerprints | undefined;
  readonly name: string;
  readonly isDefault: boolean;
  /** What it serves; those that load is put on stand first. */
  readonly models: readonly [RecordedModel, ...RecordedModel[]];
  /**
   * Models that it is made of and that were given configurations of their own: its config.pbtxt alone is not what was
   * measured.
   */
  readonly composing?: readonly string[];
}

/** What became of one load on a variant, as a trial tells it. */
export type PointOutcome =
  | { readonly state: 'measured'; readonly measurement: Measurement }
  | ({ readonly state: 'failed'; readonly point: LoadPoint } & PointFailure);

/** What became of one load on a variant, or of several that could not be put on it. */
export type PointRecord =
  | (Extract<PointOutcome, { state: 'measured' }> & {
      readonly key: string;
      /** It was measured once more on purpose: on the same server, or on one started for it. */
      readonly again?: 'here' | 'afresh';
      /** Seconds until the server that was started for it was ready; absent: it ran already. */
      readonly startS?: number;
      /** It was made to see whether the machine is as it was, and not for the point's own sake. */
      readonly sentinel?: true;
    })
  | (Extract<PointOutcome, { state: 'failed' }> & { readonly key: string })
  | { readonly state: 'skipped'; readonly points: readonly LoadPoint[]; readonly reason: string };

/** Why a point failed; a journal of an early version has no kind. */
export interface PointFailure {
  readonly kind?: FailureKind;
  readonly cause: string;
}

/** Seconds that each step of a trial took. */
export interface StepTimes {
  readonly startS: number;
  readonly loadS: number;
  readonly warmupS: number;
  readonly measureS: number;
  readonly stopS: number;
}

/** How a variant's trial ended. */
export interface TrialEnd {
  readonly kind?: FailureKind | undefined;
  readonly cause?: string | undefined;
  /** The lines of the log that show it, and what to try. */
  readonly lines?: readonly string[] | undefined;
  readonly advice?: string | undefined;
  readonly logTail?: readonly string[] | undefined;
  /** Absent where the server's output is not ours to see. */
  readonly logFile?: string | undefined;
  /** File with which it can be repeated, where something failed: `tma trial --spec FILE`. */
  readonly specFile?: string | undefined;
  /** The configuration that was in effect, as the server told it. */
  readonly effective?: ModelConfig | undefined;
  readonly warnings: readonly string[];
  readonly steps: StepTimes;
  /**
   * The most memory that the server's processes had resident from their start to the end of the trial, MB, each counted with
   * what it shares; absent where it is not known, as of a server elsewhere or one that died.
   */
  readonly peakMemoryMB?: number | undefined;
}

/** A variant with everything that was found out about it. */
export interface Trial extends VariantRecord {
  /**
   * failed: it has a cause and nothing measured; skipped: none of its points was legal; not tried: nothing is known of any, as
   * the run ended before.
   */
  readonly state: 'measured' | 'failed' | 'skipped' | 'not tried';
  readonly points: readonly PointRecord[];
  readonly end?: TrialEnd | undefined;
  /** How often a server was started for it, where that was more than once; the steps of `end` are of all of them. */
  readonly starts?: number;
}

/** How the last search over a model's space went. */
export interface SearchRecord {
  /** Names of the models that load was put on. */
  readonly models: readonly [string, ...string[]];
  /** `brute`, `bayes` ... */
  readonly search: string;
  /** Why it ended, in words. */
  readonly why: string;
  /** It was ended from outside before it came to its end, other than by a budget. */
  readonly interrupted?: boolean;
  /** What there was, and how much of it was looked at. */
  readonly points: { readonly all: number; readonly seen: number };
  readonly configurations: { readonly all: number; readonly seen: number };
  /** Those of the best that were repeated included. */
  readonly measurements: number;
  /**
   * How much each field and the load make by themselves of what the search expects over all points, tried or not, largest
   * first; [] where it does not learn that. What mattered between the configurations that were measured is in `rank/effects`.
   */
  readonly importance: readonly Importance[];
  /** Why points were not looked at, and how many. */
  readonly skipped: readonly { readonly reason: string; readonly points: number }[];
  readonly remarks: readonly string[];
  /** The budget of the user's that ended it, where it would have gone on with more. */
  readonly ended?: UsedBudget;
  /** Absent where the search comes to no verdict of its own, and in journals of early versions. */
  readonly belief?: BeliefRecord;
}

/** A budget that the user gave, and that is used. */
export interface UsedBudget {
  /** As it is called in perf.yaml: `max_measurements`. */
  readonly option: string;
  /** So much of what it counts was allowed; of shares of the space, what they come to. */
  readonly most: number;
  readonly of: 'measurements' | 'configurations' | 'minutes';
  /** It holds for several models together, of which each has a share. */
  readonly shared?: true;
}

/** What a search believes of its verdict, by everything that it measured. */
export interface BeliefRecord {
  /** What it was judged by: it says nothing of other limits or objectives. */
  readonly goal: Criteria;
  /** Name of the configuration that it would name, and the load. */
  readonly variant: string;
  readonly point: LoadPoint;
  /** The objective, where there is one alone, in its own unit, with an interval of 95 % that covers starts of the server. */
  readonly value?: number;
  readonly interval?: readonly [number, number];
  /** Probability that every limit is kept. */
  readonly keeps: number;
  /** Probability that some other point that keeps the limits is better by more than 5 %, and the likeliest of these. */
  readonly better: {
    readonly chance: number;
    readonly variant?: string;
    /** Path as in config.pbtxt -> value, by which that one differs from the default: it may never have been tried. */
    readonly assignment?: Readonly<Record<string, unknown>>;
    readonly point?: LoadPoint;
  };
  /**
   * By what share of the objective so many further minutes are expected to make it better, and the option with which the
   * search would go on for that, as it is written.
   */
  readonly more?: { readonly minutes: number; readonly gain: number; readonly by?: string };
}

/** Everything that the journal holds. */
export interface Run {
  readonly schemaVersion: number;
  readonly sessions: readonly Session[];
  readonly servers: readonly ServerRecord[];
  readonly trials: readonly Trial[];
  /** One for each model that a search came to an end of. */
  readonly searches: readonly SearchRecord[];
  /** Whether the machine was the same, for each model for which it was looked at. */
  readonly drifts?: readonly DriftRecord[];
  /** Another session has begun since: this one is not gone on with any more. */
  readonly isPast?: true;
}

/** What has models, those first that load is put on: a candidate, a variant, a trial. */
export interface WithModels {
  readonly models: readonly [Named, ...Named[]];
}
type Named = Pick<ConfiguredModel, 'name' | 'role'>;

/** The models of a candidate or a variant that load is put on. */
export function loadedModels({ models: [first, ...others] }: WithModels): Goal['models'] {
  return [first.name, ...others.filter(({ role }) => role === 'measured').map(({ name }) => name)];
}

/** The name of the models that load is put on. */
export const loadedName = (variant: WithModels): string => nameOfModels(loadedModels(variant));

/** The newest trial of each name: a journal may hold several configurations that once had the same. */
export const latestTrials = (run: Run): Trial[] => [
  ...new Map(run.trials.map((trial) => [trial.name, trial])).values(),
];

/**
 * The measurements of a trial, in order; those of one load as one, see `combined`. What drifted counts only where nothing
 * else is known of its load.
 */
export function measurementsOf({ points }: Trial): Measurement[] {
  const measured = points.filter((record) => record.state === 'measured');
  const [only, another] = measured;
  if (only && !another && only.again !== 'afresh') return [only.measurement];
  return [...Map.groupBy(measured, ({ key }) => key).values()].map((all) => {
    const records = tellingOf(all);
    const measurement = combined(
      records.map((record) => record.measurement),
      serversOf(records),
    );
    // What took the place of what drifted may be the only look.
    const isRepeated = records.length > 1 || records.length === all.length;
    // Looks at the sentinel are no reason to prefer what they are made at.
    return isRepeated && records.some(({ again, sentinel }) => again === 'afresh' && !sentinel)
      ? { ...measurement, confirmed: true }
      : measurement;
  });
}

type MeasuredRecord = Extract<PointRecord, { state: 'measured' }>;

/**
 * Of the measurements of one point those that tell what it does: those that did not drift, looks at the sentinel among them.
 * Where all of them drifted, they stand, marked, without the looks that found it.
 */
export function tellingOf(records: readonly MeasuredRecord[]): readonly MeasuredRecord[] {
  const steady = records.filter(({ measurement }) => !measurement.drifted);
  const own = records.filter(({ sentinel }) => !sentinel);
  return [steady, own].find(({ length }) => length > 0) ?? records;
}

/** On which start of the server each record of one point was measured: one marked `afresh` is the first on its own. */
export function serversOf(records: readonly { readonly again?: 'here' | 'afresh' }[]): number[] {
  let server = 0;
  return records.map(({ again }, index) => (again === 'afresh' && index > 0 ? ++server : server));
}

/** How much a field of the configuration, or the load, changes what a point is worth. */
export interface Importance {
  /** Path as in config.pbtxt; `load` for requests in flight or a second. */
  readonly parameter: string;
  /** Share of all differences that this one alone explains, 0 to 1. */
  readonly share: number;
}
