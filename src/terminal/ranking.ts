import { styleText } from 'node:util';
import { METRICS, metric } from '../ground/metric.ts';
import { shellWord } from '../ground/wording.ts';
import {
  adviceText,
  batchSizeOf,
  besidesHeadline,
  chanceText,
  compactValue,
  doubtOf,
  endedEarlyText,
  type Finding,
  formatNumber,
  formatValue,
  headline,
  isClientBound,
  isRate,
  levelOf,
  type Measurement,
  plusMinus,
  type RankedEntry,
  type RankedPoint,
  type Ranking,
  shortNames,
  type Trial,
  type TrialEnd,
  takenOverText,
  toldGain,
  varyingPaths,
  verdict,
} from '../index.ts';
import { ENDLESS, labelled, wrapped } from './fit.ts';
import { textTable } from './table.ts';

const ROWS = 5;

/** So many findings stand below the verdict. */
const FINDINGS = 3;

/**
 * The ranked table (the best and the default), what failed, the verdict, and the first of what else was found.
 * @param columns those of the terminal.
 */
export function rankingText(
  ranking: Ranking,
  findings: readonly Finding[] = [],
  columns: number = ENDLESS,
): string {
  const shown = ranking.entries.filter((entry, index) => index < ROWS || entry.trial.isDefault);
  const hidden = ranking.entries.length - shown.length;
  const taken = takenOverText(ranking.entries.map(({ trial }) => trial));
  const said = (text: string): string => wrapped(text, columns);
  const above = [
    ...(shown.length > 0 ? [rankedTable(shown, ranking, columns)] : []),
    ...(shown.some((entry) => ranking.ties.includes(entry))
      ? [styleText('dim', said("= tied with the first: what was measured can't tell them apart"))]
      : []),
    ...(shown.some((entry) => gainCell(entry, ranking) === NOISE)
      ? [styleText('dim', said(`${NOISE}: the difference from the default may be chance`))]
      : []),
    ...(hidden > 0 ? [styleText('dim', `${hidden} more in the report`)] : []),
    ...failureLines(ranking, columns).map((text) => styleText('yellow', text)),
    ...missingLines(ranking).map((text) => styleText('yellow', said(text))),
    ...(taken === undefined ? [] : [styleText('yellow', said(taken))]),
  ];
  return [
    ...above,
    ...(above.length > 0 ? [''] : []),
    ...verdictLines(ranking, columns),
    ...findingLines(findings, columns),
  ].join('\n');
}

/** What was decided, without the table that it rests on. */
export const verdictText = (ranking: Ranking, columns: number): string =>
  verdictLines(ranking, columns).join('\n');

/** What was decided in settings, and below it what else the verdict has to say. */
function verdictLines(ranking: Ranking, columns: number): string[] {
  const said = (text: string): string => wrapped(text, columns);
  const first = headline(ranking);
  if (first === undefined) return [styleText(['bold', 'yellow'], said(verdict(ranking)))];
  const early = endedEarlyText(ranking.search?.ended);
  const rest = besidesHeadline(ranking);
  const doubt = doubtOf(ranking);
  return [
    ...(early === undefined ? [] : [styleText('yellow', said(early))]),
    doubt === undefined
      ? styleText(['bold', 'green'], said(`${first}.`))
      : styleText(['bold', 'yellow'], said(`${first} (not sure: ${doubt}).`)),
    ...(rest === '' ? [] : [said(rest)]),
  ];
}

/** The table; what can be spared first where there is no room is what the page has, too. */
function rankedTable(shown: readonly RankedEntry[], ranking: Ranking, columns: number): string {
  const paths = varyingPaths(ranking.entries);
  const derived = derivedTags(ranking);
  return textTable(
    [
      { header: '#' },
      { header: 'Model Config' },
      { header: 'infer/s', numeric: true },
      { header: '±', numeric: true, spare: 5 },
      { header: 'p99 ms', numeric: true },
      { header: '±', numeric: true, spare: 8 },
      ...derived.map((tag) => ({ header: shortHeader(tag, ranking), numeric: true, spare: 3 })),
      { header: 'gain', numeric: true, spare: 1 },
      {
        header: shown.every(({ best }) => isRate(best.measurement.point)) ? 'requests/s' : 'in flight',
        numeric: true,
        spare: 4,
      },
      { header: 'batch', numeric: true, spare: 7 },
      { header: 'constraints', spare: 2 },
      ...shortNames(paths).map((header) => ({ header, spare: 6 })),
    ],
    shown.map((entry) => row(entry, ranking, { derived, paths })),
    columns,
  );
}

