import type { ConstraintVerdict } from '../goal/score.ts';
import { METRICS } from '../ground/metric.ts';
import type { AcrossModels } from '../rank/across.ts';
import { frontTags, paretoFront } from '../rank/pareto.ts';
import { gainOver, type Ranking } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { verdict } from '../rank/verdict.ts';
import { describeConstraint } from '../rank/words.ts';
import { isClientBound } from '../record/measurement.ts';
import { type Run, SCHEMA_VERSION } from '../record/run.ts';

/** results.json: everything measured and the verdict on it, for programs. */
export function resultsJson(run: Run, rankings: readonly Ranking[], across?: AcrossModels): string {
  const best = ({ trial, best: { measurement, verdict: kept, missedBy, checks } }: RankedEntry) => ({
    variant: trial.name,
    point: measurement.point,
    values: measurement.values,
    intervals: measurement.intervals,
    satisfiesConstraints: satisfied(kept),
    missedBy,
    checks: checks.map(({ constraint, value, verdict: one }) => ({
      ...{ ...constraint, measured: value ?? null, verdict: one, met: satisfied(one) },
    })),
    // Then the figures are the least that the server can do.
    clientBound: isClientBound(measurement),
  });
  const document = {
    schemaVersion: SCHEMA_VERSION,
    metrics: Object.fromEntries(
      METRICS.map(({ tag, header, unit, better }) => [tag, { header, unit, better }]),
    ),
    models: rankings.map((ranking) => ({
      model: ranking.model,
      verdict: verdict(ranking),
      decision: decisionOf(ranking),
      objectives: ranking.goal.objectives,
      constraints: ranking.goal.constraints.map((item) => ({ ...item, text: describeConstraint(item) })),
      search: run.searches.find(({ model }) => model === ranking.model) ?? null,
      // What was decided for: null where nothing was.
      winner: ranking.winner ? best(ranking.winner) : null,
      leader: ranking.leader ? best(ranking.leader) : null,
      default: ranking.default ? best(ranking.default) : null,
      gainPercent: ranking.gain?.percent ?? null,
      gainPlusMinus: ranking.gain?.plusMinus ?? null,
      // What no other measurement beats in all of these at once.
      pareto: {
        metrics: frontTags(ranking.goal.objectives),
        points: frontOf(ranking),
      },
      ties: ranking.ties.map((entry) => entry.trial.name),
      ranking: ranking.entries.map((entry) => ({
        ...best(entry),
        gainPercent: gainPercentOf(entry, ranking),
      })),
    })),
    ...(across && {
      acrossModels: {
        ...across.goal,
        ranking: across.entries.map((entry) => ({ model: entry.trial.model, ...best(entry) })),
      },
    }),
    sessions: run.sessions,
    servers: run.servers,
    trials: run.trials,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** null: not known. */
const satisfied = (kept: ConstraintVerdict): boolean | null => (kept === 'unknown' ? null : kept === 'met');

/** What was decided, for programs; `reason` is one of few words, see Decision. */
const decisionOf = ({ decision: { kind, reason, entry } }: Ranking) => ({
  kind,
  reason,
  variant: entry?.trial.name ?? null,
  point: entry?.best.measurement.point ?? null,
});

/** Over the default, by the objectives. */
const gainPercentOf = (entry: RankedEntry, { default: base, goal, noise }: Ranking): number | null =>
  base && entry !== base ? (gainOver(entry, base, goal, noise)?.percent ?? null) : null;

/** The points of all configurations that none beats. */
function frontOf({ entries, goal }: Ranking) {
  const all = entries.flatMap(({ trial, points }) =>
    points.map(({ measurement: { point, values }, verdict: kept }) => ({
      ...{ variant: trial.name, point, values, satisfiesConstraints: satisfied(kept) },
    })),
  );
  return paretoFront(all, frontTags(goal.objectives));
}
