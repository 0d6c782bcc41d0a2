import { join } from 'node:path';
import type { AcrossModels } from '../rank/across.ts';
import type { Ranking } from '../rank/rank.ts';
import { loadedName, type Run, type Trial } from '../record/run.ts';
import type { ExportSettings, Result } from './exporter.ts';
import type { Figure, PageOptions } from './plots.ts';

/** A page of a report: its file without the ending, below the export path, and its text. */
export interface Page {
  readonly path: string;
  readonly title: string;
  readonly html: string;
  /** It leads to others, which is of no use on paper. */
  readonly isForScreens?: true;
  /** Figures that get files of their own as well. */
  readonly figures: readonly Figure[];
}

// What draws and fills templates is large, and loaded with the first page.
const render = async () => (await import('./render.ts')).renderHtml;

const made = new WeakMap<Result, Promise<readonly Page[]>>();

/** The pages that a result asks for, summaries first. They are made once, for all that write them. */
export function pagesOf(result: Result): Promise<readonly Page[]> {
  const known = made.get(result) ?? makePages(result);
  made.set(result, known);
  return known;
}

async function makePages(result: Result): Promise<readonly Page[]> {
  const { run, rankings, across, comparison, settings } = result;
  const { mode, plots, plotsOf, summaries, detailed } = settings;
  const apply = {
    checkpointDirectory: settings.checkpointDirectory,
    isWritten: settings.formats.includes('csv'),
  };
  const trials = detailed.flatMap((name) => run.trials.find((trial) => trial.name === name) ?? []);
  const options = { mode, plots, apply, comparison, detailed: trials.map(({ name }) => name) };
  return [
    ...(summaries ? await summaryPages(run, rankings, options) : []),
    ...(summaries && across ? [await acrossPage(run, across, options)] : []),
    ...(await detailedPages(run, trials, rankings, { ...options, ...(plotsOf && { plotsOf }) })),
    ...(summaries ? [await indexPage(result)] : []),
  ];
}

/** The page that leads to all others. */
async function indexPage(result: Result): Promise<Page> {
  const [renderHtml, { indexView }] = await Promise.all([render(), import('./index-view.ts')]);
  const view = indexView(result);
  return {
    path: join('reports', 'index'),
    title: view.title,
    html: renderHtml('index', view),
    isForScreens: true,
    figures: [],
  };
}

/** The summary of every ranked model. */
export async function summaryPages(
  run: Run,
  rankings: readonly Ranking[],
  options: PageOptions = {},
): Promise<Page[]> {
  const [renderHtml, { summaryView }] = await Promise.all([render(), import('./summary-view.ts')]);
  return rankings.map((ranking) => {
    const view = summaryView(run, ranking, options);
    return {
      path: join('reports', 'summaries', ranking.model, 'result_summary'),
      title: `${ranking.model}: summary`,
      html: renderHtml('summary', view),
      figures: view.figures,
    };
  });
}

/** The page of the best configurations of all models. */
export async function acrossPage(run: Run, across: AcrossModels, options: PageOptions = {}): Promise<Page> {
  const [renderHtml, { ACROSS_MODELS, acrossView }] = await Promise.all([
    render(),
    import('./across-view.ts'),
  ]);
  const view = acrossView(run, across, options);
  return {
    path: join('reports', 'summaries', ACROSS_MODELS, 'result_summary'),
    title: ACROSS_MODELS,
    html: renderHtml('across', view),
    figures: view.figures,
  };
}

/** The page of each of these configurations, with plots of its own where it has some. */
export async function detailedPages(
  run: Run,
  trials: readonly Trial[],
  rankings: readonly Ranking[],
  options: PageOptions & Pick<ExportSettings, 'plotsOf'> = {},
): Promise<Page[]> {
  const [renderHtml, { detailedView }] = await Promise.all([render(), import('./detailed-view.ts')]);
  return trials.map((trial) => {
    const ranking = rankings.find((item) => item.model === loadedName(trial));
    const { plotsOf = {} } = options;
    const plots = Object.hasOwn(plotsOf, trial.name) ? plotsOf[trial.name] : options.plots;
    const view = detailedView(run, trial, ranking, { ...options, plots });
    return {
      path: join('reports', 'detailed', trial.name, 'detailed_report'),
      title: trial.name,
      html: renderHtml('detailed', view),
      figures: view.figures,
    };
  });
}