function findingLines(findings: readonly Finding[], columns: number): string[] {
  const told = findings.slice(0, FINDINGS).map(({ text }) => labelled('-', text, columns, 2));
  const more = findings.length - told.length;
  if (told.length === 0) return [];
  return ['', ...told, ...(more > 0 ? [styleText('dim', `${more} more in the report`)] : [])];
}

/** What no configuration has of what they are judged by: an objective does not count then, a limit is not checked. */
const missingLines = ({ goal: { objectives, constraints }, missing }: Ranking): string[] =>
  missing
    .filter(({ everywhere }) => everywhere)
    .map(({ tag, why }) => {
      const is = (item: { readonly tag: string }): boolean => item.tag === tag;
      const what = [
        ...(objectives.some(is) ? ['it does not count'] : []),
        ...(constraints.some(is) ? ['its limit is not checked'] : []),
      ];
      return `${tag} was not measured (${why}): ${what.join(', and ')}`;
    });

/** What costs, and the energy where it is asked for: columns of their own where any configuration has them. */
const derivedTags = ({ goal: { objectives, constraints, prices }, entries }: Ranking): string[] =>
  METRICS.filter(({ source }) => source === 'derived')
    .map(({ tag }) => tag)
    .filter((tag) => entries.some(({ best }) => best.measurement.whole.values[tag] !== undefined))
    .filter(
      (tag) =>
        (prices && tag.startsWith('cost_')) ||
        [...objectives, ...constraints].some((item) => item.tag === tag),
    );

/** `cost/1M EUR`, with the currency where one was named. */
function shortHeader(tag: string, { goal: { prices } }: Ranking): string {
  const currency = tag.startsWith('cost_') ? prices?.currency : undefined;
  return `${metric(tag).short ?? tag}${currency === undefined ? '' : ` ${currency}`}`;
}

/** The columns that not every table has. */
interface Further {
  readonly derived: readonly string[];
  readonly paths: readonly string[];
}

function row(entry: RankedEntry, ranking: Ranking, { derived, paths }: Further): string[] {
  const { measurement } = entry.best;
  const {
    models: [{ assignment }],
  } = entry.trial;
  const cells = [
    `${ranking.entries.indexOf(entry) + 1}${ranking.ties.includes(entry) ? '=' : ''}`,
    nameCell(entry, ranking),
    throughputCell(measurement),
    halfWidth(measurement, 'perf_throughput', ranking),
    formatNumber(measurement.whole.values['perf_latency_p99'] ?? Number.NaN),
    halfWidth(measurement, 'perf_latency_p99', ranking),
    ...derived.map((tag) => formatValue(measurement.whole.values[tag] ?? Number.NaN, tag)),
    gainCell(entry, ranking),
    String(levelOf(measurement.point)),
    String(batchSizeOf(measurement.point)),
    constraintsCell(entry.best),
    ...paths.map((path) => (path in assignment ? compactValue(path, assignment[path]) : '')),
  ];
  return entry === ranking.winner ? cells.map((cell) => styleText('bold', cell)) : cells;
}

/** What was decided for is the first, unless the default stays: that is said where it stands. */
const nameCell = (entry: RankedEntry, { winner, leader, decision }: Ranking): string =>
  entry === winner && entry !== leader ? `${entry.trial.name} (${decision.kind})` : entry.trial.name;

const NOISE = 'noise';

