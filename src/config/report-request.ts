import { resolve } from 'node:path';
import { refuse } from '../ground/errors.ts';
import { type Goal, nameOfModels } from '../record/goal.ts';
import type { Session } from '../record/run.ts';
import { reportedCostProblems } from './cost-problems.ts';
import type { ReportSettings } from './experiment.ts';
import { goalsOf, overallGoal, withPrices } from './goals.ts';
import { homeOf, layoutOf } from './layout.ts';
import { type ExperimentSource, loadOptions } from './load-experiment.ts';
import type { Command } from './options.ts';
import type { ReportedConfig } from './plot-settings.ts';
import { reportSettings } from './report-settings.ts';

/** What `tma report`, or another command that reads what was recorded, was asked for. */
export interface ReportRequest {
  /** Where the journal lies. */
  readonly checkpointDirectory: string;
  /** The checkpoint directories that a run was looked for in, as a user would write them, where none was named. */
  readonly lookedIn: readonly string[] | undefined;
  /** When the session began that is meant, or the beginning of that; undefined: the last one. */
  readonly session: string | undefined;
  /** Where the models lie; undefined: not said. */
  readonly modelRepository: string | undefined;
  readonly exportPath: string;
  /** As `Experiment` has it. */
  readonly home: string | undefined;
  /** The configurations to report on; undefined: everything anew. */
  readonly configs: readonly ReportedConfig[] | undefined;
  /**
   * What a model is judged by: as is said now, else as it was when it was profiled.
   * @throws UserError where that is a cost, and neither the run nor the user gives its price.
   */
  goalOf(models: Goal['models'], sessions: readonly Session[]): Goal;
  /** Lines for the user on where the run was found. */
  readonly notes: readonly string[];
  /** How to report what these sessions measured. */
  settings(sessions: readonly Session[]): ReportSettings;
}

/** Reads what is to be reported. @throws UserError with everything that is wrong. */
export function loadReportRequest(
  source: ExperimentSource,
  command: Exclude<Command, 'profile'> = 'report',
): ReportRequest {
  const given = loadOptions(source, command);
  const { values } = given;
  const cwd = source.cwd ?? process.cwd();
  const layout = layoutOf(cwd);
  const isNamed = values.checkpoint_directory !== undefined;
  const exportPath = resolve(cwd, values.export_path ?? layout.exports);
  return {
    checkpointDirectory: resolve(cwd, values.checkpoint_directory ?? layout.checkpoints),
    lookedIn: isNamed ? undefined : layout.lookedIn,
    notes: isNamed ? [] : [layout.note ?? []].flat(),
    session: values.session,
    modelRepository:
      values.model_repository === undefined ? undefined : resolve(cwd, values.model_repository),
    exportPath,
    home: homeOf(cwd, [exportPath]),
    configs: values.report_model_configs,
    goalOf(models, sessions) {
      const isOf = (goal: Goal): boolean => nameOfModels(goal.models) === nameOfModels(models);
      const recorded = sessions
        .toReversed()
        .flatMap(({ goals }) => goals)
        .find(isOf);
      const goal = goalsOf(values).find(isOf) ?? recorded ?? { ...overallGoal(values), models };
      const priced = withPrices(values, recorded?.prices);
      refuse(reportedCostProblems(given, priced.prices));
      return { ...goal, ...priced };
    },
    settings: (sessions) => reportSettings(values, ['html'], sessions.at(-1)?.overall),
  };
}
