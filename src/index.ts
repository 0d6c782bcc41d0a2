// biome-ignore-all assist/source/organizeImports: grouped by what they are for
/**
 * tma as a library: load an experiment, profile it, rank what was measured, report it. docs/library.md has examples.
 *
 *   const experiment = loadExperiment({ file: 'perf.yaml' });
 *   const { run } = await profile(experiment, { listeners: [(event) => event.kind === 'point' && console.log(event.record)] });
 *   const ranking = rank(run, goalOfPlan(experiment.models[0]));
 *   console.log(verdict(ranking));
 *
 * The command line and the terminal use nothing else of tma, but for the ground that every step may use. Importing
 * this is cheap: browser, drawing, Docker, gRPC and all that runs a server are loaded by what needs them.
 */
import type { Experiment } from './config/experiment.ts';
import type { FinishNotice } from './record/finish-notice.ts';
import type { ProfileOptions, ProfileResult } from './run/profile.ts';
import type { LoadOutcome, LoadTask } from './trial/put-load.ts';
import type { Check } from './setup/machine-check.ts';
import type { Proposal } from './setup/proposal.ts';
import type { SpecRun } from './trial/run-spec.ts';
import type { TrialAccount } from './trial/trial-lines.ts';
import type { TrialSpec } from './trial/trial-spec.ts';

// Errors: what the user can put right is a UserError, with its places; everything else that is thrown is a bug.
export { type Place, type Problem, UserError } from './ground/errors.ts';

// Metrics: the table of everything that can be measured, aimed at, limited and shown.
export { derived, derivedTrial } from './goal/costs.ts';
export { METRICS, type Metric, metric } from './ground/metric.ts';

// Options: the table that perf.yaml, the command line and the documentation are read by.
export type { CommandLine } from './config/given-options.ts';
export { isSwitch, loadFlags } from './config/load-flags.ts';
export { type Command, OPTIONS, type Option, type OptionKey } from './config/options.ts';
export type { ResolvedOption } from './config/resolved-options.ts';

// Experiments: what is to be profiled, loaded or reported, read from perf.yaml and options; nothing is started.
export type { Experiment, ModelPlan, Parameter } from './config/experiment.ts';
export { type ExperimentSource, loadExperiment, loadWithOptions } from './config/load-experiment.ts';
export { GENERATOR_OPTIONS, type LoadRequest, loadRequest } from './config/load-request.ts';
export { type Layout, layoutOf, recordedNear } from './config/layout.ts';
export type { PlotSettings } from './config/plot-settings.ts';
export { type LoadFlags, readLoadFlags } from './config/read-load-flags.ts';
export { loadReportRequest, type ReportRequest } from './config/report-request.ts';

// Spaces: the configurations of an experiment, and the loads that each is measured with.
export { buildSpace, type Candidate, type Space } from './space/space.ts';

// Searches: ask and tell, without a clock; one of your own is a `Search`.
export { bruteSearch } from './search/brute.ts';
export type { Account, Answer, Ask, Belief, Earlier, Outcome, Search, Standing } from './search/search.ts';

// Servers: a launcher of your own is a `Launcher`.
export { type Launcher, type LaunchRequest, type Server, ServerFailure } from './server/launcher.ts';
export { launcherFor } from './server/launcher-for.ts';
export { missingServer } from './server/locate.ts';

// Load: on a server that runs already, without a search; a generator of your own is a `LoadGenerator`.
export { generatorFor } from './load/generator-for.ts';
export {
  LoadFailure,
  type LoadedModel,
  type LoadGenerator,
  type LoadJob,
  type LoadResult,
  type WindowSummary,
} from './load/load-generator.ts';
export type { LoadOutcome, LoadTask } from './trial/put-load.ts';

/**
 * Puts one load after the other on a model and measures each; nothing is searched for, loaded or unloaded.
 * @throws UserError when the server can't be reached, does not know the model, or the data does not fit it.
 */
export async function* putLoad(task: LoadTask): AsyncGenerator<LoadOutcome> {
  yield* (await import('./trial/put-load.ts')).putLoad(task);
}

// Running: what would be done, and doing it; listeners are told of everything meanwhile.
export {
  type Happening,
  mistakeTeller,
  type Progress,
  type RunEvent,
  type RunListener,
  tellAll,
} from './run/events.ts';
export type { Phase } from './trial/trial-event.ts';
export type { Expectation } from './run/expectation.ts';
export { type PlannedModel, type PlannedVariant, planRun } from './run/plan.ts';
export type { ProfileOptions, ProfileResult } from './run/profile.ts';