/** Over the default, as results.json has it: `noise` where that may explain it, empty where it can't be told. */
function gainCell(entry: RankedEntry, ranking: Ranking): string {
  const told = toldGain(entry, ranking);
  if (told.kind === 'none') return '';
  if (!told.differs && told.is === 'measured') return NOISE;
  const { percent } = told.gain;
  const bound = told.is === 'at least' ? '≥ ' : told.is === 'at most' ? '≤ ' : '';
  return `${bound}${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %`;
}

/** `4.5 %`, below a header that says what it is. */
const halfWidth = (measurement: Measurement, tag: string, { noise }: Ranking): string =>
  plusMinus(measurement, tag, noise).replace(/^± /, '');

/** What the client set is the least that the server can do. */
export const throughputCell = (measurement: Measurement): string =>
  `${isClientBound(measurement) ? '≥ ' : ''}${formatNumber(measurement.whole.values['perf_throughput'] ?? Number.NaN)}`;

/**
 * `met`, '' where there are no limits, or each limit that is broken (`p99 latency 24.0 > 10.0 ms`), could not be checked (`GPU memory not checked`) or
 * is kept within the noise (`p99 latency 10.2 > 10.0 ms, kept with 96 %`); and who set the figures, where it was the client.
 */
export function constraintsCell({ checks, measurement }: RankedPoint): string {
  const others = checks.flatMap(
    ({ constraint: { tag, bound, value: limit }, value, verdict: one, believed }) => {
      if (one === 'met' && believed === undefined) return [];
      const { label, unit } = metric(tag);
      if (one === 'unknown') return [`${label} not checked`];
      const sign = bound === 'max' ? '>' : '<';
      const text = `${label} ${formatValue(value ?? Number.NaN, tag)} ${sign} ${formatValue(limit, tag)}${unit && ` ${unit}`}`;
      return [believed === undefined ? text : `${text}, kept with ${chanceText(believed)}`];
    },
  );
  const text = others.join(', ') || (checks.length > 0 ? 'met' : '');
  return [text, ...(isClientBound(measurement) ? ['client-bound'] : [])].filter(Boolean).join('; ');
}

/** What failed, by cause: the cause once, with the names of all that it happened to. */
function failureLines({ entries, unmeasured }: Ranking, columns: number): string[] {
  const broken = entries.map(({ trial }) => trial).filter(({ end }) => end?.kind === 'bug of tma');
  const failures = [...unmeasured, ...broken].flatMap((trial) => failureOf(trial) ?? []);
  const causes = Map.groupBy(failures, ({ kind = '', cause, advice = '' }) =>
    [kind, cause, advice].join('\n'),
  );
  return [...causes.values()].map((alike) => labelled('failed', failureText(alike), columns, 9));
}

type Failure = Pick<TrialEnd, 'kind' | 'advice' | 'logFile' | 'specFile'> & {
  readonly name: string;
  readonly cause: string;
};

/** What a trial failed by; of one whose server lived, what its load did. */
function failureOf({ name, points, end }: Trial): Failure | undefined {
  if (end?.cause) return { ...end, name, cause: end.cause };
  const failed = points.find((record) => record.state === 'failed');
  return failed && { ...failed, name, specFile: end?.specFile, logFile: end?.logFile };
}

/** Names that are told of those that failed alike. */
const NAMED = 3;

/** Names, kind and cause of what failed alike, and on lines below it what to try, the log and how to repeat one of them. */
function failureText(alike: readonly Failure[]): string {
  const [{ kind, cause, advice, logFile, specFile }] = alike as [Failure, ...Failure[]];
  const names = alike.slice(0, NAMED).map(({ name }) => name);
  const more = alike.length - names.length;
  const who = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const what = kind && kind !== 'other' ? `${kind}: ` : '';
  const hint = adviceText({ advice, logFile });
  const log = logFile !== undefined && !hint.includes(logFile) ? `log: ${logFile}` : '';
  const repeat = specFile ? `once more: tma trial --spec ${shellWord(specFile)}` : '';
  return [`${who}: ${what}${cause}`, ...[hint, log, repeat].filter((line) => line !== '')].join('\n');
}
