import type { Experiment } from '../config/experiment.ts';
import { secretsOfFlags } from '../config/secrets.ts';
import { formatProblem, messageOf, problemsOf } from '../ground/errors.ts';
import { diskFault } from '../ground/paths.ts';
import { redactor, replaceSecretParts, secretsOf, secretsOfHeaders } from '../ground/redact.ts';
import { VERSION } from '../ground/version.ts';
import { visible } from '../ground/wording.ts';
import { intervalsOf } from '../rank/noise.ts';
import type { Ranking } from '../rank/rank.ts';
import { toldGain } from '../rank/told-gain.ts';
import { verdict } from '../rank/verdict.ts';
import { type FinishNotice, type ModelNotice, NOTICE_VERSION } from '../record/finish-notice.ts';
import { marksOf } from '../record/marks.ts';
import type { Run } from '../record/run.ts';
import { expandEnvironment } from '../server/arguments.ts';
import { judgedBy, toldEntry } from './told-figure.ts';

/** Letters of a sentence. */
const LONGEST = 2000;
/** Bytes of all models together. */
const MOST_BYTES = 64 * 1024;
/** Mistakes that are told one by one. */
const MOST_MISTAKES = 10;

/** How a call of `tma profile` ended. */
export interface Finish {
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** What was recorded, and how it is ranked; absent where nothing was begun. */
  readonly run?: Run | undefined;
  readonly rankings?: readonly Ranking[];
  /** What ended it, or some of its models: UserErrors, or a bug, of which nothing is told but that it is one. */
  readonly errors?: readonly unknown[];
}

/**
 * What is told of a run that ended, without anything secret: the environment of tma and of servers, headers, passwords in
 * addresses and flags are taken out of its sentences.
 */
export function finishNotice(experiment: Pick<Experiment, 'models'>, finish: Finish): FinishNotice {
  const { exitCode, interrupted, startedAt, endedAt, run, rankings = [], errors = [] } = finish;
  const told = tellableOf(experiment);
  const state = interrupted ? 'interrupted' : isThrough(exitCode) ? 'done' : 'failed';
  const mistakes = mistakesOf(errors).map(told);
  const models: ModelNotice[] = [];
  let left = MOST_BYTES;
  for (const ranking of rankings) {
    const model = modelOf(ranking, told);
    left -= Buffer.byteLength(JSON.stringify(model));
    if (left < 0) break;
    models.push(model);
  }
  const sentences = [...models.map((model) => model.verdict), ...mistakes];
  return {
    schemaVersion: NOTICE_VERSION,
    state,
    exitCode,
    session: run?.sessions.at(-1)?.id ?? null,
    startedAt: startedAt.toISOString(),
    durationS: (endedAt.getTime() - startedAt.getTime()) / 1000,
    tma: VERSION,
    text: cut([`tma profile: ${state}, exit code ${exitCode}`, ...sentences].join('\n')),
    models,
    modelsLeftOut: rankings.length - models.length,
    mistakes,
  };
}

/** Whether that is how a run ends that came to its end: 0, 3 to 4 and 6 say what it found. */
const isThrough = (exitCode: number): boolean => [0, 3, 4, 6].includes(exitCode);

function modelOf(ranking: Ranking, told: (text: string) => string): ModelNotice {
  const { model, decision } = ranking;
  const entry = toldEntry(ranking);
  const gain = entry && toldGain(entry, ranking);
  const tags = [...new Set(['perf_throughput', 'perf_latency_p99', ...judgedBy(ranking)])];
  const { values = {} } = entry?.best.measurement.whole ?? {};
  const intervals = entry ? intervalsOf(entry.best.measurement, ranking.noise) : {};
  const of = <T>(figures: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(tags.flatMap((tag) => (tag in figures ? [[tag, figures[tag]!]] : [])));
  return {
    model,
    decision: {
      kind: decision.kind,
      reason: decision.reason,
      variant: decision.entry?.trial.name ?? null,
      point: pointOf(decision.entry),
    },
    verdict: told(verdict(ranking)),
    values: of(values),
    intervals: Object.fromEntries(
      Object.entries(of(intervals)).map(([tag, [low, high]]) => [tag, [low, high]]),
    ),
    marks: entry ? marksOf(entry.best.measurement).map(({ tag }) => tag) : [],
    constraints: entry?.best.verdict ?? null,
    gain: gain?.kind === 'gain' ? gainOf(gain) : null,
  };
}

function pointOf(entry: Ranking['winner']): ModelNotice['decision']['point'] {
  if (!entry) return null;
  const [first, ...others] = entry.best.measurement.point.streams;
  return { streams: [first, ...others] };
}

const gainOf = ({
  gain,
  is,
  differs,
}: Extract<ReturnType<typeof toldGain>, { kind: 'gain' }>): ModelNotice['gain'] => {
  const { percent, plusMinus, low, high, assumed } = gain;
  return {
    percent,
    plusMinus,
    low,
    high,
    is,
    assumed: [...assumed],
    differs,
  };
};

/** The mistakes in words; what a bug says may hold anything, and is told on the terminal. */
function mistakesOf(errors: readonly unknown[]): string[] {
  const all = errors.flatMap((error) => {
    const problems = problemsOf(error);
    if (problems.length > 0) return problems.map(formatProblem);
    return [diskFault(error, 'read') === 'environment' ? messageOf(error) : 'a bug of tma'];
  });
  const each = [...new Set(all)];
  const more = each.length - MOST_MISTAKES;
  return [...each.slice(0, MOST_MISTAKES), ...(more > 0 ? [`and ${more} mistakes more`] : [])];
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`);

/** A sentence as it may be read elsewhere. */
function tellableOf({ models }: Pick<Experiment, 'models'>): (text: string) => string {
  const redact = redactor(
    secretsOf(process.env),
    ...models.flatMap(({ serverEnvironment, serverFlags, container, load }) => [
      secretsOf(expandEnvironment(serverEnvironment)),
      secretsOf(expandEnvironment(container.environment)),
      ...secretsOfHeaders(load.headers),
      ...secretsOfFlags(serverFlags),
    ]),
  );
  return (text) => cut(visible(replaceSecretParts(redact(text), () => '[not shown]')));
}
