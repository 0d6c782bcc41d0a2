import type { PaperSize } from '../config/paper-sizes.ts';
import type { Ranking } from '../rank/rank.ts';
import { isWorthTelling } from '../rank/search-words.ts';
import type { Run } from '../record/run.ts';
import { appendixView } from './appendix-view.ts';
import { onPaper } from './figures/draw.ts';
import { chartsView } from './figures-view.ts';
import { historyView } from './history-view.ts';
import { methodView } from './method.ts';
import type { summaryView } from './summary-view.ts';
import { parallelView } from './what-mattered-view.ts';

/** Lines of a sheet on its side, letters of a line in one of three columns there, and lines of what is always told. */
const [LINES, LETTERS, ALWAYS] = [43, 42, 17];

/** Rows of how it was measured that paper does without: a search has its course there, and of a list there is nothing to say. */
const LEFT_OUT = ['Journal', 'Search'];

/** Everything that the summary shows on paper: what the page shows, with a table of every point instead of rows to open. */
export function paperView(
  view: ReturnType<typeof summaryView>,
  run: Run,
  ranking: Ranking,
  paper: PaperSize,
) {
  const trials = [...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured];
  const { rows, ...method } = methodView(run, trials, ranking.goal);
  const methodRows = rows.filter(({ name }) => !LEFT_OUT.includes(name));
  const charts = chartsView(ranking, ranking.winner ?? ranking.leader, onPaper);
  const appendix = appendixView(run, ranking, paper);
  // A list that was measured as it stands has no course to speak of.
  const hasCourse = ranking.search !== undefined && isWorthTelling(ranking.search);
  const history = hasCourse ? historyView(run, ranking, trials, onPaper) : undefined;
  return {
    ...view,
    whatMattered: view.whatMattered && {
      ...view.whatMattered,
      parallel: parallelView(ranking, 'paper'),
    },
    ...charts,
    history,
    /** A table of members takes the whole width. */
    hasMembers: charts.timeSplit?.members !== undefined,
    // What plots are drawn where none are asked for the figures show better.
    plots: view.plots === view.figures ? view.plots : [],
    method: { ...method, rows: methodRows },
    appendix,
    isMethodLast: hasRoom(appendix, [...methodRows.map(({ value }) => value), method.command]),
  };
}

/** Whether how it was measured has room below the appendix on its last sheet, as far as can be told before it is printed. */
function hasRoom({ groups, notes }: ReturnType<typeof appendixView>, told: readonly string[]): boolean {
  const above = groups.reduce((sum, { count }) => sum + count, 0) + notes.length / 2;
  const lines = told.reduce((sum, text) => sum + Math.ceil(text.length / LETTERS), ALWAYS);
  return (above % LINES) + lines / 3 <= LINES;
}
