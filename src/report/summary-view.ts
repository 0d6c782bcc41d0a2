import { counted } from '../ground/wording.ts';
import { findingsOf, MOST_TOLD } from '../rank/findings/findings-of.ts';
import type { Ranking } from '../rank/rank.ts';
import { describeObjectives } from '../rank/words.ts';
import type { Run } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { applyView } from './apply-view.ts';
import { failureGroups, lackingText, skippedViews } from './failures.ts';
import { figuresView } from './figures-view.ts';
import { hardwareOf } from './hardware.ts';
import { historyView } from './history-view.ts';
import { lastRunView } from './last-run-view.ts';
import { methodView } from './method.ts';
import { perfAnalyzerLine } from './perf-analyzer-line.ts';
import { type PageOptions, USUAL_PLOTS } from './plots.ts';
import { pointCount, trialsView } from './trials-view.ts';
import { verdictView } from './verdict-view.ts';

/** Everything that the summary page shows of one model; its templates hold no logic beyond loops. */
export function summaryView(
  run: Run,
  ranking: Ranking,
  { mode = 'online', plots, apply = {}, detailed = [], comparison }: PageOptions = {},
) {
  const { winner, leader, goal } = ranking;
  const trials = [...ranking.entries.map((entry) => entry.trial), ...ranking.unmeasured];
  // Where nothing was decided there is something to see all the same.
  const shown = winner ?? leader;
  const method = methodView(run, trials, goal);
  const history = historyView(run, ranking, trials);
  const points = pointCount(trials);
  const lacking = lackingText(trials);
  return {
    title: `${ranking.model} on Triton`,
    model: ranking.model,
    facts: [
      `${mode} result summary`,
      ...(method.date ? [`${method.date} UTC`] : []),
      `${points > 0 ? counted(points, 'point') : 'nothing measured'} of ${counted(trials.length, 'configuration')}`,
      ...(lacking === '' ? [] : [lacking]),
      `looking for the ${describeObjectives(goal)}`,
      ...hardwareOf(run),
    ],
    ...verdictView(ranking),
    lacking,
    method: {
      ...method,
      // What the history says is said there.
      rows: method.rows.filter(({ name }) => !(history && (name === 'Time' || name === 'Search'))),
    },
    history,
    lastRun: lastRunView(comparison, ranking.model),
    perfAnalyzer: shown && perfAnalyzerLine(shown, run.sessions.at(-1)?.environment.protocol),
    apply: applyView(ranking, apply),
    ...findingsView(run, ranking),
    ...figuresView(ranking, shown, plots ?? USUAL_PLOTS.summary[mode], plots !== undefined),
    ...trialsView(run, ranking, trials, detailed),
    failures: failureGroups(trials),
    skipped: skippedViews(trials),
  };
}

/** So many configurations are linked from a finding. */
const LINKS = 3;

/** What else the run shows, with links to the rows of the table that carry it. */
function findingsView(run: Run, ranking: Ranking) {
  const all = findingsOf(run, ranking);
  const told = all.slice(0, MOST_TOLD);
  const more = all.length - told.length;
  return {
    findings: told.map(({ rule, kind, text, evidence }) => ({
      rule,
      kind,
      text,
      links: [...new Set(evidence.map(({ variant }) => variant))]
        .slice(0, LINKS)
        .map((name) => ({ name, anchor: anchorOf(name) })),
    })),
    moreFindings: more > 0 ? `${more} more in results.json` : '',
  };
}
