import { metric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import { chanceText, LEAST_CHANCE, likeliest } from '../rank/belief-words.ts';
import { findingsOf, MOST_TOLD } from '../rank/findings/findings-of.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../rank/standings.ts';
import { verdict } from '../rank/verdict.ts';
import {
  describeConstraint,
  describeObjectives,
  formatNumber,
  formatValue,
  shortNames,
  unitOf,
} from '../rank/words.ts';
import type { Constraint } from '../record/goal.ts';
import { isClientBound } from '../record/measurement.ts';
import { measurementsOf, type Run, type Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { diffView } from './diff-view.ts';
import { failureViews, skippedViews } from './failures.ts';
import { figuresView } from './figures-view.ts';
import { methodView } from './method.ts';
import { type PageOptions, USUAL_PLOTS } from './plots.ts';
import {
  columnsOf,
  describeConfig,
  entryView,
  figure,
  gpuCount,
  markOf,
  marksUsed,
  parameterPaths,
  SETTINGS,
  SUMMARY_COLUMNS,
} from './table-view.ts';
import { levelHeader } from './tables.ts';
import { intervalText, withUnit } from './told-figure.ts';

const COLOURS = { deploy: 'good', keep: 'good', none: 'bad', unfinished: 'open' } as const;

/** How much better than the default, or why that can't be told; nothing where the default stays. */
function gainTile({ decision, gain, leader }: Ranking) {
  if (decision.kind !== 'deploy') return [];
  const tile = { label: 'against the default', value: '–', unit: '' };
  switch (decision.reason) {
    case 'default misses':
      return [{ ...tile, range: 'it breaks the constraints' }];
    case 'default failed':
      return [{ ...tile, range: 'it failed' }];
    case 'default skipped':
      return [{ ...tile, range: 'it can take none of these loads' }];
    case 'better':
      return gain && leader
        ? [
            {
              ...tile,
              value: `${isClientBound(leader.best.measurement) ? '≥ ' : ''}+${formatNumber(gain.percent)}`,
              unit: '%',
              range: `± ${formatNumber(gain.plusMinus)}`,
            },
          ]
        : [];
  }
}

/** That a metric is not known, and why. */
function notMeasured(tag: string, { missing }: Pick<Ranking, 'missing'>): string {
  const why = missing.find((item) => item.tag === tag)?.why;
  return why ? `not measured: ${why}` : 'not measured';
}

/** Everything that the summary page shows of one model; its templates hold no logic beyond loops. */
export function summaryView(run: Run, ranking: Ranking, { mode = 'online', plots }: PageOptions = {}) {
  const { winner, leader, goal, decision, entries } = ranking;
  const trials = [...entries.map((entry) => entry.trial), ...ranking.unmeasured];
  // Where nothing was decided there is something to see all the same.
  const shown = winner ?? leader;
  const points = trials.flatMap(measurementsOf).length;
  return {
    title: `${ranking.model} on Triton`,
    mode,
    count: `${counted(points, 'point')} of ${counted(entries.length, 'configuration')}`,
    verdict: verdict(ranking),
    verdictClass: COLOURS[decision.kind],
    method: methodView(run, trials, goal),
    objectives: describeObjectives(goal),
    numbers: winner ? numbersOf(winner, ranking) : [],
    constraints: goal.constraints.map((constraint, index) =>
      limitView(constraint, shown?.best, index, ranking),
    ),
    winner: winner && winnerView(winner, ranking),
    ...findingsView(run, ranking),
    ...figuresView(ranking, shown, plots ?? USUAL_PLOTS.summary[mode], plots !== undefined),
    ...tableView(run, ranking, trials),
    failures: failureViews(trials),
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

/** The large figures below the verdict. */
function numbersOf(entry: RankedEntry, ranking: Ranking) {
  const { measurement } = entry.best;
  const { values } = measurement.whole;
  const range = (tag: string): string => intervalText(measurement, tag, ranking);
  return [
    {
      label: 'throughput',
      value: `${isClientBound(measurement) ? '≥ ' : ''}${figure(values['perf_throughput'], 'perf_throughput')}`,
      unit: 'infer/s',
      range: range('perf_throughput'),
    },
    {
      label: 'p99 latency',
      value: figure(values['perf_latency_p99'], 'perf_latency_p99'),
      unit: 'ms',
      range: range('perf_latency_p99'),
    },
    ...ranking.goal.objectives
      .filter(({ tag }) => metric(tag).source === 'derived' && values[tag] !== undefined)
      .map(({ tag }) => ({
        label: metric(tag).label,
        value: figure(values[tag], tag),
        unit: unitOf(tag, ranking.goal),
        range: range(tag),
      })),
    ...gainTile(ranking),
    ...beliefTiles(entry, ranking),
  ];
}

/** How sure the search is of what is named: that it keeps the limits, and that nothing else is better. */
function beliefTiles(entry: RankedEntry, ranking: Ranking) {
  const { belief, goal, leader } = ranking;
  if (!belief || entry !== leader) return [];
  const { chance } = belief.better;
  const what = goal.constraints.length === 1 ? 'limit' : 'limits';
  const limits = { ...tileOfChance(belief.keeps), label: `keeps the ${what}`, range: '' };
  const which = chance >= LEAST_CHANCE ? likeliest(ranking) : undefined;
  const better = {
    ...tileOfChance(chance),
    label: 'chance of better',
    range: `by more than 5 %${which ? `: ${which.short}` : ''}`,
  };
  return [...(goal.constraints.length > 0 ? [limits] : []), better];
}

const tileOfChance = (chance: number) => ({
  value: chanceText(chance).replace('less than', '<').replace('more than', '>').replace(' %', ''),
  unit: '%',
});

/** A limit with what it comes to, and what was measured, with its interval. */
function limitView(constraint: Constraint, point: RankedPoint | undefined, index: number, ranking: Ranking) {
  const { tag } = constraint;
  const check = point?.checks[index];
  const interval = point ? intervalText(point.measurement, tag, ranking) : '';
  return {
    ...markOf(check?.verdict ?? 'unknown'),
    text: describeConstraint(constraint, ranking.goal),
    measured:
      check?.value === undefined
        ? notMeasured(tag, ranking)
        : `${withUnit(formatValue(check.value, tag), tag, ranking)}${interval && `, 95 % interval ${interval}`}${check.believed === undefined ? '' : `, within the noise: kept with ${chanceText(check.believed)}`}`,
  };
}

const winnerView = ({ trial }: RankedEntry, { decision }: Ranking) => ({
  name: trial.name,
  heading: decision.kind === 'keep' ? 'Keep' : 'Deploy',
  isDefault: trial.isDefault,
  about: describeConfig(trial),
  isWritten: !trial.composing,
  diff: diffView(trial.models[0].diff),
  configText: trial.models[0].configText,
});

/** The table of all configurations, with a column for each parameter that varies. */
function tableView(run: Run, ranking: Ranking, trials: readonly Trial[]) {
  const columns = columnsOf(trials, ranking.goal);
  const parameters = parameterPaths(ranking.entries);
  const names = shortNames(parameters);
  return {
    columns,
    settings: SETTINGS,
    parameters: parameters.map((path, index) => ({
      path,
      // Long names may break behind an underscore.
      name: names[index]!.replaceAll('_', '_\u200b'),
    })),
    levelHeader: levelHeader([ranking]),
    summaryColumns: columns.filter(({ tag }) => SUMMARY_COLUMNS.includes(tag)),
    marksUsed: marksUsed(ranking.entries.flatMap(({ points }) => points)),
    entries: ranking.entries.map((entry, index) =>
      entryView(entry, index + 1, ranking, columns, gpuCount(run)),
    ),
  };
}
