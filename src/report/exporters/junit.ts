import { join } from 'node:path';
import type { Check } from '../../goal/score.ts';
import { counted } from '../../ground/wording.ts';
import { findingsOf } from '../../rank/findings/findings-of.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { unchecked } from '../../rank/unchecked-words.ts';
import { verdict } from '../../rank/verdict.ts';
import { describeConstraint, formatValue, loadWords } from '../../rank/words.ts';
import type { Constraint } from '../../record/goal.ts';
import type { Measurement } from '../../record/measurement.ts';
import type { Run, Trial } from '../../record/run.ts';
import type { Exporter, Result } from '../exporter.ts';
import { failureViews } from '../failures.ts';
import { put } from '../put.ts';
import {
  figureText,
  intervalText,
  judgedBy,
  marksText,
  toldEntry,
  toldInterval,
  withUnit,
} from '../told-figure.ts';
import { element, type XmlElement, xmlDocument } from '../xml-text.ts';

/** So many configurations that failed are told one by one. */
const MOST_FAILURES = 50;

/**
 * junit.xml for the pages of a CI system: a suite for each model, with a case for whether a configuration was found and
 * one for each constraint. It is valid by the schemas of Apache Ant's JUnit reports and of Jenkins's xUnit plug-in.
 */
export const junitExporter: Exporter = {
  name: 'junit',
  format: 'junit',
  async write(result, to) {
    return { files: [put(to, join('results', 'junit.xml'), junitXml(result))], notes: [] };
  },
};

export const junitXml = ({ run, rankings }: Pick<Result, 'run' | 'rankings'>): string =>
  xmlDocument(
    element(
      'testsuites',
      {},
      rankings.map((ranking, id) => suite(run, ranking, id)),
    ),
  );

/** How a case ended, where it did not pass: failed for what was measured, or in error for what is not known. */
interface Trouble {
  readonly kind: 'failure' | 'error';
  readonly type: string;
  readonly message: string;
  readonly more: readonly string[];
}

interface Case {
  readonly name: string;
  readonly trouble: Trouble | undefined;
}

function suite(run: Run, ranking: Ranking, id: number): XmlElement {
  const { model, goal } = ranking;
  const trials = [...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured];
  const cases: Case[] = [
    { name: 'a configuration was found', trouble: troubleOfDecision(ranking, trials) },
    ...goal.constraints.map((constraint, index) => ({
      name: describeConstraint(constraint, goal),
      trouble: troubleOf(constraint, index, ranking),
    })),
  ];
  const time = secondsOf(trials);
  const count = (kind: Trouble['kind']): number =>
    cases.filter(({ trouble }) => trouble?.kind === kind).length;
  return element(
    'testsuite',
    {
      id,
      name: model,
      package: 'tma',
      // Ant's schema has no time zone; it is UTC.
      timestamp: begunAt(run).slice(0, 19),
      // Which machine it was is not recorded; this is what Ant's schema asks for then.
      hostname: 'localhost',
      tests: cases.length,
      failures: count('failure'),
      errors: count('error'),
      skipped: 0,
      time,
    },
    [
      element('properties', {}, propertiesOf(run, ranking)),
      ...cases.map((item, index) => caseElement(item, model, index === 0 ? time : '0')),
      element('system-out', {}, [outText(run, ranking, trials)]),
      element('system-err'),
    ],
  );
}

/** When the run began; of one that does not say, a checkpoint of Model Analyzer's, when the first of its figures was written. */
function begunAt({ sessions, trials }: Run): string {
  const measured = trials.flatMap(({ points }) =>
    points.flatMap((record) => (record.state === 'measured' ? [record.measurement.startedAt] : [])),
  );
  const [first = new Date(0).toISOString()] = measured.sort();
  return sessions.at(-1)?.startedAt ?? first;
}

function caseElement({ name, trouble }: Case, model: string, time: string): XmlElement {
  const attributes = { name, classname: `tma.${model}`, time };
  if (!trouble) return element('testcase', attributes);
  const { kind, type, message, more } = trouble;
  return element('testcase', attributes, [element(kind, { type, message }, [[message, ...more].join('\n')])]);
}

/** Why no configuration can be named; undefined where one is, the default included. */
function troubleOfDecision(ranking: Ranking, trials: readonly Trial[]): Trouble | undefined {
  const { decision } = ranking;
  if (decision.entry) return undefined;
  const isMissed = decision.reason === 'constraints';
  return {
    kind: isMissed ? 'failure' : 'error',
    type: decision.reason,
    message: verdict(ranking),
    more: isMissed ? [] : failureLines(trials),
  };
}

