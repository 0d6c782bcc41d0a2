import { appendFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { ConstraintVerdict } from '../../goal/score.ts';
import { codeOf, messageOf } from '../../ground/errors.ts';
import { metric } from '../../ground/metric.ts';
import { counted } from '../../ground/wording.ts';
import { chanceText } from '../../rank/belief-words.ts';
import { findingsOf, MOST_TOLD } from '../../rank/findings/findings-of.ts';
import { gainWithRange } from '../../rank/gain-words.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { toldGain } from '../../rank/told-gain.ts';
import { verdict } from '../../rank/verdict.ts';
import { describeAssignment, describeConstraint, unitOf } from '../../rank/words.ts';
import { COSTS } from '../../record/goal.ts';
import { batchSizeOf, levelText } from '../../record/load-point.ts';
import { marksOf } from '../../record/marks.ts';
import type { Run } from '../../record/run.ts';
import type { Exporter, ExportOptions, Result } from '../exporter.ts';
import { failureViews } from '../failures.ts';
import { code, cut, fileLink, plain, table } from '../markdown-text.ts';
import { put } from '../put.ts';
import { figureText, judgedBy, toldEntry, withUnit } from '../told-figure.ts';

/** Rows of a model's table, beside what was decided for and the default. */
const ROWS = 5;
/** So many configurations that failed are told one by one. */
const MOST_FAILURES = 5;
/** Letters of a sentence, and of what stands in a cell. */
const LONGEST = 2000;
const LONGEST_CELL = 200;
/** What GitHub shows of the summary of one step. */
const MOST_BYTES = 1024 ** 2;
/** What the summary of a run may take of that: other steps of a job write to the same page. */
const MOST_OF_RUN = MOST_BYTES / 2;

/** summary.md: the verdicts, the best configurations and the constraints for a page of a CI system or a comment. */
export const markdownExporter: Exporter = {
  name: 'markdown',
  format: 'markdown',
  async write(result, to, { stepSummary } = {}) {
    const file = put(to, join('results', 'summary.md'), markdownSummary(result, { links: true }));
    return { files: [file], notes: stepSummary ? append(result, stepSummary) : [] };
  },
};

/**
 * Appends the summary to what the steps of a job are shown by; answers why it was not, if so. Links would lead nowhere
 * there.
 */
function append(result: Result, file: NonNullable<ExportOptions['stepSummary']>): string[] {
  try {
    const left = MOST_BYTES - sizeOf(file);
    const text = markdownSummary(result, { links: false, most: Math.min(left - 1, MOST_OF_RUN) });
    if (text === '') return [`nothing is appended to ${file}: it has the 1 MiB that are shown of it`];
    // What stands there may lack the end of its last line.
    appendFileSync(file, `\n${text}`);
    return [];
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return [`nothing is appended to the file that GITHUB_STEP_SUMMARY names: ${messageOf(error)}`];
  }
}

/** Bytes of a file; 0 where it is not there yet. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * The summary as Markdown.
 * @param links whether files are linked to, as they lie beside it; else they are named.
 * @param most bytes; models that do not fit are left out, and their number said. '' where not even that fits.
 */
export function markdownSummary(
  { run, rankings, settings }: Pick<Result, 'run' | 'rankings' | 'settings'>,
  { links, most = MOST_OF_RUN }: { readonly links: boolean; readonly most?: number },
): string {
  const head = '## tma: the best configurations\n';
  const machine = machineText(run);
  const tail = machine === '' ? '' : `\nMeasured on ${machine}\n`;
  const parts = rankings.map((ranking) => modelPart(run, ranking, filesOf(ranking, settings, links)));
  const leftOut = (count: number): string =>
    count === 0 ? '' : `\n${counted(count, 'model')} more: see \`results/results.json\`.\n`;
  const size = Buffer.byteLength;
  // Room for the longest line that says how many are left out.
  let left = most - size(`${head}${tail}${leftOut(parts.length)}`);
  if (left < 0) return '';
  const kept = parts.filter((part) => {
    left -= size(part);
    return left >= 0;
  });
  return `${head}${kept.join('')}${leftOut(parts.length - kept.length)}${tail}`;
}

const HEADINGS: Readonly<Record<Ranking['decision']['kind'], string>> = {
  deploy: 'deploy',
  keep: 'keep',
  none: 'no configuration',
  unfinished: 'nothing decided',
};

function modelPart(run: Run, ranking: Ranking, files: string): string {
  const { model, decision } = ranking;
  const what = decision.entry ? ` ${code(cut(decision.entry.trial.name, LONGEST_CELL))}` : '';
  const parts = [
    `### ${code(model)}: ${HEADINGS[decision.kind]}${what}`,
    plain(cut(verdict(ranking), LONGEST)),
    constraintStrip(ranking),
    findingLines(run, ranking),
    configurations(ranking),
    failures(ranking),
    files,
  ];
  return `\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const SIGNS: Readonly<Record<ConstraintVerdict, string>> = { met: '✅', missed: '❌', unknown: '❔' };

/** Each constraint with what it comes to. */
function constraintStrip(ranking: Ranking): string {
  const entry = toldEntry(ranking);
  return ranking.goal.constraints
    .map((constraint, index) => {
      const check = entry?.best.checks[index];
      const kept = check?.verdict ?? 'unknown';
      const within =
        check?.believed === undefined ? '' : `, within the noise: kept with ${chanceText(check.believed)}`;
      const why = ranking.missing.find(({ tag }) => tag === constraint.tag)?.why;
      const measured =
        entry && kept !== 'unknown'
          ? withUnit(figureText(entry.best.measurement, constraint.tag, ranking), constraint.tag, ranking)
          : `not measured${why ? ` (${why})` : ''}`;
      return `${SIGNS[kept]} ${plain(describeConstraint(constraint, ranking.goal))}: ${plain(`${measured}${within}`)}`;
    })
    .join(' · ');
}

/** What else the run shows, as below the verdict of the summary page. */
const findingLines = (run: Run, ranking: Ranking): string =>
  findingsOf(run, ranking)
    .slice(0, MOST_TOLD)
    .map(({ text }) => `- ${plain(cut(text, LONGEST))}`)
    .join('\n');

const USUAL_COLUMNS = ['perf_throughput', 'perf_latency_p99'];

/** The first of the ranking, what was decided for and the default. */
function configurations(ranking: Ranking): string {
  const { entries, winner, default: base, ties, goal } = ranking;
  const shown = entries.filter((entry, index) => index < ROWS || entry === winner || entry === base);
  if (shown.length === 0) return '';
  const costs = goal.prices ? COSTS : [];
  const columns = [...new Set([...USUAL_COLUMNS, ...judgedBy(ranking), ...costs])].filter((tag) =>
    shown.some(({ best }) => best.measurement.whole.values[tag] !== undefined),
  );
  const isLimited = goal.constraints.length > 0;
  const isMarked = shown.some(({ best }) => marksOf(best.measurement).length > 0);
  const headers = [
    { text: '#', right: true },
    { text: 'configuration' },
    { text: 'load' },
    ...columns.map((tag) => ({ text: plain(headerOf(tag, ranking)), right: true })),
    { text: 'against the default', right: true },
    ...(isLimited ? [{ text: 'constraints' }] : []),
    ...(isMarked ? [{ text: 'marks' }] : []),
    { text: 'parameters' },
  ];
  const rows = shown.map((entry) => [
    `${entries.indexOf(entry) + 1}${ties.includes(entry) ? '=' : ''}`,
    entry === winner ? `**${nameOf(entry)}**` : nameOf(entry),
    plain(loadText(entry)),
    ...columns.map((tag) => plain(figureText(entry.best.measurement, tag, ranking))),
    plain(gainCell(entry, ranking)),
    ...(isLimited ? [`${SIGNS[entry.best.verdict]} ${entry.best.verdict}`] : []),
    ...(isMarked
      ? [
          marksOf(entry.best.measurement)
            .map(({ tag }) => code(tag))
            .join(' '),
        ]
      : []),
    code(cut(describeAssignment(entry.trial.models[0].assignment), LONGEST_CELL)),
  ]);
  const more = entries.length - shown.length;
  const below = [
    ...(shown.some((entry) => ties.includes(entry))
      ? ["With = behind its number, what was measured can't tell it from the first."]
      : []),
    ...(more > 0 ? [`${counted(more, 'more configuration')} in the report.`] : []),
  ];
  return [table(headers, rows), ...below].join('\n\n');
}

const nameOf = ({ trial }: RankedEntry): string => code(cut(trial.name, LONGEST_CELL));

function headerOf(tag: string, { goal }: Ranking): string {
  const { label } = metric(tag);
  const unit = unitOf(tag, goal);
  return unit === '' ? label : `${label} (${unit})`;
}

function loadText({ best: { measurement } }: RankedEntry): string {
  const size = batchSizeOf(measurement.point);
  return `${levelText(measurement.point)}${size > 1 ? `, batch ${size}` : ''}`;
}

/** The gain over the default with its interval; empty where there is none to tell. */
function gainCell(entry: RankedEntry, ranking: Ranking): string {
  if (entry === ranking.default) return 'is the default';
  const told = toldGain(entry, ranking);
  if (told.kind === 'none') return '';
  const bound = told.is !== 'measured' ? `${told.is} ` : told.differs ? '' : 'tied: ';
  return `${bound}${gainWithRange(told.gain)}`;
}

/** The configurations that failed, each with its cause. */
function failures({ entries, unmeasured }: Ranking): string {
  const views = failureViews([...entries.map(({ trial }) => trial), ...unmeasured]);
  if (views.length === 0) return '';
  const named = views
    .slice(0, MOST_FAILURES)
    .map(({ name, cause }) => `- ${code(cut(name, LONGEST_CELL))}: ${code(cut(cause, LONGEST_CELL))}`);
  const more = views.length - named.length;
  return [
    `${counted(views.length, 'configuration')} failed:`,
    '',
    ...named,
    ...(more > 0 ? [`- ${more} more`] : []),
  ].join('\n');
}

/** What it was measured on. */
function machineText({ sessions, servers }: Run): string {
  const environment = sessions.at(-1)?.environment;
  if (!environment) return '';
  const { cpu, cores, gpus = [], launcher, tma } = environment;
  const server = servers.at(-1);
  return plain(
    [
      `${cores} cores of ${cpu}`,
      ...(gpus.length > 0 ? [gpus.join(', ')] : []),
      ...(server ? [`Triton ${server.version} (${launcher})`] : []),
      `tma ${tma}`,
    ].join(' · '),
  );
}

/** Where the pages and the tables of a model lie. */
function filesOf(
  { model, winner }: Ranking,
  { formats, summaries }: Result['settings'],
  links: boolean,
): string {
  const tables = formats.includes('csv');
  const files: [text: string, path: string][] = [
    ...(summaries && formats.includes('html')
      ? [['report', `reports/summaries/${model}/result_summary.html`] satisfies [string, string]]
      : []),
    ...(tables ? [['results.json', 'results/results.json'] satisfies [string, string]] : []),
    ...(tables && winner && !winner.trial.composing
      ? [['config.pbtxt', `results/best/${model}/config.pbtxt`] satisfies [string, string]]
      : []),
  ];
  return files
    .map(([text, path]) => (links ? fileLink(text, posix.relative('results', path)) : code(path)))
    .join(' · ');
}
