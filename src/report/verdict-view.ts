import type { Check } from '../goal/score.ts';
import { metric } from '../ground/metric.ts';
import { capitalized, counted } from '../ground/wording.ts';
import { chanceText, endedEarlyText, LEAST_CHANCE, likeliest } from '../rank/belief-words.ts';
import { type Choice, type ChoiceReason, type Choices, choicesOf } from '../rank/choices.ts';
import { doubtOf } from '../rank/doubt.ts';
import { gainRange, gainWithRange } from '../rank/gain-words.ts';
import { nearLimits } from '../rank/limit-noise.ts';
import type { Ranking } from '../rank/rank.ts';
import { settingsText } from '../rank/settings-words.ts';
import type { RankedEntry, RankedPoint } from '../rank/standings.ts';
import { toldGain } from '../rank/told-gain.ts';
import { besidesHeadline, confirmedText, nearestText } from '../rank/verdict.ts';
import { describeConstraint, formatNumber, formatValue, loadWords, unitOf } from '../rank/words.ts';
import type { Constraint } from '../record/goal.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import { anchorOf } from './anchor.ts';
import { diffView } from './diff-view.ts';
import { figure, markOf } from './table-view.ts';
import { intervalText, toldInterval, withUnit } from './told-figure.ts';

const COLOURS = { deploy: 'good', keep: 'good', none: 'bad', unfinished: 'open' } as const;
const SIGNS = { deploy: '✓', keep: '✓', none: '✗', unfinished: '?' } as const;

/** What a run came to for one model: in settings, in large figures, in words, and what else there is to choose from. */
export function verdictView(ranking: Ranking) {
  const { decision, winner, leader, goal, ties } = ranking;
  const shown = winner ?? leader;
  const { choices, pays } = choicesOf(ranking);
  const others = ties.filter((entry) => entry !== winner);
  const doubt = doubtOf(ranking);
  const nearest = decision.kind === 'none' ? 'the nearest' : 'the best so far';
  return {
    beside: besideOf(ranking),
    verdictClass: doubt === undefined ? COLOURS[decision.kind] : 'open',
    verdictSign: doubt === undefined ? SIGNS[decision.kind] : '?',
    doubt,
    headline: headlineOf(ranking),
    headlineLoad: shown ? loadOf(shown.best.measurement) : '',
    headlineName: shown?.trial.name ?? '',
    headlineAnchor: shown ? anchorOf(shown.trial.name) : '',
    // What is decided for stands in the heading.
    headlineWhat: shown && !winner ? `${capitalized(nearest)}: ${settingsText(shown.trial)}` : '',
    numbers: winner ? numbersOf(winner, ranking) : [],
    ties: others.map(tieView),
    tiesText: `${counted(others.length, 'configuration')} tied with ${winner && winner !== leader ? 'the first of the ranking' : 'it'}`,
    constraints: goal.constraints.map((constraint, index) =>
      limitView(constraint, shown?.best, index, ranking),
    ),
    limitsOf: shown && !winner ? `${shown.trial.name}, ${nearest}` : '',
    // One card says nothing that the figures above it don't.
    cards: choices.length > 1 ? choices.map((choice) => cardOf(choice, pays, ranking)) : [],
  };
}

/** What the headline and the figures do not say; that a budget ended the search comes first. */
function besideOf(ranking: Ranking): string {
  const { decision, leader, search } = ranking;
  const rest = decision.kind === 'none' && leader ? nearestText(ranking, leader) : besidesHeadline(ranking);
  return [endedEarlyText(search?.ended), rest].filter(Boolean).join(' ');
}

const loadOf = (measurement: Measurement): string =>
  `${loadWords(measurement.point)}${confirmedText(measurement)}`;

function headlineOf({ decision, leader, unmeasured }: Ranking): string {
  switch (decision.kind) {
    case 'deploy':
      return `Deploy ${settingsText(decision.entry.trial)}`;
    case 'keep':
      return `Keep the default: ${settingsText(decision.entry.trial)}`;
    case 'none':
      if (leader) return 'No configuration keeps the limits';
      return unmeasured.length > 0 ? 'Nothing could be measured' : 'Nothing was measured';
    case 'unfinished':
      return 'Nothing is decided yet';
  }
}