/** What a constraint comes to where the run is told by: nothing passes that was not measured. */
function troubleOf(constraint: Constraint, index: number, ranking: Ranking): Trouble | undefined {
  const entry = toldEntry(ranking);
  const check = entry?.best.checks[index];
  const limit = describeConstraint(constraint, ranking.goal);
  if (!entry || !check)
    return { kind: 'error', type: 'unknown', message: `${limit}: nothing was measured`, more: [] };
  switch (check.verdict) {
    case 'met':
      return undefined;
    case 'unknown':
      return {
        kind: 'error',
        type: 'unknown',
        message: unchecked([check], ranking),
        more: [whereOf(entry)],
      };
    case 'missed':
      return missed(check, limit, entry, ranking);
  }
}

function missed(check: Check, limit: string, entry: RankedEntry, ranking: Ranking): Trouble {
  const { tag, value } = check.constraint;
  const { measurement } = entry.best;
  const interval = intervalText(measurement, tag, ranking);
  const [low, high] = toldInterval(measurement, tag, ranking);
  const holdsLimit =
    (low !== null || high !== null) && (low === null || low <= value) && (high === null || value <= high);
  const marks = marksText(measurement);
  return {
    kind: 'failure',
    type: 'missed',
    message: `${limit}: measured ${withUnit(formatValue(check.value ?? Number.NaN, tag), tag, ranking)}${interval && ` (${interval})`}`,
    more: [
      whereOf(entry),
      interval ? `95 % interval: ${withUnit(interval, tag, ranking)}` : 'it was recorded without an interval',
      ...(holdsLimit ? ['the limit lies within the interval: it may be kept'] : []),
      ...(marks ? [`marks: ${marks}`] : []),
    ],
  };
}

const whereOf = ({ trial, best }: RankedEntry): string =>
  `${trial.name} ${loadWords(best.measurement.point)}`;

function propertiesOf(run: Run, ranking: Ranking): XmlElement[] {
  const { decision } = ranking;
  const entry = toldEntry(ranking);
  const environment = run.sessions.at(-1)?.environment;
  const properties: Readonly<Record<string, string | undefined>> = {
    decision: decision.kind,
    reason: decision.reason,
    configuration: entry?.trial.name,
    load: entry && loadWords(entry.best.measurement.point),
    ...Object.fromEntries(
      judgedBy(ranking).map((tag) => [tag, entry && told(entry.best.measurement, tag, ranking)]),
    ),
    marks: (entry && marksText(entry.best.measurement)) || undefined,
    tma: environment?.tma,
    launcher: environment?.launcher,
  };
  return Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [element('property', { name, value })],
  );
}

/** A value with interval and unit, or that there is none. */
const told = (measurement: Measurement, tag: string, ranking: Ranking): string =>
  measurement.whole.values[tag] === undefined
    ? 'not measured'
    : withUnit(figureText(measurement, tag, ranking), tag, ranking);

/** The verdict, what else the run shows, and what failed. */
function outText(run: Run, ranking: Ranking, trials: readonly Trial[]): string {
  const findings = findingsOf(run, ranking).map(({ text }) => `- ${text}`);
  const parts = [[verdict(ranking), ...findings], failureLines(trials)];
  return parts
    .map((lines) => lines.join('\n'))
    .join('\n\n')
    .trimEnd();
}

/** The configurations that failed, with their causes. */
function failureLines(trials: readonly Trial[]): string[] {
  const views = failureViews(trials);
  const more = views.length - MOST_FAILURES;
  return [
    ...views
      .slice(0, MOST_FAILURES)
      .flatMap(({ name, cause, advice, repeat }) => [
        `${name} failed: ${cause}`,
        ...(advice ? [`  ${advice}`] : []),
        ...(repeat ? [`  to repeat it: ${repeat}`] : []),
      ]),
    ...(more > 0 ? [`${counted(more, 'configuration')} more failed`] : []),
  ];
}

/** Seconds that trials took, whichever session measured them. */
const secondsOf = (trials: readonly Trial[]): string =>
  trials
    .flatMap(({ end }) => (end ? Object.values(end.steps) : []))
    .reduce((sum, seconds) => sum + seconds, 0)
    .toFixed(3);
