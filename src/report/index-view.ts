import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import type { PastRun } from '../rank/past-runs.ts';
import type { Ranking } from '../rank/rank.ts';
import { formatValue, unitOf } from '../rank/words.ts';
import type { Run } from '../record/run.ts';
import { ACROSS_MODELS } from './across-view.ts';
import { address } from './apply-view.ts';
import type { Result } from './exporter.ts';
import { lackingText } from './failures.ts';
import { hardwareOf } from './hardware.ts';
import { sparkline } from './row-figures.ts';
import { ranged } from './table-view.ts';
import { AGAINST_DEFAULT, verdictView } from './verdict-view.ts';

/** Everything that the page over all models and runs shows. */
export function indexView({ run, rankings, across, pastRuns = [], settings }: Result) {
  const detailed = new Set(settings.detailed);
  return {
    title: rankings.length === 1 ? `${rankings[0]!.model} on Triton` : `${rankings.length} models on Triton`,
    facts: [...dateOf(run), ...hardwareOf(run)],
    across: across ? address('summaries', ACROSS_MODELS, 'result_summary.html') : '',
    models: rankings.map((ranking) => modelView(ranking, pastRuns, detailed)),
  };
}

const dateOf = ({ sessions }: Run): string[] => {
  const startedAt = sessions.at(-1)?.startedAt;
  return startedAt === undefined ? [] : [`${startedAt.slice(0, 16).replace('T', ' ')} UTC`];
};

function modelView(ranking: Ranking, all: readonly PastRun[], detailed: ReadonlySet<string>) {
  const { model, entries, unmeasured, goal } = ranking;
  const { headline, doubt, verdictClass, verdictSign, beside, numbers } = verdictView(ranking);
  const runs = all.filter((item) => item.model === model);
  const trials = [...entries.map(({ trial }) => trial), ...unmeasured];
  return {
    name: model,
    summary: address('summaries', model, 'result_summary.html'),
    ...{ headline, doubt, verdictClass, verdictSign, beside },
    // The first says the most: what it does, how quickly, how much better that is.
    numbers: [
      ...numbers.filter(({ label }) => label !== AGAINST_DEFAULT).slice(0, 2),
      ...numbers.filter(({ label }) => label === AGAINST_DEFAULT),
    ],
    counts: [
      `${counted(entries.length, 'configuration')} measured`,
      ...(lackingText(trials) === '' ? [] : [lackingText(trials)]),
    ].join(', '),
    pages: entries
      .filter(({ trial }) => detailed.has(trial.name))
      .map(({ trial: { name } }) => ({ name, page: address('detailed', name, 'detailed_report.html') })),
    // One run is no course.
    line: runs.length > 1 ? sparkline(runs, labelOf(runs, ranking)) : '',
    runs: runs.length > 1 ? runs.toReversed().map((item) => runView(item, goal)) : [],
    runCount: counted(runs.length, 'run'),
  };
}

function labelOf(runs: readonly PastRun[], { goal }: Ranking): string {
  const { tag } = runs[0]!;
  const values = runs.map(({ value }) => value);
  const unit = unitOf(tag, goal);
  return `${metric(tag).label} of ${counted(runs.length, 'run')}: ${formatValue(Math.min(...values), tag)} to ${formatValue(Math.max(...values), tag)}${unit && ` ${unit}`}`;
}

const DECISIONS = {
  deploy: 'deploy',
  keep: 'keep',
  none: 'no configuration',
  unfinished: 'undecided',
} as const;

const runView = (
  { startedAt, decision, variant, settings, tag, value, interval }: PastRun,
  goal: Ranking['goal'],
) => ({
  when: startedAt.slice(0, 16).replace('T', ' '),
  decision: DECISIONS[decision],
  what: `${settings} (${variant})`,
  label: metric(tag).label,
  value: `${formatValue(value, tag)} ${unitOf(tag, goal)}`.trim(),
  range: ranged(interval, tag),
});
