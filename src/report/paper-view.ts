import type { PaperSize } from '../config/paper-sizes.ts';
import type { Ranking } from '../rank/rank.ts';
import type { Run } from '../record/run.ts';
import { appendixView } from './appendix-view.ts';
import { onPaper } from './figures/draw.ts';
import { chartsView } from './figures-view.ts';
import { methodView } from './method.ts';
import type { summaryView } from './summary-view.ts';
import { parallelView } from './what-mattered-view.ts';

/** Everything that the summary shows on paper: what the page shows, with a table of every point instead of rows to open. */
export function paperView(
  view: ReturnType<typeof summaryView>,
  run: Run,
  ranking: Ranking,
  paper: PaperSize,
) {
  const trials = [...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured];
  const method = methodView(run, trials, ranking.goal);
  return {
    ...view,
    whatMattered: view.whatMattered && {
      ...view.whatMattered,
      parallel: parallelView(ranking, 'paper'),
    },
    ...chartsView(ranking, ranking.winner ?? ranking.leader, onPaper),
    // What plots are drawn where none are asked for the figures show better.
    plots: view.plots === view.figures ? view.plots : [],
    // The course of the search is told by its lines, which are among these.
    method: { ...method, rows: method.rows.filter(({ name }) => name !== 'Journal') },
    appendix: appendixView(run, ranking, paper),
  };
}