/**
 * Profiles every model of an experiment: asks the search what to measure, puts that variant on a server, measures,
 * records, tells the search. What the journal knows already is not measured again.
 * @throws UserError for mistakes in the models or the machine; a variant that fails is a result.
 */
export async function profile(experiment: Experiment, options?: ProfileOptions): Promise<ProfileResult> {
  return await (await import('./run/profile.ts')).profile(experiment, options);
}
export { redactorFor } from './trial/tellable.ts';

// Trials: one configuration on a server, as plain data in and out; a failed one can be repeated from its spec.
export type { SpecRun } from './trial/run-spec.ts';
export type { PointRequest } from './trial/trial.ts';
export type { TrialEvent } from './trial/trial-event.ts';
export type { TrialAccount, TrialLine } from './trial/trial-lines.ts';
export type { ServedModel, TrialPlace, TrialSettings, TrialSpec } from './trial/trial-spec.ts';

/**
 * Reads a spec that a run wrote down, its references filled in from an environment.
 * @throws UserError that names what is wrong in it, or the variables that are missing.
 */
export async function readSpec(path: string, environment: NodeJS.ProcessEnv): Promise<TrialSpec> {
  return (await import('./trial/spec-file.ts')).readSpec(path, environment);
}

/**
 * A spec whose trial logs beside the spec's file, in a file that was not there before: the log of the trial that is
 * repeated stays as it was.
 * @throws UserError when no file can be made.
 */
export async function withLogBeside(spec: TrialSpec, specFile: string): Promise<TrialSpec> {
  return (await import('./trial/log-beside.ts')).withLogBeside(spec, specFile);
}

/**
 * Runs a spec's trial by itself: with the launcher and the load generator that it names.
 * @throws UserError when one of them is not on this machine, or nothing can be launched.
 */
export async function runSpec(spec: TrialSpec, how: SpecRun): Promise<TrialAccount> {
  return await (await import('./trial/run-spec.ts')).runSpec(spec, how);
}

// Records: what was measured and how it ended, from a run or from its journal.
export {
  atRate,
  batchSizeOf,
  inFlight,
  isRate,
  type Load,
  type LoadPoint,
  levelOf,
  type Stream,
} from './record/load-point.ts';
export { type Mark, type MarkTag, MARKS, marksOf } from './record/marks.ts';
export { type Figures, isClientBound, type Measurement } from './record/measurement.ts';
export {
  type ConfiguredModel,
  latestTrials,
  loadedModels,
  loadedName,
  measurementsOf,
  type PointRecord,
  type RecordedModel,
  type Run,
  type Session,
  type Trial,
  type TrialEnd,
} from './record/run.ts';
export { makeHome } from './store/home.ts';
export { journalPath, readJournal } from './store/journal.ts';
export { readRecorded, type Wanted } from './store/read-recorded.ts';

// Ranking: objectives, constraints and noise to one decision, for each model and for all together.
export {
  type Constraint,
  type Criteria,
  type Goal,
  nameOfModels,
  type Objective,
  type Prices,
} from './record/goal.ts';
export { goalOfPlan } from './config/goals.ts';
export { checkConstraints, missedBy, score } from './goal/score.ts';
export { type AcrossModels, acrossModels, rankAcross } from './rank/across.ts';
export type { Evidence, Finding } from './rank/findings/finding.ts';
export { findingsOf } from './rank/findings/findings-of.ts';
export { paretoFront } from './rank/pareto.ts';
export { type Ranking, rank } from './rank/rank.ts';
export { chanceText, endedEarlyText } from './rank/belief-words.ts';
export { type ToldGain, toldGain } from './rank/told-gain.ts';
export type { RankedEntry, RankedPoint } from './rank/standings.ts';
export { relativeHalfWidth } from './statistics/intervals.ts';

// Comparing: two runs of the same models, what changed, and whether that is more than the noise.
export { type PastRun, pastRuns } from './rank/past-runs.ts';
export { type ComparisonOptions, compareRuns, MARGIN } from './rank/comparison/compare-runs.ts';
export { changeText, roleText, sessionText, signed } from './rank/comparison/comparison-words.ts';
export { type Condition, readCondition } from './rank/comparison/gates.ts';
export {
  type Change,
  type ComparedConfiguration,
  type ComparedModel,
  type ComparedRun,
  type Comparison,
  comparisonSchema,
} from './record/comparison.ts';
export { findLastTwo, type ReadSide, readLastTwo, readSide, type WantedSession } from './store/read-side.ts';

