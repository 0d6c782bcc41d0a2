/**
 * tma as a library: load an experiment, profile it, rank what was measured, report it.
 *
 *   const experiment = loadExperiment({ file: 'perf.yaml' });
 *   const { run } = await profile(experiment, { listeners: [{ onPoint: console.log }] });
 *   const ranking = rank(run, experiment.models[0]);
 *   console.log(verdict(ranking));
 */
export type { Constraint, Experiment, ModelPlan, Objective, Parameter } from './config/experiment.ts';
export { type ExperimentSource, loadExperiment } from './config/load-experiment.ts';
export type { PlotSettings } from './config/plots.ts';
export { type LoadFlags, readLoadFlags } from './config/read-load-flags.ts';
export { type Place, type Problem, UserError } from './errors.ts';
export type { Phase, Progress, RunListener } from './events.ts';
export { generatorFor } from './load/choose.ts';
export type { LoadGenerator, LoadJob, LoadResult } from './load/load-generator.ts';
export { nativeGenerator } from './load/native/native.ts';
export type { Measurement } from './measure/measurement.ts';
export { METRICS, type Metric } from './metric.ts';
export { type PlannedModel, type PlannedVariant, planRun } from './plan.ts';
export { type ProfileOptions, type ProfileResult, profile } from './profile.ts';
export { type LoadOutcome, type LoadTask, putLoad } from './put-load.ts';
export { type AcrossModels, rankAcross } from './rank/across.ts';
export { paretoFront } from './rank/pareto.ts';
export { type RankedEntry, type RankedPoint, type Ranking, rank } from './rank/rank.ts';
export { verdict } from './rank/verdict.ts';
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
export { bruteSearch } from './search/brute.ts';
export { checkConstraints, score } from './search/score.ts';
export type { Ask, Outcome, Search } from './search/search.ts';
export type { Launcher, LaunchRequest, Server } from './server/launcher.ts';
export { ServerFailure } from './server/launcher.ts';
export { LocalLauncher } from './server/local.ts';
export type { LoadPoint } from './space/load-point.ts';
export { buildSpace, type Candidate, type Space } from './space/space.ts';
export { readJournal } from './store/journal.ts';
export { measurementsOf, type PointRecord, type Run, type Trial } from './store/run.ts';
