import { styleText } from 'node:util';
import { METRICS, metric } from '../ground/metric.ts';
import { shellWord } from '../ground/wording.ts';
import {
  adviceText,
  batchSizeOf,
  chanceText,
  compactValue,
  type Finding,
  formatNumber,
  formatValue,
  isClientBound,
  isRate,
  levelOf,
  type Measurement,
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
import { textTable } from './table.ts';

const ROWS = 5;

/** So many findings stand below the verdict. */
const FINDINGS = 3;

/** The ranked table (the best and the default), what failed, the verdict, and the first of what else was found. */
export function rankingText(ranking: Ranking, findings: readonly Finding[] = []): string {
  const shown = ranking.entries.filter((entry, index) => index < ROWS || entry.trial.isDefault);
  const paths = varyingPaths(ranking.entries);
  const hidden = ranking.entries.length - shown.length;
  const derived = derivedTags(ranking);
  const table = textTable(
    [
      { header: '#' },
      { header: 'Model Config' },
      { header: 'infer/s', numeric: true },
      { header: 'p99 ms', numeric: true },
      ...derived.map((tag) => ({ header: shortHeader(tag, ranking), numeric: true })),
      { header: 'gain', numeric: true },
      {
        header: shown.every(({ best }) => isRate(best.measurement.point)) ? 'requests/s' : 'in flight',
        numeric: true,
      },
      { header: 'batch', numeric: true },
      { header: 'constraints' },
      ...shortNames(paths).map((header) => ({ header })),
    ],
    shown.map((entry) => row(entry, ranking, { derived, paths })),
  );
  const broken = ranking.entries.map(({ trial }) => trial).filter(({ end }) => end?.kind === 'bug of tma');
  const failed = [...ranking.unmeasured, ...broken].flatMap((trial) =>
    trial.end?.cause ? [failureText(trial.name, trial.end)] : failedPoint(trial),
  );
  const taken = takenOverText(ranking.entries.map(({ trial }) => trial));
  return [
    ...(shown.length > 0 ? [table] : []),
    ...(shown.some((entry) => ranking.ties.includes(entry))
      ? [styleText('dim', "= tied with the first: what was measured can't tell them apart")]
      : []),
    ...(hidden > 0 ? [styleText('dim', `${hidden} more in the report`)] : []),
    ...failed.map((text) => styleText('yellow', `failed   ${text}`)),
    ...missingLines(ranking).map((text) => styleText('yellow', text)),
    ...(taken === undefined ? [] : [styleText('yellow', taken)]),
    '',
    styleText(['bold', ranking.winner ? 'green' : 'yellow'], verdict(ranking)),
    ...findingLines(findings),
  ].join('\n');
}

function findingLines(findings: readonly Finding[]): string[] {
  const told = findings.slice(0, FINDINGS).map(({ text }) => `- ${text}`);
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
    entry.trial.name,
    throughputCell(measurement),
    formatNumber(measurement.whole.values['perf_latency_p99'] ?? Number.NaN),
    ...derived.map((tag) => formatValue(measurement.whole.values[tag] ?? Number.NaN, tag)),
    gainCell(entry, ranking),
    String(levelOf(measurement.point)),
    String(batchSizeOf(measurement.point)),
    constraintsCell(entry.best),
    ...paths.map((path) => (path in assignment ? compactValue(path, assignment[path]) : '')),
  ];
  return entry === ranking.winner ? cells.map((cell) => styleText('bold', cell)) : cells;
}

/** Over the default, as results.json has it: `tied` within the noise, empty where it can't be told. */
function gainCell(entry: RankedEntry, ranking: Ranking): string {
  const told = toldGain(entry, ranking);
  if (told.kind === 'none') return '';
  if (!told.differs && told.is === 'measured') return 'tied';
  const { percent } = told.gain;
  const bound = told.is === 'at least' ? '≥ ' : told.is === 'at most' ? '≤ ' : '';
  return `${bound}${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %`;
}

/** What the client set is the least that the server can do. */
export const throughputCell = (measurement: Measurement): string =>
  `${isClientBound(measurement) ? '≥ ' : ''}${formatNumber(measurement.whole.values['perf_throughput'] ?? Number.NaN)}`;

/**
 * `met`, or each limit that is broken (`p99 latency 24.0 > 10.0 ms`), could not be checked (`GPU memory not checked`) or
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
  const text = others.join(', ') || 'met';
  return isClientBound(measurement) ? `${text}; client-bound` : text;
}

/** Name, kind and cause of a failure, and what to try on a line below, with the place of a log that it speaks of. */
function failureText(
  name: string,
  {
    kind,
    cause,
    advice,
    logFile,
    specFile,
  }: Pick<TrialEnd, 'kind' | 'cause' | 'advice' | 'logFile' | 'specFile'>,
): string {
  const what = kind && kind !== 'other' ? `${kind}: ` : '';
  const hint = adviceText({ advice, logFile });
  const repeat = specFile && `once more: tma trial --spec ${shellWord(specFile)}`;
  return [`${name}: ${what}${cause}`, ...[hint, repeat].filter((line) => line)].join('\n         ');
}

/** A trial whose server lived, and whose load failed all the same. */
function failedPoint({ name, points, end }: Trial): string[] {
  const failed = points.find((record) => record.state === 'failed');
  return failed ? [failureText(name, { ...failed, specFile: end?.specFile })] : [];
}