const tieView = ({ trial }: RankedEntry) => ({
  name: trial.name,
  anchor: anchorOf(trial.name),
  settings: settingsText(trial),
});

/** A figure of a point with its interval, and what the default comes to there. */
function tile(label: string, tag: string, entry: RankedEntry, ranking: Ranking) {
  const { measurement } = entry.best;
  const { default: base, goal } = ranking;
  const value = measurement.whole.values[tag];
  const old = base && base !== entry ? base.best.measurement.whole.values[tag] : undefined;
  return {
    label,
    value: `${tag === 'perf_throughput' && isClientBound(measurement) ? '≥ ' : ''}${figure(value, tag)}`,
    unit: value === undefined ? '' : unitOf(tag, goal),
    range: intervalText(measurement, tag, ranking),
    note: [
      ...(old === undefined ? [] : [`default ${formatValue(old, tag)}`]),
      ...goal.constraints
        .filter((constraint) => constraint.tag === tag)
        .map(({ value: limit }) => `limit ${formatValue(limit, tag)}`),
    ].join(', '),
  };
}

/** The large figures below the verdict: what was looked for, throughput and p99, and what is limited. */
function numbersOf(entry: RankedEntry, ranking: Ranking) {
  const { objectives, constraints } = ranking.goal;
  const usual = ['perf_throughput', 'perf_latency_p99'];
  const asked = [...objectives.map(({ tag }) => tag), ...usual, ...constraints.map(({ tag }) => tag)];
  const isTold = (tag: string): boolean =>
    usual.includes(tag) || entry.best.measurement.whole.values[tag] !== undefined;
  return [
    ...[...new Set(asked)].filter(isTold).map((tag) => tile(metric(tag).label, tag, entry, ranking)),
    ...gainTile(ranking),
    ...beliefTiles(entry, ranking),
  ];
}

/** The label of the gain among the large figures. */
export const AGAINST_DEFAULT = 'against the default';

/** How much better than the default, or why that can't be told; nothing where the default stays. */
function gainTile({ decision, gain, leader, goal }: Ranking) {
  if (decision.kind !== 'deploy') return [];
  const tile = { label: AGAINST_DEFAULT, value: '–', unit: '', note: '' };
  switch (decision.reason) {
    case 'default misses':
      return [{ ...tile, range: 'it breaks the constraints' }];
    case 'default failed':
      return [{ ...tile, range: 'it failed' }];
    case 'default skipped':
      return [{ ...tile, range: 'it can take none of these loads' }];
    case 'better': {
      const [only] = goal.objectives;
      return gain && leader
        ? [
            {
              ...tile,
              value: `${isClientBound(leader.best.measurement) ? '≥ ' : ''}+${formatNumber(gain.percent)}`,
              unit: '%',
              range: gainRange(gain),
              note: goal.objectives.length === 1 ? `in ${metric(only!.tag).label}` : 'over the objectives',
            },
          ]
        : [];
    }
  }
}

/** How sure the search is of what is named: that it keeps the limits, and that nothing else is better. */
function beliefTiles(entry: RankedEntry, ranking: Ranking) {
  const { belief, goal, leader } = ranking;
  if (!belief || entry !== leader) return [];
  const { chance } = belief.better;
  const what = goal.constraints.length === 1 ? 'limit' : 'limits';
  const limits = { ...tileOfChance(belief.keeps), label: `keeps the ${what}`, range: '', note: '' };
  const which = chance >= LEAST_CHANCE ? likeliest(ranking) : undefined;
  const better = {
    ...tileOfChance(chance),
    label: 'chance of better',
    range: `by more than 5 %${which ? `: ${which.short}` : ''}`,
    note: '',
  };
  return [...(goal.constraints.length > 0 ? [limits] : []), better];
}

const tileOfChance = (chance: number) => ({
  value: chanceText(chance).replace('less than', '<').replace('more than', '>').replace(' %', ''),
  unit: '%',
});

/** That a metric is not known, and why. */
function notMeasured(tag: string, { missing }: Pick<Ranking, 'missing'>): string {
  const why = missing.find((item) => item.tag === tag)?.why;
  return why ? `not measured: ${why}` : 'not measured';
}

