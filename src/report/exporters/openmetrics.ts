import { join } from 'node:path';
import { METRICS, type Metric, metric } from '../../ground/metric.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { toldGain } from '../../rank/told-gain.ts';
import { batchSizeOf, isRate, levelOf } from '../../record/load-point.ts';
import { marksOf } from '../../record/marks.ts';
import type { Measurement } from '../../record/measurement.ts';
import type { Run } from '../../record/run.ts';
import type { Exporter, Result } from '../exporter.ts';
import { expositionText, type Family, type Sample } from '../exposition.ts';
import { put } from '../put.ts';
import { toldEntry, toldInterval } from '../told-figure.ts';

/**
 * metrics.prom for the textfile collector of node_exporter, which may read it at any time: it is replaced as a whole. The
 * names and labels are documented in docs/outputs.md, and stay.
 */
export const openMetricsExporter: Exporter = {
  name: 'openmetrics',
  format: 'openmetrics',
  async write(result, to) {
    return { files: [put(to, join('results', 'metrics.prom'), openMetricsText(result))], notes: [] };
  },
};

export const openMetricsText = ({ run, rankings }: Pick<Result, 'run' | 'rankings'>): string =>
  expositionText([
    ...runFamilies(run),
    ...modelFamilies(rankings),
    ...constraintFamilies(rankings),
    ...gainFamilies(rankings),
    markFamily(rankings),
    ...EXPOSED.flatMap((item) => metricFamilies(item, rankings)),
  ]);

/** A base unit, as OpenMetrics asks for, and what of it one of ours is. */
interface BaseUnit {
  /** Behind the name; undefined: a number of things. */
  readonly unit: string | undefined;
  readonly factor: number;
}

const BASE_UNITS: Readonly<Record<string, BaseUnit>> = {
  '': { unit: undefined, factor: 1 },
  ms: { unit: 'seconds', factor: 1e-3 },
  MB: { unit: 'bytes', factor: 1e6 },
  '%': { unit: 'ratio', factor: 1e-2 },
  W: { unit: 'watts', factor: 1 },
  J: { unit: 'joules', factor: 1 },
  'infer/s': { unit: 'inferences_per_second', factor: 1 },
  'responses/s': { unit: 'responses_per_second', factor: 1 },
  'sequences/s': { unit: 'sequences_per_second', factor: 1 },
  'requests/s': { unit: 'requests_per_second', factor: 1 },
};

/** The base unit of a metric; one that is not listed is written as it is, in letters that a name may have. */
export function baseUnitOf({ unit }: Pick<Metric, 'unit'>): BaseUnit {
  if (Object.hasOwn(BASE_UNITS, unit)) return BASE_UNITS[unit]!;
  const name = unit
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  return { unit: name === '' ? undefined : name, factor: 1 };
}

/** How many inferences a measurement executed says nothing without its duration, and the names end as a summary's may. */
const EXPOSED = METRICS.filter(({ tag }) => !tag.endsWith('_count'));

/** Digits beyond these are of the change of the unit. */
const inBaseUnit = (value: number, tag: string): number =>
  Number((value * baseUnitOf(metric(tag)).factor).toPrecision(12));

function runFamilies({ sessions, servers }: Run): Family[] {
  const session = sessions.at(-1);
  if (!session) return [];
  const { tma, launcher, generator, driver } = session.environment;
  const server = servers.at(-1);
  const labels = {
    tma,
    launcher,
    generator,
    ...(server && { triton: server.version }),
    ...(driver !== undefined && { driver }),
  };
  return [
    {
      name: 'tma_run_info',
      help: 'The programs of the last session: always 1.',
      samples: [{ labels, value: 1 }],
    },
    {
      name: 'tma_session_start_timestamp_seconds',
      help: 'When the last session began, in seconds since 1970-01-01.',
      unit: 'seconds',
      samples: [{ labels: {}, value: Date.parse(session.startedAt) / 1000 }].filter(({ value }) =>
        Number.isFinite(value),
      ),
    },
  ];
}

const DECISIONS = ['deploy', 'keep', 'none', 'unfinished'] as const;
const STATES = ['measured', 'failed', 'skipped'] as const;
const VERDICTS = ['met', 'missed', 'unknown'] as const;

function modelFamilies(rankings: readonly Ranking[]): Family[] {
  return [
    {
      name: 'tma_decision',
      help: '1 for what a model comes to: deploy a configuration, keep the default, none, or unfinished.',
      samples: rankings.flatMap(({ model, decision }) =>
        DECISIONS.map((kind) => ({
          labels: { model, decision: kind },
          value: kind === decision.kind ? 1 : 0,
        })),
      ),
    },
    {
      name: 'tma_configurations',
      help: 'Configurations by what became of them.',
      samples: rankings.flatMap((ranking) =>
        STATES.map((state) => ({
          labels: { model: ranking.model, state },
          value: countOf(state, ranking),
        })),
      ),
    },
  ];
}

