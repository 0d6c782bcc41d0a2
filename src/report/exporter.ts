import type { ReportSettings } from '../config/experiment.ts';
import type { OutputFormat } from '../config/output-formats.ts';
import type { PaperSize } from '../config/paper-sizes.ts';
import type { PlotSettings } from '../config/plot-settings.ts';
import { type AcrossModels, acrossModels } from '../rank/across.ts';
import type { PastRun } from '../rank/past-runs.ts';
import type { Ranking } from '../rank/rank.ts';
import type { Comparison } from '../record/comparison.ts';
import type { Run } from '../record/run.ts';
import type { Mode } from './plots.ts';

/** What a run came to, and how it is to be shown: everything that exporters write from, as plain data. */
export interface Result {
  readonly run: Run;
  readonly rankings: readonly Ranking[];
  /** This run against an earlier one; absent: there is none, or it was not looked for. */
  readonly comparison?: Comparison | undefined;
  /** What the runs of this journal came to, the oldest first; absent: they were not looked for. */
  readonly pastRuns?: readonly PastRun[] | undefined;
  /** The best of all models together, where that was asked for. */
  readonly across: AcrossModels | undefined;
  readonly settings: ExportSettings;
}

export interface ExportSettings extends Pick<ReportSettings, 'fields' | 'fileNames' | 'formats'> {
  /** What PDFs are made for; A4 where nothing is said. */
  readonly paper?: PaperSize | undefined;
  readonly mode: Mode;
  /** Whether there is a page for each model, and one for all together. */
  readonly summaries: boolean;
  /** Where the journal lies, for the commands that pages name; absent: not known. */
  readonly checkpointDirectory?: string | undefined;
  /** The configurations with a page of their own, by name. */
  readonly detailed: readonly string[];
  /** Plots to draw instead of the usual ones. */
  readonly plots?: readonly PlotSettings[] | undefined;
  /** The same on the page of one configuration, by its name. */
  readonly plotsOf?: Readonly<Record<string, readonly PlotSettings[]>>;
}

/** Writes a result in one form. */
export interface Exporter {
  readonly name: string;
  /** The one of the formats that a user asks for (`--output-formats`) under which it is written. */
  readonly format: OutputFormat;
  /**
   * Writes below a folder, by `put` only.
   * @throws UserError for what the user can put right: a full disk, something in the way. What lies outside, such as a
   * browser that is missing, is a note.
   */
  write(result: Result, to: string, options?: ExportOptions): Promise<Written>;
}

export interface ExportOptions {
  /** Aborted: what takes long is left out, and said. */
  readonly signal?: AbortSignal | undefined;
  /** A file of a CI system's that shows what is appended to it in Markdown, as GITHUB_STEP_SUMMARY names one. */
  readonly stepSummary?: string | undefined;
}

export interface Written {
  readonly files: readonly string[];
  /** What could not be written and why, in words. */
  readonly notes: readonly string[];
}

/** The best configurations of each model, by name. */
export const bestNames = (rankings: readonly Ranking[], most: number): string[] =>
  rankings.flatMap(({ entries }) => entries.slice(0, most).map(({ trial }) => trial.name));

/**
 * A run with its rankings as a result: the pages, tables and plots that its settings ask for.
 * @param changes what is to be shown otherwise.
 */
export const resultOf = (
  run: Run,
  rankings: readonly Ranking[],
  reports: ReportSettings,
  changes: Partial<ExportSettings> = {},
): Result => ({
  run: asRanked(run, rankings),
  rankings,
  across: acrossModels(run, rankings, reports),
  settings: {
    mode: 'online',
    summaries: true,
    detailed: reports.skipDetailed ? [] : bestNames(rankings, reports.numConfigsPerModel),
    plots: reports.plots,
    fields: reports.fields,
    fileNames: reports.fileNames,
    paper: reports.paper,
    formats: reports.formats,
    ...changes,
  },
});

/** A run with its trials as they were ranked: with the costs that the prices of the goals make. */
function asRanked(run: Run, rankings: readonly Ranking[]): Run {
  const ranked = new Map(
    rankings
      .flatMap(({ entries, unmeasured }) => [...entries.map(({ trial }) => trial), ...unmeasured])
      .map((trial) => [trial.key, trial]),
  );
  return { ...run, trials: run.trials.map((trial) => ranked.get(trial.key) ?? trial) };
}
