import { join } from 'node:path';
import type { Check, ConstraintVerdict } from '../../goal/score.ts';
import { METRICS } from '../../ground/metric.ts';
import { findingsOf } from '../../rank/findings/findings-of.ts';
import { intervalsOf, type Noise } from '../../rank/noise.ts';
import { frontTags, paretoFront } from '../../rank/pareto.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { toldGain } from '../../rank/told-gain.ts';
import { verdict } from '../../rank/verdict.ts';
import { describeConstraint, unitOf } from '../../rank/words.ts';
import type { DriftRecord } from '../../record/drift.ts';
import { nameOfModels } from '../../record/goal.ts';
import { MARKS, marksOf } from '../../record/marks.ts';
import { isClientBound, type Measurement, startsOf } from '../../record/measurement.ts';
import { shortened } from '../../record/one-model.ts';
import { RESULTS_VERSION, type WrittenResults } from '../../record/results.ts';
import { loadedName, type PointRecord, type Run } from '../../record/run.ts';
import type { Exporter, Result } from '../exporter.ts';
import { put } from '../put.ts';

type WrittenModel = WrittenResults['models'][number];

/** results.json: everything measured and the verdict on it, for programs; src/record/results.ts says what each field is. */
export const jsonExporter: Exporter = {
  name: 'json',
  format: 'csv',
  async write(result, to) {
    return { files: [put(to, join('results', 'results.json'), resultsJson(result))], notes: [] };
  },
};

/** The text of results.json. */
export const resultsJson = (result: Pick<Result, 'run' | 'rankings' | 'across'>): string =>
  `${JSON.stringify(resultsOf(result), null, 2)}\n`;

function resultsOf({ run, rankings, across }: Pick<Result, 'run' | 'rankings' | 'across'>): WrittenResults {
  return {
    schemaVersion: RESULTS_VERSION,
    environment: run.sessions.at(-1)?.environment ?? null,
    metrics: Object.fromEntries(
      METRICS.map(({ tag, header, better }) => [
        tag,
        { header, unit: unitOf(tag, rankings[0]?.goal ?? {}), better },
      ]),
    ),
    marks: MARKS,
    models: rankings.map((ranking) => modelOf(run, ranking)),
    ...(across && {
      acrossModels: {
        ...across.goal,
        missing: across.missing,
        ties: across.ties.filter((entry) => across.entries.includes(entry)).map(({ trial }) => trial.name),
        ranking: across.entries.map((entry) => {
          const model = loadedName(entry.trial);
          return { model, ...figuresOf(entry, across.noise[model]!) };
        }),
      },
    }),
    sessions: run.sessions,
    servers: run.servers,
    trials: run.trials.map(({ points, ...trial }) => ({ ...trial, points: points.map(withMarks) })),
  };
}

/** What became of a point; where it was measured, with its marks, if it has any. */
function withMarks(record: PointRecord) {
  const stored = shortened(record);
  const marks = record.state === 'measured' ? marksOf(record.measurement) : [];
  return stored.state === 'measured' && marks.length > 0 ? { ...stored, marks } : stored;
}

function modelOf(run: Run, ranking: Ranking): WrittenModel {
  const { model, decision, goal, winner, leader, missing, noise } = ranking;
  return {
    model,
    verdict: verdict(ranking),
    decision: {
      kind: decision.kind,
      reason: decision.reason,
      variant: decision.entry?.trial.name ?? null,
      point: decision.entry?.best.measurement.point ?? null,
    },
    objectives: goal.objectives,
    ...(goal.prices && { prices: goal.prices }),
    constraints: goal.constraints.map((constraint, index) => {
      const check = (winner ?? leader)?.best.checks[index];
      return {
        ...constraint,
        text: describeConstraint(constraint, goal),
        verdict: check?.verdict ?? 'unknown',
        measured: check?.value ?? null,
      };
    }),
    missing,
    search: run.searches.find((search) => nameOfModels(search.models) === model) ?? null,
    ...(ranking.belief && { belief: ranking.belief }),
    ...(ranking.drift && { drift: withoutPoints(ranking.drift) }),
    winner: winner ? figuresOf(winner, noise) : null,
    leader: leader ? figuresOf(leader, noise) : null,
    default: ranking.default ? figuresOf(ranking.default, noise) : null,
    ...leadersGain(ranking),
    pareto: { metrics: frontTags(goal.objectives), points: frontOf(ranking) },
    ties: ranking.ties.map((entry) => entry.trial.name),
    findings: findingsOf(run, ranking),
    ranking: ranking.entries.map((entry) => ({ ...figuresOf(entry, noise), ...gainOf(entry, ranking) })),
  };
}

/** Which measurements drifted stands with each of them. */
const withoutPoints = ({ drifted: _, ...drift }: DriftRecord): Omit<DriftRecord, 'drifted'> => drift;

/** A configuration at the load that stands for it. */
const figuresOf = (
  { trial, best: { measurement, verdict: kept, missedBy, checks } }: RankedEntry,
  noise: Noise,
) => ({
  variant: trial.name,
  point: measurement.point,
  values: measurement.whole.values,
  ...surenessOf(measurement, noise),
  constraints: kept,
  satisfiesConstraints: satisfied(kept),
  missedBy,
  checks: checks.map(checkOf),
  clientBound: isClientBound(measurement),
});

/** How sure the figures of a measurement are. */
const surenessOf = (measurement: Measurement, noise: Noise) => ({
  intervals: intervalsOf(measurement, noise),
  requests: measurement.requests,
  looks: measurement.looks ?? 1,
  starts: startsOf(measurement),
  marks: marksOf(measurement),
});

const checkOf = ({ constraint, value, verdict: kept, believed }: Check) => ({
  ...constraint,
  measured: value ?? null,
  verdict: kept,
  met: satisfied(kept),
  ...(believed !== undefined && { believed }),
});

/** null: not known. */
const satisfied = (kept: ConstraintVerdict): boolean | null => (kept === 'unknown' ? null : kept === 'met');

/** Over the default, by the objectives, or why that can't be told. */
function gainOf(entry: RankedEntry, ranking: Ranking) {
  const told = toldGain(entry, ranking);
  if (told.kind === 'none') {
    return { gain: null, noGain: { reason: told.reason, text: told.text }, gainPercent: null };
  }
  const { percent, plusMinus, low, high, assumed } = told.gain;
  return {
    gain: {
      percent,
      plusMinus,
      low,
      high,
      is: told.is,
      assumed,
      differs: told.differs,
    },
    noGain: null,
    gainPercent: told.is === 'measured' ? percent : null,
  };
}

function leadersGain(ranking: Ranking) {
  const { leader } = ranking;
  if (!leader) {
    const noGain = { reason: 'default not measured' as const, text: 'nothing was measured' };
    return { gain: null, noGain, gainPercent: null, gainPlusMinus: null };
  }
  const told = gainOf(leader, ranking);
  return { ...told, gainPlusMinus: told.gainPercent === null ? null : told.gain!.plusMinus };
}

/** The points of all configurations that none beats. */
function frontOf({ entries, goal, noise }: Ranking) {
  const all = entries.flatMap(({ trial, points }) =>
    points.map(({ measurement, verdict }) => ({ trial, measurement, whole: measurement.whole, verdict })),
  );
  return paretoFront(all, frontTags(goal.objectives)).map(({ trial, measurement, whole, verdict: kept }) => ({
    variant: trial.name,
    point: measurement.point,
    values: whole.values,
    ...surenessOf(measurement, noise),
    satisfiesConstraints: satisfied(kept),
  }));
}