/** Configurations in a state. What a run had not come to when it ended is in none. */
function countOf(state: (typeof STATES)[number], { entries, unmeasured }: Ranking): number {
  if (state === 'measured') return entries.length;
  return unmeasured.filter((trial) => trial.state === state).length;
}

function constraintFamilies(rankings: readonly Ranking[]): Family[] {
  const all = rankings.flatMap((ranking) =>
    ranking.goal.constraints.map((constraint, index) => ({
      constraint,
      labels: { model: ranking.model, metric: constraint.tag, bound: constraint.bound },
      verdict: toldEntry(ranking)?.best.checks[index]?.verdict ?? 'unknown',
    })),
  );
  return [
    {
      name: 'tma_constraint',
      help: '1 for what a constraint comes to for the winner, or where there is none for the leader: met, missed or unknown.',
      samples: all.flatMap(({ labels, verdict }) =>
        VERDICTS.map((kind) => ({ labels: { ...labels, verdict: kind }, value: kind === verdict ? 1 : 0 })),
      ),
    },
    {
      name: 'tma_constraint_limit',
      help: 'The limit of a constraint, in the base unit of its metric.',
      samples: all.map(({ constraint, labels }) => ({
        labels,
        value: inBaseUnit(constraint.value, constraint.tag),
      })),
    },
  ];
}

/** The leader's gain over the default with its interval. */
function gainFamilies(rankings: readonly Ranking[]): Family[] {
  const all = rankings.flatMap((ranking) => {
    const entry = toldEntry(ranking);
    const told = entry && toldGain(entry, ranking);
    if (!entry || told?.kind !== 'gain') return [];
    const labels = { model: ranking.model, variant: entry.trial.name, is: told.is.replaceAll(' ', '_') };
    return [{ labels, gain: told.gain }];
  });
  const of = (part: string, percentOf: (gain: (typeof all)[number]['gain']) => number): Family => ({
    name: `tma_gain${part}_ratio`,
    help: `How much better than the default by the objectives, 0.1 for 10 percent${part && `: an end of the 95 percent interval`}.`,
    unit: 'ratio',
    samples: all.map(({ labels, gain }) => ({
      labels,
      value: Number((percentOf(gain) / 100).toPrecision(12)),
    })),
  });
  return [
    of('', ({ percent }) => percent),
    of('_interval_low', ({ low }) => low),
    of('_interval_high', ({ high }) => high),
  ];
}

/** A configuration that is exposed, and as what. */
interface Exposed {
  readonly entry: RankedEntry;
  readonly labels: Sample['labels'];
  readonly ranking: Ranking;
}

/** What was decided for, or the leader where nothing was, and the default. */
function exposedOf(ranking: Ranking): Exposed[] {
  const { model, winner, leader, default: base } = ranking;
  const roles = [
    ['winner', winner],
    ['leader', winner ? undefined : leader],
    ['default', base],
  ] as const;
  return roles.flatMap(([role, entry]) => {
    if (!entry) return [];
    const { point } = entry.best.measurement;
    const level = levelOf(point);
    const labels = {
      model,
      role,
      variant: entry.trial.name,
      ...(isRate(point) ? { request_rate: level } : { in_flight: level }),
      batch_size: batchSizeOf(point),
    };
    return [{ entry, labels, ranking }];
  });
}

/** What is to be known of the figures before they are trusted. */
const markFamily = (rankings: readonly Ranking[]): Family => ({
  name: 'tma_mark',
  help: '1 for each mark that a measurement carries: why its figures may not be trusted.',
  samples: rankings
    .flatMap(exposedOf)
    .flatMap(({ entry, labels }) =>
      marksOf(entry.best.measurement).map(({ tag }) => ({ labels: { ...labels, mark: tag }, value: 1 })),
    ),
});

/** A metric's value, and where there is one its interval. */
function metricFamilies({ tag, label, unit: own }: Metric, rankings: readonly Ranking[]): Family[] {
  const { unit } = baseUnitOf({ unit: own });
  const exposed = rankings.flatMap(exposedOf);
  const family = (
    part: string,
    what: string,
    from: (measurement: Measurement, ranking: Ranking) => number | null | undefined,
  ): Family => ({
    name: ['tma', tag, part, unit].filter((word) => word).join('_'),
    help: `${helpOf(label)}${what}.`,
    unit,
    samples: exposed.flatMap(({ entry, labels, ranking }) => {
      const value = from(entry.best.measurement, ranking);
      return value === null || value === undefined ? [] : [{ labels, value: inBaseUnit(value, tag) }];
    }),
  });
  return [
    family('', '', ({ whole }) => whole.values[tag]),
    family(
      'interval_low',
      ', lower end of the 95 percent interval',
      (measurement, ranking) => toldInterval(measurement, tag, ranking)[0],
    ),
    family(
      'interval_high',
      ', upper end of the 95 percent interval',
      (measurement, ranking) => toldInterval(measurement, tag, ranking)[1],
    ),
  ];
}

/** `Server CPU (1 = one core)`: percent are exposed as shares. */
const helpOf = (label: string): string => `${label[0]!.toUpperCase()}${label.slice(1)}`.replace('100 %', '1');