/** A limit with what it comes to, what was measured and how far that is from it. */
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
    distance: check?.value === undefined ? '' : distanceText(check.value, constraint.value),
    near: point && check ? nearText(check, point, ranking) : '',
    gauge: point && check?.value !== undefined ? gaugeOf(check.value, constraint, point, ranking) : undefined,
  };
}

/** That a limit is kept by less than the noise; empty where it is not, or the search says how sure it is. */
function nearText(check: Check, point: RankedPoint, { noise, belief }: Ranking): string {
  // What the search says of the limits knows more than the interval of one measurement.
  const near = belief ? undefined : nearLimits(point, noise).find((item) => item.check === check);
  if (!near) return '';
  return near.end === undefined
    ? 'too few requests to be sure that it is kept'
    : 'its interval reaches beyond the limit';
}

/** `7.4 % below it`. */
function distanceText(value: number, limit: number): string {
  if (limit === 0) return '';
  const percent = (100 * (value - limit)) / Math.abs(limit);
  if (Math.abs(percent) < 0.05) return 'at the limit';
  return `${formatNumber(Math.abs(percent))} % ${percent < 0 ? 'below' : 'above'} it`;
}

/** The bar of a limit in percent of its length: value, limit and the ends of the interval. */
function gaugeOf(value: number, constraint: Constraint, { measurement }: RankedPoint, ranking: Ranking) {
  const [low, high] = toldInterval(measurement, constraint.tag, ranking);
  // A far end of an interval is cut rather than making everything else small.
  const most = 1.25 * Math.max(value, constraint.value);
  const part = (of: number): string =>
    (most > 0 ? Math.min(100, Math.max(0, (100 * of) / most)) : 0).toFixed(1);
  return {
    value: part(value),
    limit: part(constraint.value),
    low: part(low ?? value),
    high: part(high ?? value),
  };
}

const REASONS: Readonly<Record<ChoiceReason, string>> = {
  throughput: 'most throughput measured',
  decided: 'best compromise',
  latency: 'lowest latency that still pays',
};

/** A point to choose, with its load, its figures, what it takes and what it changes. */
function cardOf({ entry, point, reasons }: Choice, pays: Choices['pays'], ranking: Ranking) {
  const { trial, best } = entry;
  const { measurement } = point;
  const memory = ['gpu_used_memory', 'cpu_used_ram'].find(
    (tag) => measurement.whole.values[tag] !== undefined,
  );
  const tags = [
    ...new Set([
      'perf_throughput',
      'perf_latency_p99',
      ...ranking.goal.objectives.map(({ tag }) => tag),
      ...(memory ? [memory] : []),
    ]),
  ];
  const told = point === best ? toldGain(entry, ranking) : undefined;
  return {
    name: trial.name,
    anchor: anchorOf(trial.name),
    labels: reasons.map((reason) => REASONS[reason]).join(', '),
    isDecided: reasons.includes('decided'),
    why: reasons.includes('decided')
      ? `${ranking.decision.kind === 'keep' ? 'the default stays' : 'what was decided for'}: the least load within the noise of its best`
      : reasons.includes('latency')
        ? pays === 'half of the most'
          ? 'among the points with at least half of the most throughput'
          : "among the points with more throughput than the default's best"
        : ranking.goal.constraints.length > 0
          ? 'among the points that keep every limit'
          : 'of all points',
    settings: trial.isDefault ? `the default: ${settingsText(trial)}` : settingsText(trial),
    load: loadWords(measurement.point),
    gain: told?.kind === 'gain' && told.differs ? `${gainWithRange(told.gain)} against the default` : '',
    figures: tags
      .filter((tag) => measurement.whole.values[tag] !== undefined)
      .map((tag) => ({
        label: metric(tag).label,
        text: `${tag === 'perf_throughput' && isClientBound(measurement) ? '≥ ' : ''}${withUnit(figure(measurement.whole.values[tag], tag), tag, ranking)}`,
        range: intervalText(measurement, tag, ranking),
      })),
    diff: trial.isDefault ? [] : diffView(trial.models[0].diff),
  };
}