// Words: how the terminal and the pages say what was found, for views of your own.
export { show } from './config/written.ts';
export { isWorthTelling, searchLines } from './rank/search-words.ts';
export { takenOverText } from './rank/taken-over.ts';
export { headline } from './rank/headline.ts';
export { settingsText } from './rank/settings-words.ts';
export { doubtOf } from './rank/doubt.ts';
export type { Gain, Noise } from './rank/noise.ts';
export { besidesHeadline, verdict } from './rank/verdict.ts';
export {
  adviceText,
  compactValue,
  describeConstraint,
  describeObjectives,
  formatNumber,
  formatValue,
  plusMinus,
  shortNames,
  varyingPaths,
} from './rank/words.ts';
export { levelText } from './record/load-point.ts';
export { hunksOf } from './model-config/diff.ts';

// Reports: tables, JSON and pages, and the files that they go to.
export { csvText, resultTables, tablesText } from './report/tables.ts';
export { perfAnalyzerTable, pointObject } from './report/load-table.ts';
export { planObject } from './report/plan-object.ts';
export type { Mode } from './report/plots.ts';
export { parseResults, type Results } from './record/results.ts';
export { comparisonPage } from './report/comparison-page.ts';
export { checkExportPath, put } from './report/put.ts';

// Exporters: a result as files; one of your own is an `Exporter`, and writes by `put`.
export {
  bestNames,
  type Exporter,
  type ExportOptions,
  type ExportSettings,
  type Result,
  resultOf,
  type Written,
} from './report/exporter.ts';
export { type Exported, EXPORTERS, exportAll, throwFailures } from './report/export-all.ts';
export { type Page, pagesOf } from './report/pages.ts';

// Deploying: what was decided as files of a model repository, Helm values or an InferenceService; how many replicas it takes.
export { type Capacity, capacityOf } from './report/deployment/capacity.ts';
export type { Choice, Chosen } from './report/deployment/chosen.ts';
export { type Demand, type Deployment, deploymentOf } from './report/deployment/deployment.ts';
export {
  changesOf,
  type ExportFormat,
  type ExportRequest,
  exportModels,
  type FileChange,
  type PlannedExport,
  planExport,
} from './report/deployment/export-models.ts';
export { type ExportedModel, type ExportRecord, exportRecord } from './report/deployment/export-record.ts';
export { type HandedOver, stampOf } from './report/deployment/hand-over.ts';
export { helmValues } from './report/deployment/helm-values.ts';
export { kserveService, STORAGE_PLACEHOLDER } from './report/deployment/kserve-service.ts';
export { kubernetesNames } from './report/deployment/kubernetes-name.ts';
export { type Manifest, measuredLines } from './report/deployment/manifest.ts';
export { type Replicas, replicasFor } from './report/deployment/replicas.ts';
export type { Resources } from './report/deployment/resources.ts';

// The end of a run, told to an address: what is posted says nothing secret.
export { type FinishNotice, parseNotice } from './record/finish-notice.ts';
export { type Finish, finishNotice } from './report/finish.ts';

/**
 * Posts a notice as JSON; takes 8.5 s at most, and throws nothing.
 * @param signal aborted: it is given up at once.
 * @returns why it was not taken, in words that hold no secret; undefined where it was.
 */
export async function postNotice(
  address: string,
  notice: FinishNotice,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return await (await import('./report/post-notice.ts')).postNotice(address, notice, signal);
}

// Before a first run: what is there on this machine, and a perf.yaml for a model repository.
export type { Check } from './setup/machine-check.ts';
export type { Proposal } from './setup/proposal.ts';

/** Looks at everything that a run needs on this machine, of an experiment or of any; nothing is started or written. */
export async function examine(experiment?: Experiment): Promise<Check[]> {
  return await (await import('./setup/doctor.ts')).examine(experiment);
}

/**
 * A perf.yaml for what a model repository holds.
 * @param folder where it is looked for, where none is named.
 * @throws UserError where there is no repository, or are several, or none of its models can be profiled.
 */
export async function proposePerfYaml(folder: string, repository?: string): Promise<Proposal> {
  return await (await import('./setup/proposal.ts')).proposePerfYaml(folder, repository);
}

// Programs that tma uses, brought into its cache.
export { installChromium } from './install/install-chromium.ts';
export { installPerfAnalyzer } from './install/install-perf-analyzer.ts';
export { installTriton } from './install/install-triton.ts';
