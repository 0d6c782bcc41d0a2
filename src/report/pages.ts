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
  /** The same for paper, made when it is asked for; absent: it leads to others, which is of no use on paper. */
  readonly paper?: () => string;
  /** Figures that get files of their own as well. */
  readonly figures: readonly Figure[];
}

// What draws and fills templates is large, and loaded with the first page.
const render = async () => (await import('./render.ts')).renderHtml;
const paper = async () => (await import('./paper.ts')).forPaper;

const made = new WeakMap<Result, Promise<readonly Page[]>>();

/** The pages that a result asks for, summaries first. They are made once, for all that write them. */
export function pagesOf(result: Result): Promise<readonly Page[]> {
  const known = made.get(result) ?? makePages(result);
  made.set(result, known);
  return known;
}

async function makePages(result: Result): Promise<readonly Page[]> {
  const { run, rankings, across, comparison, settings } = result;
  const { mode, plots, plotsOf, summaries, detailed, paper: size } = settings;
  const apply = {
    checkpointDirectory: settings.checkpointDirectory,
    isWritten: settings.formats.includes('csv'),
  };
  const trials = detailed.flatMap((name) => run.trials.find((trial) => trial.name === name) ?? []);
  const options = { mode, plots, apply, comparison, detailed: trials.map(({ name }) => name), paper: size };
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
    figures: [],
  };
}

/** The summary of every ranked model. */
export async function summaryPages(
  run: Run,
  rankings: readonly Ranking[],
  options: PageOptions = {},
): Promise<Page[]> {
  const [renderHtml, forPaper, { summaryView }, { paperView }] = await Promise.all([
    render(),
    paper(),
    import('./summary-view.ts'),
    import('./paper-view.ts'),
  ]);
  return rankings.map((ranking) => {
    const view = summaryView(run, ranking, options);
    return {
      path: join('reports', 'summaries', ranking.model, 'result_summary'),
      title: `${ranking.model}: summary`,
      html: renderHtml('summary', view),
      paper: () =>
        forPaper(renderHtml('paper', paperView(view, run, ranking, options.paper ?? 'a4')), options.paper, {
          about: `${ranking.model}: summary`,
          date: view.method.date,
        }),
      figures: view.figures,
    };
  });
}

/** The page of the best configurations of all models. */
export async function acrossPage(run: Run, across: AcrossModels, options: PageOptions = {}): Promise<Page> {
  const [renderHtml, forPaper, { ACROSS_MODELS, acrossView }] = await Promise.all([
    render(),
    paper(),
    import('./across-view.ts'),
  ]);
  const view = acrossView(run, across, options);
  const html = renderHtml('across', view);
  return {
    path: join('reports', 'summaries', ACROSS_MODELS, 'result_summary'),
    title: ACROSS_MODELS,
    html,
    paper: () => forPaper(html, options.paper, { about: ACROSS_MODELS, date: view.method.date }),
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
  const [renderHtml, forPaper, { detailedView }] = await Promise.all([
    render(),
    paper(),
    import('./detailed-view.ts'),
  ]);
  return trials.map((trial) => {
    const ranking = rankings.find((item) => item.model === loadedName(trial));
    const { plotsOf = {} } = options;
    const plots = Object.hasOwn(plotsOf, trial.name) ? plotsOf[trial.name] : options.plots;
    const view = detailedView(run, trial, ranking, { ...options, plots });
    const html = renderHtml('detailed', view);
    return {
      path: join('reports', 'detailed', trial.name, 'detailed_report'),
      title: trial.name,
      html,
      paper: () => forPaper(html, options.paper, { about: trial.name, date: view.method.date }),
      figures: view.figures,
    };
  });
}
