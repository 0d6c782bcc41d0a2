/**
 * tma as a library: load an experiment, profile it, rank what was measured, report it.
 *
 *   const experiment = loadExperiment({ file: 'perf.yaml' });
 *   const { run } = await profile(experiment, { listeners: [{ onPoint: console.log }] });
 *   const ranking = rank(run, experiment.models[0]);
 *   console.log(verdict(ranking));
 */
export type { Experiment, ModelPlan, Parameter } from './config/experiment.ts';
export { type ExperimentSource, loadExperiment } from './config/load-experiment.ts';
export type { PlotSettings } from './config/plot-settings.ts';
export { type LoadFlags, readLoadFlags } from './config/read-load-flags.ts';
export { checkConstraints, score } from './goal/score.ts';
export { type Place, type Problem, UserError } from './ground/errors.ts';
export { METRICS, type Metric } from './ground/metric.ts';
export { generatorFor } from './load/generator-for.ts';
export type { LoadGenerator, LoadJob, LoadResult } from './load/load-generator.ts';
export { nativeGenerator } from './load/native/native.ts';
export { type AcrossModels, rankAcross } from './rank/across.ts';
export { paretoFront } from './rank/pareto.ts';
export { type Ranking, rank } from './rank/rank.ts';
export type { RankedEntry, RankedPoint } from './rank/standings.ts';
export { verdict } from './rank/verdict.ts';
export type { Constraint, Objective } from './record/goal.ts';
export type { LoadPoint } from './record/load-point.ts';
export type { Measurement } from './record/measurement.ts';
export { parseResults, type Results } from './record/results.ts';
export { measurementsOf, type PointRecord, type Run, type Trial } from './record/run.ts';
export { perfAnalyzerTable, pointObject } from './report/load-table.ts';
export type { PageOptions } from './report/plots.ts';
export {
  acrossPage,
  detailedPages,
  htmlWriter,
  type Page,
  pdfWriter,
  pngWriter,
  type ReportWriter,
  summaryPages,
  writeResults,
} from './report/write.ts';
export type { Phase, Progress, RunListener } from './run/events.ts';
export type { ProfileOptions } from './run/loop.ts';
export { type PlannedModel, type PlannedVariant, planRun } from './run/plan.ts';
export { type ProfileResult, profile } from './run/profile.ts';
export { bruteSearch } from './search/brute.ts';
export type { Ask, Outcome, Search } from './search/search.ts';
export type { Launcher, LaunchRequest, Server } from './server/launcher.ts';
export { ServerFailure } from './server/launcher.ts';
export { LocalLauncher } from './server/local.ts';
export { buildSpace, type Candidate, type Space } from './space/space.ts';
export { readJournal } from './store/journal.ts';
export { type LoadOutcome, type LoadTask, putLoad } from './trial/put-load.ts';
